/*
 * base/exchange: what a host seals for the engine, and what it believes of replies.
 *
 * One session a process, one sequence for reports and requests.  Every moment is an
 * argument: this module reads no clock and does no I/O.
 */
#ifndef BASE_EXCHANGE_H
#define BASE_EXCHANGE_H

#include "base/seal.h"
#include "base/wire.h"

enum {
	EXCHANGE_ASKED = 4,        /* requests that are remembered */
	EXCHANGE_FRESH_MS = 10000, /* a reply to an older request is refused */
	EXCHANGE_SILENCES = 3,     /* then the sockets are opened anew */
	EXCHANGE_REFUSED_SIZE = 256,
};

/* What a step brought to light; bits. */
enum {
	EXCHANGE_REACHED = 1 << 0,   /* the engine answers and has admitted us */
	EXCHANGE_LOST = 1 << 1,      /* it no longer answers; said once */
	EXCHANGE_REDIAL = 1 << 2,    /* the sockets must be opened anew */
	EXCHANGE_ASK_AGAIN = 1 << 3, /* at once, with the nonce */
	EXCHANGE_CATALOGUE = 1 << 4, /* it wants the catalogues */
	EXCHANGE_REFUSED = 1 << 5,   /* it refuses our reports: x->refused; said once */
	EXCHANGE_ACCEPTED = 1 << 6,  /* it refuses them no longer */
	EXCHANGE_REPORTS_LOST = 1 << 7, /* requests arrive, reports do not; said once */
};

struct exchange_asked {
	uint64_t sequence; /* 0: none, or answered */
	uint64_t reports_sent;
	mono_t at;
};

struct exchange {
	enum role role;
	struct seal_peer engine;
	uint64_t own_id;
	struct uuid boot_id;
	uint8_t session[SESSION_SIZE];
	uint64_t sequence; /* of the last frame that was sealed */
	uint64_t reports_sent;
	uint64_t nonce; /* the last that the engine gave, or 0 */
	struct exchange_asked asked[EXCHANGE_ASKED];
	size_t next_asked;
	int silences;           /* requests in a row that were not answered */
	bool waiting;           /* for the reply to the last request */
	bool reached;           /* what was said last */
	bool asked_again;       /* since the last request of the timer: never twice */
	uint64_t seen, seen_of; /* by the engine at its last reply, of so many sent */
	int unseen;             /* replies in a row in which no report was new */
	char refused[EXCHANGE_REFUSED_SIZE];
	uint64_t refusals[FRAME_REFUSALS]; /* replies ignored, by cause */
	struct wire_arena arena;
	const Lifeboat__Reply *reply; /* the last that was believed, until the next */
};

/*
 * own: this host's key; a new random session.  0; -EINVAL for an engine's key that is
 * weak; -ENOMEM.  seal_start() was called.
 */
int exchange_init(struct exchange *x, enum role role, const struct seal_pair *own,
    const uint8_t engine_key[SEAL_KEY], const struct uuid *boot_id);
void exchange_deinit(struct exchange *x);

/*
 * Seal a report's body, of FRAME_BODY_MAX bytes at most.  out: FRAME_MAX bytes; returns
 * the frame's length.
 */
size_t exchange_report(struct exchange *x, uint8_t *out, const uint8_t *body, size_t len);

/* It is time to ask: counts the silence since the last request.  Returns bits. */
unsigned int exchange_tick(struct exchange *x);

/*
 * Seal a request.  What every host says in one is filled in here.  out: FRAME_MAX bytes;
 * returns the frame's length, 0 when the request is too large.
 */
size_t exchange_ask(
    struct exchange *x, mono_t now, Lifeboat__Request *request, uint8_t *out);

/*
 * A reply came.  frame is opened in place.  FRAME_OK, and *news has the bits; or why it
 * was ignored: FRAME_E_SESSION names no request of this process, FRAME_E_REPLAY one that
 * was answered before or is older than EXCHANGE_FRESH_MS.
 */
enum frame_refusal exchange_reply(
    struct exchange *x, mono_t now, uint8_t *frame, size_t len, unsigned int *news);

#endif
