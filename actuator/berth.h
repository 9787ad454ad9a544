/*
 * actuator/berth: a target's one-time place on the network: who knocks, and what is heard
 * of them before they have proved themselves.
 */
#ifndef ACTUATOR_BERTH_H
#define ACTUATOR_BERTH_H

#include "actuator/carrier.h"

/* Strangers at the door at once; of more, the one that has waited longest goes.  So many
 * that the source has said its hello before as many others have come after it. */
enum { BERTH_CALLERS = 32 };

struct berth_caller {
	int fd; /* -1: none */
	mono_t since;
	uint8_t hello[LINK_HELLO];
	size_t len; /* of it, so far */
};

/* Greetings that are known again: a source that dials each second needs as many in the
 * time that a lost link has. */
enum { BERTH_KNOWN = 256 };

struct berth {
	int listener; /* -1 */
	struct berth_caller caller[BERTH_CALLERS];
	uint8_t known[BERTH_KNOWN][LINK_NONCE]; /* of those let in, the last ones */
	size_t n_known;                         /* so far */
};

void berth_init(struct berth *b);
/* Nobody comes any more; one who was let in before is the carrier's. */
void berth_close(struct berth *b);

/* Listen on the first free of the configured ports, *port.  0, -EADDRINUSE when none is
 * free, -errno. */
int berth_open(struct berth *b, const struct carrier_conf *conf, uint16_t *port);
/* Let one in, so far as to be heard. */
void berth_accept(struct berth *b, const struct carrier_conf *conf);
/* True once a caller has said its whole hello; one that hangs up is forgotten. */
bool berth_hear(struct berth_caller *caller);
/* Whether nobody has been let in on that greeting, and: somebody has been now. */
bool berth_is_new(const struct berth *b, const uint8_t hello[LINK_HELLO]);
void berth_remember(struct berth *b, const uint8_t hello[LINK_HELLO]);
void berth_hang_up(struct berth_caller *caller);
/* Those that take too long to say it go. */
void berth_expire(struct berth *b, mono_t now);

#endif
