/*
 * actuator/mover: the process that carries out one order.
 *
 * Detached from the actuator, root, without a socket: it starts xl and a carrier, writes
 * what happens into the order's folder, and at the end proves from this host's domain
 * list how it ended.  Started again on a folder whose mover died, it only proves.
 */
#ifndef ACTUATOR_MOVER_H
#define ACTUATOR_MOVER_H

#include "actuator/autostart.h"
#include "actuator/carrier.h"
#include "actuator/conf.h"
#include "actuator/folder.h"
#include "actuator/run.h"
#include "actuator/xl.h"
#include "base/wire.h"

/* The child's whole life; its exit status.  Nothing to do when another mover lives. */
int mover_run(const char *folder);

/* What of an order's state changes. */
struct mover_state {
	enum phase phase;
	enum outcome outcome;
	char why[WHY_SIZE], detail[DETAIL_SIZE];
	uint64_t bytes, bytes_per_s;
	uint64_t entered_ms[PHASES]; /* + 1; 0: never */
	uint32_t unwatched;          /* domid of the guest, which no xl watches; or 0 */
	uint16_t port;               /* of the berth, once it is open */
	uint8_t berth_key[LINK_KEY];
};

struct mover {
	char folder[FOLDER_SIZE];
	struct actuator_conf conf;
	struct wire_arena arena;
	const Lifeboat__Order *order;
	uint8_t hash[WIRE_HASH];
	struct uuid guest;
	int lock;
	mono_t started;
	struct mover_state state;
	struct process xl, carrier;
	int control; /* to the carrier, -1 */
	struct record_reader reader;
	struct autostart autostart; /* of a move; what is to be taken along */
	bool asked; /* the carrier withholds `ready`, and waits for a word */
	bool cancelled;
	bool xl_started;
	bool xl_seen_out; /* the carrier has been told that xl ended */
	bool xl_killed;   /* it did not end after the carrier had let go */
	bool let_go;      /* the carrier has given up, has ended or died */
	mono_t let_go_at;
	bool told; /* the report of xl at the target has come, in code */
	uint8_t code;
	mono_t rated;
	uint64_t bytes_rated;
};

/* Enter a phase (an earlier one is ignored) and make it durable.  0 or -errno. */
int mover_enter(struct mover *m, enum phase phase);
/* Why it is going to end as it does: a word of doc/operations.md and a sentence.  The
 * first stays. */
void mover_why(struct mover *m, const char *why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The order has ended: made durable. */
void mover_end(struct mover *m, enum outcome outcome);

/* Start the carrier with fds[0..n) as its descriptors from CARRIER_LISTENER on; they stay
 * the caller's.  0, or -errno with a sentence. */
int mover_start_carrier(struct mover *m, const struct carrier_conf *conf, const int *fds,
    int n, struct err *err);
/* Start xl with these; its stderr goes to the file xl.err, and with out < 0 its stdout.
 * 0, or -errno with a sentence. */
int mover_start_xl(
    struct mover *m, const char *const argv[], int in, int out, struct err *err);
/* The engine has asked to stop it. */
bool mover_is_cancelled(const struct mover *m);
/* Take in what the carrier says and whether the two have ended, for up to 200 ms. */
void mover_step(struct mover *m);
/* The same until both have ended. */
void mover_see_through(struct mover *m);

/*
 * actuator/mover_autostart: what starts the guest at boot.
 * Source, before the guest is let go: false, with a why, when its link cannot be taken
 * away.  Then, by where it is: the link comes back, its file goes, or a line tells of it.
 */
bool mover_take_autostart(struct mover *m);
void mover_settle_autostart(const struct mover *m, enum outcome outcome);
/* Target: keep the file that came (false, with a why); and, once GO was taken, make what
 * starts the guest at boot, or tell why not. */
bool mover_keep_autostart(struct mover *m, const void *text, size_t len);
void mover_follow_autostart(const struct mover *m, enum outcome outcome);

/* All that a stream or a file from another host may ask for: what was ordered, and looked
 * at. */
void mover_bind(struct carrier_conf *conf, const Lifeboat__Order *order);
/* Where a guest's scripts may lie. */
#define MOVER_SCRIPTS AUTOSTART_XEN "/scripts"

/* The id of the berth that both carriers greet each other with. */
void mover_berth_id(uint8_t out[LINK_ID], const Lifeboat__OrderId *prepare);

/* The last line of xl's stderr that says something, for a sentence. */
void mover_last_words(const struct mover *m, char *out, size_t size);

/* The guest runs here as domid; when no xl waits for its end, log and state say so. */
void mover_check_watched(struct mover *m, uint32_t domid);

/* This host's domains, asked again until none of the guest's is dying, for a minute.
 * Their number or -errno, with a sentence in the state. */
int mover_list(struct mover *m, struct xl_domain list[XL_DOMAINS]);

/* One for each kind of order; each ends with mover_end(). */
void mover_prepare(struct mover *m);
void mover_move(struct mover *m);
void mover_resume(struct mover *m);
void mover_clean(struct mover *m);
/* How it ended, when what should have said so died. */
void mover_prove_prepare(struct mover *m);
void mover_prove_move(struct mover *m);

#endif
