#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/exchange.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/desk.h"
#include "policy/desk_internal.h"
#include "policy/dispatch_order.h"
#include "policy/draft.h"

/* A term that no engine reaches: what claims more is no term. */
#define TERM_MAX (UINT64_C(1) << 48)

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

void
desk_tell_core(
    struct engine *e, order_t id, enum outcome outcome, enum why why, mono_t now)
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
		desk_tell_core(e, id,
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

	draft_id(m, e, id);
	return m;
}

void
desk_acknowledge(struct engine *e, order_t id)
{
	struct desk *d = e->desk;

	if (d->n_acknowledged < MAX_ORDERS_TOLD)
		d->acknowledged[d->n_acknowledged++] = name_id(e, id);
}

void
desk_cancel(struct engine *e, order_t id)
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

/* Does anything that the host may say or be told carry this order on? */
static bool
is_awaited(const struct book_order *o, int host)
{
	if (o->row.outcome != OUTCOME_NONE)
		return o->host.i == host && !o->last;
	return o->from.i == host || o->to.i == host;
}

/* A host that may have to be emptied soon must not be waited for then. */
static bool
is_trouble(const struct engine *e, int host, mono_t now)
{
	struct host_view v;

	if (core_mode(e->core) == MODE_OBSERVE ||
	    !core_host(e->core, (host_t){ host }, &v) || v.xen->n_guests == 0)
		return false;
	return v.drained || v.health == HEALTH_SUSPECT || v.health == HEALTH_FAILING ||
	       mono_since(now, v.wrong) < DESK_WRONG_MS;
}

static void
fill_reply(struct engine *e, int host, mono_t now, Lifeboat__Reply *reply)
{
	struct desk *d = e->desk;
	size_t size = 0;

	if (is_trouble(e, host, now))
		reply->ask_in_ms = DESK_TROUBLE_MS;
	for (int i = 0; i < e->book.n; i++) {
		struct book_order *o = e->book.order[i];

		if (is_awaited(o, host))
			reply->ask_in_ms = DESK_ASK_MS;
		if (o->host.i != host)
			continue;
		if (o->cancel)
			desk_cancel(e, o->row.id);
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

static bool
is_shown(const Lifeboat__Request *request, order_t id)
{
	for (size_t i = 0; i < request->n_orders; i++)
		if (book_same(desk_id(request->orders[i]->id), id))
			return true;
	return false;
}

/* It had the order, and shows it no more: its host has been started anew. */
static void
forget(struct engine *e, struct book_order *o, mono_t now)
{
	order_t id = o->row.id;

	log_line(LOG_LEVEL_WARNING, "order-forgotten", "host", o->row.host, "order",
	    book_id_text(id), "guest", o->row.name, NULL);
	o->row.said = OUTCOME_UNDEFINED;
	text_copy(o->row.said_why, sizeof(o->row.said_why), "forgotten");
	text_copy(o->row.detail, sizeof(o->row.detail),
	    "its actuator no longer knows it: the host was started anew");
	if (book_save(&e->book, o) < 0)
		return;
	o->last = true;
	desk_tell_core(e, id, OUTCOME_UNDEFINED, WHY_NONE, now);
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
		desk_take(e, host, request->orders[i], now);
	miss_orders(e, host, request, now);
	fill_reply(e, host, now, reply);
}
