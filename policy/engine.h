/*
 * policy/engine: the core and everything around it that is no socket.
 *
 * Events go in through engine_event(): recorded, stepped, and each action logged, kept in
 * the history and handed to the watchers.  The loop and the door are its users.
 */
#ifndef POLICY_ENGINE_H
#define POLICY_ENGINE_H

#include "policy/book.h"
#include "policy/conf.h"
#include "policy/history.h"
#include "policy/intake.h"
#include "policy/record.h"
#include "policy/store.h"
#include "policy/trace.h"
#include "policy/unwatched.h"

struct desk;
struct engine;

/* What the core must hear of an order once it is done with the event at hand. */
struct engine_later {
	order_t order;
	enum outcome outcome;
	enum why why;
};

enum { ENGINE_LATER = MAX_ACTIONS, ENGINE_WATCHERS = 2 };

/* Who is told of every action after it was logged, and under which id. */
typedef void engine_news(void *to, const struct engine *e, const struct action *a,
    const char *id, const char *text);
struct engine_watch {
	engine_news *news; /* NULL: nobody */
	void *to;
};

struct engine {
	struct policy_conf *conf;
	struct seal_pair pair;
	struct store *store;
	struct record *record;
	struct trace *trace;
	struct core *core;
	struct intake *intake;
	struct history *history;
	struct book book;
	struct unwatched unwatched;
	struct desk *desk;
	struct engine_later later[ENGINE_LATER];
	int n_later;
	struct actions *actions;
	mono_t started;
	struct engine_watch watch[ENGINE_WATCHERS];
};

/* conf is taken over, also on failure.  -errno with a sentence. */
int engine_new(
    struct engine **out, struct policy_conf *conf, mono_t now, struct err *err);
struct engine *engine_free(struct engine *e);

void engine_event(struct engine *e, const struct event *event);
void engine_tick(struct engine *e, mono_t now);
void engine_report(struct engine *e, uint8_t *frame, size_t len, mono_t now);
/* The sealed reply in reply[FRAME_MAX]; 0 bytes for what was refused. */
size_t engine_request(
    struct engine *e, uint8_t *frame, size_t len, mono_t now, uint8_t *reply);
/* Once a second or more often: who has fallen silent. */
void engine_sweep(struct engine *e, mono_t now);

/* At most ENGINE_WATCHERS. */
void engine_watch(struct engine *e, engine_news *news, void *to);
void engine_unwatch(struct engine *e, const void *to);

/* The one event there is room for, to be filled and given to engine_event(). */
struct event *engine_make(enum event_kind kind, mono_t now);
/* From within an action: an outcome that the core hears as soon as it can. */
void engine_later(struct engine *e, order_t order, enum outcome outcome, enum why why);
/* An actuator knows of a later engine than this one. */
void engine_new_term(struct engine *e, uint64_t term, mono_t now);

/* A configuration read anew: rules and patterns.  0: conf is the engine's.  -EINVAL with
 * a sentence when the hosts differ: it is still the caller's. */
int engine_reload(
    struct engine *e, struct policy_conf *conf, mono_t now, struct err *err);

/*
 * An operator's word: durable before it counts.  0, or -errno with a sentence: then
 * nothing was changed.
 */
int engine_cordon(
    struct engine *e, host_t host, bool cordon, mono_t now, struct err *err);
int engine_drain(struct engine *e, host_t host, bool drain, mono_t now, struct err *err);
/* -ENOTCONN: no actuator to act through. */
int engine_mode(struct engine *e, enum mode mode, mono_t now, struct err *err);

/* Open orders of an earlier reign: into the book, and before the core.  0 or -errno. */
int engine_restore(struct engine *e, mono_t now);
/* A prepare's end that the core did not expect any more: it is held on its account.
 * False: another order has the guest. */
bool engine_reopen(struct engine *e, struct book_order *prepare, mono_t now);

/*
 * An operator's word about an order.  by: who, for the record.  -errno with a sentence:
 * it cannot be, and nothing was changed.
 */
int engine_cancel(
    struct engine *e, order_t id, const char *by, mono_t now, struct err *err);
struct engine_settle {
	order_t id;
	host_t host;
	bool off; /* host is off; else the guest runs there */
	const char *by;
};
int engine_settle(
    struct engine *e, const struct engine_settle *s, mono_t now, struct err *err);
/* *out: the order that was opened. */
int engine_approve(struct engine *e, const struct uuid *guest, order_t *out, mono_t now,
    struct err *err);

#endif
