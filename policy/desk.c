#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exchange.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/desk.h"
#include "policy/dispatch_order.h"

/* A term that no engine reaches: what claims more is no term. */
#define TERM_MAX (UINT64_C(1) << 48)

struct desk_host {
	bool connected;
	order_t odd; /* the last that was logged as odd */
};

struct desk {
	struct desk_host *host; /* owned */
	int hosts;

	/* The reply that is being filled: owned until the next. */
	Lifeboat__Order *order[MAX_ORDERS_TOLD];
	Lifeboat__OrderId id[2 * MAX_ORDERS_TOLD];
	Lifeboat__OrderId *acknowledged[MAX_ORDERS_TOLD], *cancelled[MAX_ORDERS_TOLD];
	size_t n_orders, n_ids, n_acknowledged, n_cancelled;
};

int
desk_new(struct desk **out, int hosts)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->hosts = hosts;
	d->host = calloc((size_t)hosts + 1, sizeof(*d->host));
	if (!d->host) {
		free(d);
		return -ENOMEM;
	}
	*out = d;
	return 0;
}

static void
clear(struct desk *d)
{
	for (size_t i = 0; i < d->n_orders; i++)
		lifeboat__order__free_unpacked(d->order[i], NULL);
	d->n_orders = d->n_ids = d->n_acknowledged = d->n_cancelled = 0;
}

struct desk *
desk_free(struct desk *d)
{
	if (d) {
		clear(d);
		free(d->host);
		free(d);
	}
	return NULL;
}

bool
desk_connected(const struct engine *e, int host)
{
	return host >= 0 && host < e->desk->hosts && e->desk->host[host].connected;
}

static void
connect_host(struct engine *e, int host, bool connected, mono_t now)
{
	struct event *event = engine_make(EVENT_ACTUATOR, now);

	e->desk->host[host].connected = connected;
	log_line(connected ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING,
	    connected ? "actuator-connected" : "actuator-lost", "host",
	    e->conf->hosts[host].name, NULL);
	event->host.i = host;
	event->connected = connected;
	engine_event(e, event);
}

static void
tell_core(struct engine *e, order_t id, enum outcome outcome, enum why why, mono_t now)
{
	struct event *event = engine_make(EVENT_OUTCOME, now);

	event->outcome.order = id;
	event->outcome.outcome = outcome;
	event->outcome.why = why;
	engine_event(e, event);
}

/*
 * Nobody has it and nobody can get it: every reply that carried it is older than the
 * oldest that an actuator believes, and what it says now was said after that.
 */
static void
take_back(struct engine *e, struct book_order *o, mono_t now)
{
	order_t id = o->row.id;

	o->told = false;
	o->withdrawn = true;
	o->cancel = false;
	if (o->row.outcome == OUTCOME_NONE)
		tell_core(e, id,
		    o->row.kind == ORDER_MOVE ? OUTCOME_STAYED : OUTCOME_REFUSED,
		    WHY_LATE, now);
	o = book_find(&e->book, id);
	if (o)
		dispatch_settle(e, o);
}

/* An order that no reply ever carried and none will. */
static bool
is_stranded(const struct engine *e, const struct book_order *o, mono_t now)
{
	return !o->told && o->row.outcome == OUTCOME_NONE &&
	       o->row.kind != ORDER_PREPARE &&
	       mono_since(now, o->since) > core_rules(e->core)->prepare_ms;
}

/* What could not be closed for want of a store. */
static bool
is_unclosed(const struct book_order *o)
{
	return o->row.outcome != OUTCOME_NONE && (o->last || !o->told);
}

void
desk_sweep(struct engine *e, mono_t now)
{
	for (int i = 0; i < e->desk->hosts; i++)
		if (e->desk->host[i].connected &&
		    mono_since(now, intake_actuator(e->intake, i)->heard) >
			DESK_CONNECTED_MS)
			connect_host(e, i, false, now);
	for (int i = e->book.n - 1; i >= 0; i--) {
		if (i >= e->book.n)
			continue;
		if (is_stranded(e, e->book.order[i], now))
			take_back(e, e->book.order[i], now);
		else if (is_unclosed(e->book.order[i]))
			dispatch_settle(e, e->book.order[i]);
	}
}

/*
 * Filling a reply
 */

static Lifeboat__OrderId *
name_id(struct engine *e, order_t id)
{
	Lifeboat__OrderId *m = &e->desk->id[e->desk->n_ids++];

	lifeboat__order_id__init(m);
	m->engine.data = (uint8_t *)(uintptr_t)store_instance(e->store);
	m->engine.len = sizeof(struct uuid);
	m->term = id.term;
	m->number = id.number;
	return m;
}

static void
acknowledge(struct engine *e, order_t id)
{
	struct desk *d = e->desk;

	if (d->n_acknowledged < MAX_ORDERS_TOLD)
		d->acknowledged[d->n_acknowledged++] = name_id(e, id);
}

static void
cancel(struct engine *e, order_t id)
{
	struct desk *d = e->desk;

	if (d->n_cancelled < MAX_ORDERS_TOLD)
		d->cancelled[d->n_cancelled++] = name_id(e, id);
}

/* May this reply carry the order? */
static bool
is_due(const struct engine *e, const struct book_order *o, mono_t now)
{
	const struct intake_actuator *a = intake_actuator(e->intake, o->host.i);

	if (o->withdrawn || o->row.taken ||
	    mono_since(now, o->since) > core_rules(e->core)->prepare_ms)
		return false;
	return !o->told || uuid_equal(&o->boot, &a->boot);
}

static void
tell(struct engine *e, struct book_order *o, mono_t now)
{
	struct desk *d = e->desk;
	Lifeboat__Order *m;

	if (d->n_orders == MAX_ORDERS_TOLD)
		return;
	m = lifeboat__order__unpack(NULL, o->row.len, o->row.packed);
	if (!m)
		return;
	d->order[d->n_orders++] = m;
	if (!o->told)
		o->boot = intake_actuator(e->intake, o->host.i)->boot;
	o->told = true;
	o->told_at = now;
}

static void
fill_reply(struct engine *e, int host, mono_t now, Lifeboat__Reply *reply)
{
	struct desk *d = e->desk;
	size_t size = 0;

	for (int i = 0; i < e->book.n; i++) {
		struct book_order *o = e->book.order[i];

		if (o->from.i == host || o->to.i == host)
			reply->ask_in_ms = DESK_ASK_MS;
		if (o->host.i != host)
			continue;
		if (o->cancel)
			cancel(e, o->row.id);
		size += o->row.len;
		if (is_due(e, o, now) && size < FRAME_BODY_MAX / 2)
			tell(e, o, now);
	}
	reply->orders = d->order;
	reply->n_orders = d->n_orders;
	reply->acknowledged = d->acknowledged;
	reply->n_acknowledged = d->n_acknowledged;
	reply->cancelled = d->cancelled;
	reply->n_cancelled = d->n_cancelled;
}

/*
 * Taking in what an actuator says
 */

static order_t
id_of(const Lifeboat__OrderId *id)
{
	return (order_t){ id->term, id->number };
}

static const char *
id_text(order_t id)
{
	return log_text("%llu.%u", (unsigned long long)id.term, id.number);
}

/* Of an order that is not what it should be a line is logged once. */
static void
say_odd(struct engine *e, int host, const Lifeboat__OrderState *s, const char *what)
{
	struct desk_host *h = &e->desk->host[host];
	order_t id = id_of(s->id);

	if (book_same(h->odd, id))
		return;
	h->odd = id;
	log_line(LOG_LEVEL_ERROR, what, "host", e->conf->hosts[host].name, "order",
	    id_text(id), "phase", phase_name((enum phase)s->phase), "outcome",
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

static void
found(void *to, const struct store_order *o)
{
	*(bool *)to = o->closed;
}

/*
 * An order that is closed, or that this engine never gave.  What has ended is forgotten,
 * what has not is stopped; an end that needs somebody's eyes stays until it has them.
 */
static void
take_closed(struct engine *e, int host, const Lifeboat__OrderState *s)
{
	order_t id = id_of(s->id);
	enum outcome outcome = (enum outcome)s->outcome;
	bool closed = false;
	int r = store_find_order(e->store, id, found, &closed);

	if (r < 0)
		return;
	if (r == 0)
		say_odd(e, host, s, "order-unknown");
	if (!is_last(outcome))
		cancel(e, id);
	else if (closed || outcome == OUTCOME_REFUSED || outcome == OUTCOME_STAYED ||
		 outcome == OUTCOME_MOVED || outcome == OUTCOME_ENDED)
		acknowledge(e, id);
}

static void
take_progress(struct book_order *o, const Lifeboat__OrderState *s)
{
	o->row.taken = true;
	o->phase = (enum phase)s->phase;
	o->bytes = s->bytes;
	o->bytes_per_s = s->bytes_per_s;
	memset(o->entered_ms, 0, sizeof(o->entered_ms));
	for (size_t i = 0; i < s->n_entered_ms; i++)
		o->entered_ms[i] = s->entered_ms[i];
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
	    id_text(o->row.id), "kind", order_kind_name(o->row.kind), "guest",
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
		tell_core(e, o->row.id, o->row.said, WHY_REFUSED, now);
	}
}

/* Open ones that go on; at most once a second the core is told. */
static void
take_open(struct engine *e, struct book_order *o, mono_t now)
{
	if (o->row.kind == ORDER_PREPARE || o->row.outcome != OUTCOME_NONE ||
	    mono_since(now, o->news_at) < DESK_NEWS_MS)
		return;
	o->news_at = now;
	tell_core(e, o->row.id, OUTCOME_NONE, WHY_NONE, now);
}

/* Undefined is a last word only when the core no longer waits for a better one. */
static bool
is_settled(const struct book_order *o, enum outcome outcome)
{
	return is_last(outcome) &&
	       (outcome != OUTCOME_UNDEFINED || o->row.outcome != OUTCOME_NONE);
}

static void
take_state(struct engine *e, int host, const Lifeboat__OrderState *s, mono_t now)
{
	order_t id = id_of(s->id);
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
	take_progress(o, s);
	if (outcome == OUTCOME_READY && !take_berth(o, s->berth))
		return;
	if (outcome == o->row.said ? first && book_save(&e->book, o) < 0
				   : !take_word(e, o, s, now))
		return;
	o->last = is_settled(o, outcome);
	if (outcome == OUTCOME_NONE) {
		take_open(e, o, now);
	} else if (o->core_heard != outcome) {
		/* Held by the target after the core was done with it. */
		if (o->row.kind == ORDER_PREPARE && outcome == OUTCOME_HELD &&
		    o->row.outcome != OUTCOME_NONE && !engine_reopen(e, o, now))
			return;
		o->core_heard = outcome;
		tell_core(e, id, outcome, why_of(o, s->why, outcome), now);
	}
	/* The core may have ended it upon that, and the book closed it. */
	o = book_find(&e->book, id);
	if (o)
		o->last = is_settled(o, outcome);
	if (!o || o->last)
		acknowledge(e, id);
	if (o && o->last)
		dispatch_settle(e, o);
}

static bool
is_shown(const Lifeboat__Request *request, order_t id)
{
	for (size_t i = 0; i < request->n_orders; i++)
		if (book_same(id_of(request->orders[i]->id), id))
			return true;
	return false;
}

/* It had the order, and shows it no more: its host has been started anew. */
static void
forget(struct engine *e, struct book_order *o, mono_t now)
{
	order_t id = o->row.id;

	log_line(LOG_LEVEL_WARNING, "order-forgotten", "host", o->row.host, "order",
	    id_text(id), "guest", o->row.name, NULL);
	o->row.said = OUTCOME_UNDEFINED;
	text_copy(o->row.said_why, sizeof(o->row.said_why), "forgotten");
	text_copy(o->row.detail, sizeof(o->row.detail),
	    "its actuator no longer knows it: the host was started anew");
	if (book_save(&e->book, o) < 0)
		return;
	o->last = true;
	tell_core(e, id, OUTCOME_UNDEFINED, WHY_NONE, now);
	o = book_find(&e->book, id);
	if (o)
		dispatch_settle(e, o);
}

/* Orders that the host was told of and does not show. */
static void
miss_orders(struct engine *e, int host, const Lifeboat__Request *request, mono_t now)
{
	if (request->n_orders == MAX_ORDERS_TOLD)
		return;
	for (int i = e->book.n - 1; i >= 0; i--) {
		struct book_order *o;

		/* Telling the core may have closed more than one. */
		if (i >= e->book.n)
			continue;
		o = e->book.order[i];
		if (o->host.i != host || !o->told || o->last ||
		    is_shown(request, o->row.id))
			continue;
		if (o->row.taken)
			forget(e, o, now);
		else if (!is_due(e, o, now) &&
			 mono_since(now, o->told_at) > EXCHANGE_FRESH_MS)
			take_back(e, o, now);
	}
}

static void
take_term(struct engine *e, int host, uint64_t term, mono_t now)
{
	if (term <= store_term(e->store))
		return;
	if (term >= TERM_MAX) {
		log_line(LOG_LEVEL_ERROR, "term-refused", "host",
		    e->conf->hosts[host].name, "term",
		    log_text("%llu", (unsigned long long)term), NULL);
		return;
	}
	engine_new_term(e, term + 1, now);
}

void
desk_asked(void *to, int host, const Lifeboat__Request *request, mono_t now,
    Lifeboat__Reply *reply)
{
	struct engine *e = to;

	clear(e->desk);
	take_term(e, host, request->term, now);
	if (!e->desk->host[host].connected)
		connect_host(e, host, true, now);
	for (size_t i = 0; i < request->n_orders; i++)
		take_state(e, host, request->orders[i], now);
	miss_orders(e, host, request, now);
	fill_reply(e, host, now, reply);
}
