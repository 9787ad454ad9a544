#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/engine.h"

/* At start nobody is told of what was perhaps told before: only cancelled or awaited. */
static void
read_order(void *to, const struct store_order *row)
{
	struct engine *e = to;
	struct book_order *o = calloc(1, sizeof(*o));
	uint8_t *packed = malloc(row->len + 1);

	if (!o || !packed) {
		free(o);
		free(packed);
		return;
	}
	memcpy(packed, row->packed, row->len);
	o->row = *row;
	o->row.packed = packed;
	o->from = core_find_host(e->core, row->from);
	o->to = core_find_host(e->core, row->to);
	o->host = strcmp(row->host, row->from) == 0 ? o->from : o->to;
	o->since = o->told_at = o->went_on_at = e->started;
	o->told = o->withdrawn = true;
	o->last = book_is_last(row);
	o->cancel = book_is_to_stop(o);
	if (book_restore(&e->book, o) < 0)
		book_order_free(o);
}

static uint64_t
memory_of(const struct book_order *o)
{
	Lifeboat__Order *m = lifeboat__order__unpack(NULL, o->row.len, o->row.packed);
	uint64_t kib = 0;

	if (!m)
		return 0;
	if (m->guest)
		kib = m->guest->max_kib > m->guest->memory_kib ? m->guest->max_kib
							       : m->guest->memory_kib;
	lifeboat__order__free_unpacked(m, NULL);
	return kib;
}

static enum why
why_of(const char *word)
{
	enum why why = why_find(word);

	return why == WHYS ? WHY_NONE : why;
}

/* Behind that prepare, and not given up for another. */
static const struct book_order *
open_after(const struct engine *e, order_t prepare, enum order_kind kind)
{
	for (int i = 0; i < e->book.n; i++) {
		const struct book_order *o = e->book.order[i];

		if (o->row.kind == kind && book_same(o->row.prepare, prepare) &&
		    o->row.outcome == OUTCOME_NONE)
			return o;
	}
	return NULL;
}

static void
describe(const struct engine *e, const struct book_order *prepare, struct order_facts *f)
{
	const struct book_order *move = book_after(&e->book, prepare->row.id, ORDER_MOVE);
	const struct book_order *follow = open_after(e, prepare->row.id, ORDER_RESUME);

	if (!follow)
		follow = open_after(e, prepare->row.id, ORDER_CLEAN);
	memset(f, 0, sizeof(*f));
	f->prepare = prepare->row.id;
	f->why = why_of(prepare->row.why);
	f->guest = prepare->row.guest;
	memcpy(f->name, prepare->row.name, sizeof(f->name));
	f->to = prepare->to;
	f->memory_kib = memory_of(prepare);
	if (prepare->row.said != OUTCOME_READY) {
		f->berth = prepare->row.said;
		f->berth_why = why_of(prepare->row.said_why);
	}
	f->held = prepare->row.held || (move && move->row.held);
	if (move) {
		f->move = move->row.id;
		f->said = move->row.said;
	}
	if (follow)
		f->follow = follow->row.id;
}

/* True: the core knows it now. */
static bool
tell_core(struct engine *e, const struct book_order *prepare, mono_t now)
{
	struct event *event = engine_make(EVENT_ORDER, now);
	order_t id = prepare->row.id;
	struct order_view v;

	describe(e, prepare, &event->order);
	event->host = prepare->from;
	engine_event(e, event);
	for (int i = 0; core_order(e->core, i, &v); i++)
		if (book_same(v.prepare, id))
			return true;
	return false;
}

/* What was acknowledged before the engine ended is not said again. */
static void
tell_last(struct engine *e, order_t prepare, mono_t now)
{
	static const enum order_kind kinds[] = { ORDER_MOVE, ORDER_RESUME, ORDER_CLEAN };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct book_order *o = open_after(e, prepare, kinds[i]);
		struct event *event;

		if (!o || !o->last)
			continue;
		event = engine_make(EVENT_OUTCOME, now);
		event->host = o->host;
		event->outcome.order = o->row.id;
		event->outcome.outcome = o->row.said;
		event->outcome.why = why_of(o->row.said_why);
		engine_event(e, event);
	}
}

/* Not, when the core has ended it upon hearing of it. */
static bool
is_open(const struct engine *e, order_t prepare)
{
	const struct book_order *o = book_find(&e->book, prepare);

	return o && o->row.outcome == OUTCOME_NONE;
}

/* Its hosts are no longer in the inventory, or the core has no room. */
static void
give_up(struct engine *e, order_t prepare)
{
	for (int i = e->book.n - 1; i >= 0; i--) {
		struct book_order *o = e->book.order[i];

		if (!book_same(o->row.id, prepare) && !book_same(o->row.prepare, prepare))
			continue;
		log_line(LOG_LEVEL_ERROR, "order-not-restored", "order",
		    book_id_text(o->row.id), "guest", o->row.name, "from", o->row.from,
		    "to", o->row.to, NULL);
		o->row.outcome = OUTCOME_UNDEFINED;
		o->row.held = false;
		o->row.ended_ms = clock_wall_ms();
		if (o->host.i < 0)
			book_close(&e->book, o);
		else
			book_save(&e->book, o);
	}
}

int
engine_restore(struct engine *e, mono_t now)
{
	int r = store_each_open(e->store, read_order, e);
	int n = 0;
	order_t *ids;

	if (r < 0 || e->book.n == 0)
		return r;
	/* The book changes while the core is told of what is in it. */
	ids = calloc((size_t)e->book.n, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	for (int i = 0; i < e->book.n; i++) {
		const struct store_order *row = &e->book.order[i]->row;

		if (row->kind == ORDER_PREPARE && row->outcome == OUTCOME_NONE)
			ids[n++] = row->id;
	}
	for (int i = 0; i < n; i++) {
		const struct book_order *o = book_find(&e->book, ids[i]);

		if (o && tell_core(e, o, now))
			tell_last(e, ids[i], now);
		else if (is_open(e, ids[i]))
			give_up(e, ids[i]);
	}
	free(ids);
	log_line(LOG_LEVEL_NOTICE, "orders-restored", "orders", log_int(n), NULL);
	return 0;
}

bool
engine_reopen(struct engine *e, struct book_order *prepare, mono_t now)
{
	enum outcome before = prepare->row.outcome;
	order_t id = prepare->row.id;

	prepare->row.outcome = OUTCOME_NONE;
	prepare->row.verdict[0] = '\0';
	prepare->row.ended_ms = 0;
	prepare->row.held = true;
	if (tell_core(e, prepare, now))
		return true;
	prepare = book_find(&e->book, id);
	if (prepare) {
		prepare->row.outcome = before;
		prepare->row.held = false;
	}
	return false;
}

/* The order's prepare, and whether anything may still stop it. */
static struct book_order *
find_open(struct engine *e, order_t id, struct err *err)
{
	struct book_order *o = book_find(&e->book, id);
	struct book_order *prepare;

	prepare = o && o->row.prepare.number ? book_find(&e->book, o->row.prepare) : o;
	if (!prepare || prepare->row.outcome != OUTCOME_NONE) {
		err_set(err, -ENOENT, "no such order is open");
		return NULL;
	}
	return prepare;
}

static void
note_operator(struct engine *e, struct book_order *o, const char *by)
{
	if (!o)
		return;
	if (!text_copy(o->row.by, sizeof(o->row.by), by))
		text_copy(o->row.by, sizeof(o->row.by), "somebody");
	book_save(&e->book, o);
}

static bool
is_held(const struct engine *e, order_t prepare)
{
	struct order_view v;

	for (int i = 0; core_order(e->core, i, &v); i++)
		if (book_same(v.prepare, prepare))
			return v.state == ORDER_HOLDING;
	return false;
}

static bool
is_released(const struct book_order *o)
{
	return o && o->phase >= PHASE_RELEASED;
}

static void
stop(struct book_order *o)
{
	if (!o || o->last)
		return;
	o->withdrawn = true;
	o->cancel = o->told;
}

int
engine_cancel(struct engine *e, order_t id, const char *by, mono_t now, struct err *err)
{
	struct book_order *prepare = find_open(e, id, err);
	struct book_order *move;
	struct event *event;

	if (!prepare)
		return -ENOENT;
	id = prepare->row.id;
	move = book_after(&e->book, id, ORDER_MOVE);
	if (is_held(e, id))
		return err_set(err, -EBUSY,
		    "its end is not known: it can only be settled, by one who has "
		    "looked");
	if (is_released(prepare) || is_released(move))
		return err_set(err, -EBUSY,
		    "%s is past the point of no return: it will end by itself",
		    prepare->row.name);
	log_line(LOG_LEVEL_NOTICE, "operator-cancel", "order", book_id_text(id), "guest",
	    prepare->row.name, "by", by, NULL);
	note_operator(e, prepare, by);
	note_operator(e, move, by);
	if (move && move->told) {
		/* Its actuators end it, and say how. */
		stop(move);
		stop(prepare);
		return 0;
	}
	event = engine_make(EVENT_CANCEL, now);
	event->cancel = id;
	engine_event(e, event);
	return 0;
}

int
engine_settle(
    struct engine *e, const struct engine_settle *s, mono_t now, struct err *err)
{
	struct book_order *prepare = find_open(e, s->id, err);
	order_t id;
	struct event *event;

	if (!prepare)
		return -ENOENT;
	id = prepare->row.id;
	if (!is_held(e, id))
		return err_set(
		    err, -EINVAL, "it is not held: nothing needs to be settled");
	if (s->host.i != prepare->from.i && s->host.i != prepare->to.i)
		return err_set(err, -EINVAL, "its hosts are %s and %s", prepare->row.from,
		    prepare->row.to);
	log_line(LOG_LEVEL_WARNING, "operator-settle", "order", book_id_text(id), "guest",
	    prepare->row.name, s->off ? "is-off" : "runs-on",
	    e->conf->hosts[s->host.i].name, "by", s->by, NULL);
	note_operator(e, prepare, s->by);
	note_operator(e, book_after(&e->book, id, ORDER_MOVE), s->by);
	event = engine_make(EVENT_SETTLE, now);
	event->host = s->host;
	event->settle.order = id;
	event->settle.off = s->off;
	engine_event(e, event);
	if (is_held(e, id))
		return err_set(err, -EAGAIN,
		    "the other host has not reported lately, or has the guest paused: "
		    "look there, then say where it runs");
	return 0;
}

int
engine_approve(
    struct engine *e, const struct uuid *guest, order_t *out, mono_t now, struct err *err)
{
	struct order_view v;
	struct event *event;

	if (core_mode(e->core) != MODE_ADVISE)
		return err_set(err, -EINVAL, "the engine's mode is %s, not advise",
		    mode_name(core_mode(e->core)));
	event = engine_make(EVENT_APPROVE, now);
	event->approve = *guest;
	engine_event(e, event);
	for (int i = 0; core_order(e->core, i, &v); i++)
		if (uuid_equal(&v.guest, guest)) {
			*out = v.order;
			return 0;
		}
	return err_set(err, -EAGAIN, "it does not go now: see 'lifeboat why'");
}
