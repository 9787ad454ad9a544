#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/desk.h"
#include "policy/desk_internal.h"
#include "policy/dispatch_order.h"

order_t
desk_id(const Lifeboat__OrderId *id)
{
	return (order_t){ id->term, id->number };
}

/* Of an order that is not what it should be a line is logged once. */
static void
say_odd(struct engine *e, int host, const Lifeboat__OrderState *s, const char *what)
{
	struct desk_host *h = &e->desk->host[host];
	order_t id = desk_id(s->id);

	if (book_same(h->odd, id))
		return;
	h->odd = id;
	log_line(LOG_LEVEL_ERROR, what, "host", e->conf->hosts[host].name, "order",
	    book_id_text(id), "phase", phase_name((enum phase)s->phase), "outcome",
	    outcome_name((enum outcome)s->outcome), "why", s->why, "detail", s->detail,
	    NULL);
}

/* A guest whose order an operator cancelled rests, wherever it might have gone next. */
static enum why
why_of(const struct book_order *o, const char *word, enum outcome outcome)
{
	enum why why = why_find(word);

	if (o->row.by[0] && (outcome == OUTCOME_STAYED || outcome == OUTCOME_REFUSED))
		return WHY_OPERATOR;
	if (why != WHYS && why != WHY_NONE)
		return why;
	return outcome == OUTCOME_REFUSED ? WHY_REFUSED : WHY_NONE;
}

static bool
is_last(enum outcome outcome)
{
	return outcome != OUTCOME_NONE && outcome != OUTCOME_READY;
}

struct closed {
	bool closed;
	enum outcome said;
};

static void
found(void *to, const struct store_order *o)
{
	*(struct closed *)to = (struct closed){ o->closed, o->said };
}

/* May it be forgotten?  What leaves a guest in doubt only when it was known before. */
static bool
is_harmless(const struct closed *known, enum outcome outcome)
{
	return outcome == OUTCOME_REFUSED || outcome == OUTCOME_STAYED ||
	       outcome == OUTCOME_MOVED || outcome == OUTCOME_ENDED ||
	       (known->closed && known->said == outcome);
}

/*
 * An order that is closed, or that this engine never gave.  What has ended is forgotten,
 * what has not is stopped; an end that needs somebody's eyes stays until it has them.
 */
static void
take_closed(struct engine *e, int host, const Lifeboat__OrderState *s)
{
	order_t id = desk_id(s->id);
	enum outcome outcome = (enum outcome)s->outcome;
	struct closed known = { false, OUTCOME_NONE };
	int r = store_find_order(e->store, id, found, &known);

	if (r < 0)
		return;
	if (r == 0)
		say_odd(e, host, s, "order-unknown");
	if (!is_last(outcome))
		desk_cancel(e, id);
	else if (is_harmless(&known, outcome))
		desk_acknowledge(e, id);
	else
		say_odd(e, host, s, "order-unknown");
}

/* Between two phases as an actuator entered them (plus 1 ms; 0: never); at least 1. */
static int64_t
between(const Lifeboat__OrderState *s, enum phase from, enum phase to)
{
	uint64_t began = s->n_entered_ms > from ? s->entered_ms[from] : 0;
	uint64_t ended = s->n_entered_ms > to ? s->entered_ms[to] : 0;

	if (began == 0 || ended < began || ended - began > INT32_MAX)
		return 0;
	return ended == began ? 1 : (int64_t)(ended - began);
}

static void
take_progress(struct book_order *o, const Lifeboat__OrderState *s, mono_t now)
{
	bool gave_up = s->why[0] != '\0';

	if (o->phase != (enum phase)s->phase || o->row.bytes != s->bytes ||
	    o->gave_up != gave_up)
		o->went_on_at = now;
	o->gave_up = gave_up;
	o->row.taken = true;
	o->phase = (enum phase)s->phase;
	o->bytes_per_s = s->bytes_per_s;
	o->row.bytes = s->bytes;
	o->row.copy_ms = between(s, PHASE_COPYING, PHASE_READY);
	o->row.pause_ms = between(s, PHASE_READY, PHASE_STARTED);
}

static bool
take_berth(struct book_order *o, const Lifeboat__Berth *b)
{
	if (!b ||
	    !text_copy(o->row.berth.address, sizeof(o->row.berth.address), b->address))
		return false;
	o->row.berth.port = b->port;
	memcpy(o->row.berth.key, b->key.data, WIRE_KEY);
	return true;
}

static void
say_detail(struct engine *e, const struct book_order *o, mono_t now)
{
	char text[HISTORY_TEXT];
	struct action about = { .from = o->from, .to = o->to, .guest = o->row.guest };

	log_line(LOG_LEVEL_NOTICE, "order-state", "host", o->row.host, "order",
	    book_id_text(o->row.id), "kind", order_kind_name(o->row.kind), "guest",
	    o->row.name, "outcome", outcome_name(o->row.said), "why",
	    o->row.said_why[0] ? o->row.said_why : NULL, "detail",
	    o->row.detail[0] ? o->row.detail : NULL, NULL);
	if (!o->row.detail[0])
		return;
	snprintf(text, sizeof(text), "%llu.%u %s says %s: %.200s",
	    (unsigned long long)o->row.id.term, o->row.id.number, o->row.host,
	    outcome_name(o->row.said), o->row.detail);
	history_add(e->history, now, &about, text);
}

/* A new word; false when it could not be stored, and must be said again. */
static bool
take_word(
    struct engine *e, struct book_order *o, const Lifeboat__OrderState *s, mono_t now)
{
	enum outcome before = o->row.said;

	o->row.said = (enum outcome)s->outcome;
	if (s->unwatched && is_last(o->row.said))
		unwatched_take(e, o, s->unwatched, now);
	text_copy(o->row.said_why, sizeof(o->row.said_why), s->why);
	text_copy(o->row.detail, sizeof(o->row.detail), s->detail);
	if (book_save(&e->book, o) < 0) {
		o->row.said = before;
		return false;
	}
	say_detail(e, o, now);
	return true;
}

/* Another order under the id of ours: neither is to be trusted with a guest. */
static void
take_forged(
    struct engine *e, struct book_order *o, const Lifeboat__OrderState *s, mono_t now)
{
	bool prepare = o->row.kind == ORDER_PREPARE;

	say_odd(e, o->host.i, s, "order-hash");
	o->row.taken = true;
	o->withdrawn = o->cancel = true;
	if (o->row.said == OUTCOME_NONE) {
		o->row.said = prepare ? OUTCOME_REFUSED : OUTCOME_UNDEFINED;
		desk_tell_core(e, o->row.id, o->row.said, WHY_REFUSED, now);
	}
}

/* The guest is suspended, and a few small messages are all that is left to be said. */
static bool
is_tail(enum phase phase)
{
	return phase >= PHASE_READY && phase < PHASE_PROVING;
}

/*
 * An actuator that lives is no progress.  In the tail only the next phase is; before it
 * the actuator has what time it needs to give up by itself, less what the core waits.
 */
static bool
stands_still(const struct engine *e, const struct book_order *o, mono_t now)
{
	if (is_tail(o->phase))
		return o->phase == o->news_phase;
	return mono_since(now, o->went_on_at) >
	       e->conf->move_stall_ms - core_rules(e->core)->move_silence_ms;
}

/* Open ones that go on; at most once a second the core is told. */
static void
take_open(struct engine *e, struct book_order *o, mono_t now)
{
	if (o->row.kind == ORDER_PREPARE || o->row.outcome != OUTCOME_NONE ||
	    mono_since(now, o->news_at) < DESK_NEWS_MS || stands_still(e, o, now))
		return;
	o->news_at = now;
	o->news_phase = o->phase;
	desk_tell_core(e, o->row.id, OUTCOME_NONE, WHY_NONE, now);
}

/* The source is done with it: the target need not wait any longer to end, too. */
static void
stop_prepare(struct engine *e, order_t id)
{
	struct book_order *prepare = book_find(&e->book, id);

	if (prepare && prepare->row.outcome == OUTCOME_NONE && !prepare->last)
		prepare->cancel = prepare->told;
}

/* The core was done with it, and the target has half of the guest, or the guest. */
static bool
is_surprise(const struct book_order *o, enum outcome outcome)
{
	if (o->row.kind != ORDER_PREPARE || o->row.outcome == OUTCOME_NONE)
		return false;
	return outcome == OUTCOME_HELD ||
	       (outcome == OUTCOME_MOVED && o->row.outcome != OUTCOME_MOVED &&
		   o->row.outcome != OUTCOME_UNDEFINED);
}

/* What the core has not heard; false when it may not hear it yet. */
static bool
take_news(
    struct engine *e, struct book_order *o, const Lifeboat__OrderState *s, mono_t now)
{
	enum outcome outcome = (enum outcome)s->outcome;
	order_t id = o->row.id;

	if (is_surprise(o, outcome) && !engine_reopen(e, o, now)) {
		/* Another order has the guest: to be said again, until it may. */
		o = book_find(&e->book, id);
		if (o)
			o->last = false;
		return false;
	}
	o->core_heard = outcome;
	if (o->row.kind == ORDER_MOVE &&
	    (outcome == OUTCOME_STAYED || outcome == OUTCOME_ENDED))
		stop_prepare(e, o->row.prepare);
	desk_tell_core(e, id, outcome, why_of(o, s->why, outcome), now);
	return true;
}

void
desk_take(struct engine *e, int host, const Lifeboat__OrderState *s, mono_t now)
{
	order_t id = desk_id(s->id);
	enum outcome outcome = (enum outcome)s->outcome;
	struct book_order *o = book_find(&e->book, id);
	bool first;

	if (memcmp(s->id->engine.data, store_instance(e->store), sizeof(struct uuid)) !=
	    0) {
		say_odd(e, host, s, "order-foreign");
		return;
	}
	if (!o) {
		take_closed(e, host, s);
		return;
	}
	if (o->host.i != host) {
		say_odd(e, host, s, "order-foreign");
		return;
	}
	if (memcmp(s->hash.data, o->row.hash, WIRE_HASH) != 0) {
		take_forged(e, o, s, now);
		return;
	}
	first = !o->row.taken;
	take_progress(o, s, now);
	if (outcome == OUTCOME_READY && !take_berth(o, s->berth))
		return;
	if (outcome == o->row.said ? first && book_save(&e->book, o) < 0
				   : !take_word(e, o, s, now))
		return;
	o->last = book_is_last(&o->row);
	if (outcome == OUTCOME_NONE) {
		take_open(e, o, now);
	} else if (o->core_heard != outcome && !take_news(e, o, s, now)) {
		return;
	}
	/* The core may have ended it upon that, and the book closed it. */
	o = book_find(&e->book, id);
	if (o)
		o->last = book_is_last(&o->row);
	if (!o || o->last)
		desk_acknowledge(e, id);
	if (o && o->last)
		dispatch_settle(e, o);
}
