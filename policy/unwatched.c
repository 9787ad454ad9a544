#include "policy/unwatched.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/dispatch.h"
#include "policy/engine.h"

static int
find(const struct unwatched *u, const struct uuid *guest)
{
	for (int i = 0; i < u->n; i++)
		if (uuid_equal(&u->guest[i].row.guest, guest))
			return i;
	return -1;
}

static bool
is_boot(const struct engine *e, host_t host, const struct uuid *boot)
{
	const struct intake_actuator *a = intake_actuator(e->intake, host.i);

	/* The engine was started anew, and knows no other yet. */
	return !a || !a->ever || uuid_equal(&a->boot, boot);
}

static void
alert(struct engine *e, const struct book_order *o, mono_t now)
{
	struct action about = { .kind = ACTION_OUTCOME,
		.from = o->host,
		.to = HOST_NONE,
		.at = HOST_NONE,
		.sensor = -1,
		.seen = NO_LIMIT,
		.limit = NO_LIMIT,
		.guest = o->row.guest,
		.order = o->row.id };
	char text[HISTORY_TEXT];

	log_line(LOG_LEVEL_ERROR, "guest-unwatched", "guest", o->row.name, "host",
	    o->row.host, "order", book_id_text(o->row.id), "why",
	    "no xl waits for its end: when it reboots or crashes, it stays off", NULL);
	text_copy(about.name, sizeof(about.name), o->row.name);
	snprintf(text, sizeof(text),
	    "%s is unwatched on %s: no xl waits for its end, and when it reboots or "
	    "crashes, it stays off",
	    o->row.name, o->row.host);
	dispatch_news(e, now, &about, "guest-unwatched", text);
}

void
unwatched_take(struct engine *e, const struct book_order *o, uint32_t domid, mono_t now)
{
	const struct intake_actuator *a = intake_actuator(e->intake, o->host.i);
	struct unwatched *u = &e->unwatched;
	int i = find(u, &o->row.guest);
	struct unwatched_guest g = { .host = o->host, .since = now };

	if (!a)
		return;
	g.row.guest = o->row.guest;
	g.row.boot = a->boot;
	g.row.domid = domid;
	memcpy(g.row.host, o->row.host, sizeof(g.row.host));
	if (i >= 0 && u->guest[i].row.domid == domid &&
	    uuid_equal(&u->guest[i].row.boot, &g.row.boot))
		return;
	if (i < 0 && u->n < UNWATCHED_MAX)
		i = u->n++;
	if (i >= 0) {
		u->guest[i] = g;
		/* Not written, it is known until the engine ends: the order's end, which
		 * goes to the same store, tells of that. */
		store_set_unwatched(e->store, &g.row, NULL);
	}
	alert(e, o, now);
}

bool
unwatched_is(const struct engine *e, host_t host, const struct guest_facts *g)
{
	int i = find(&e->unwatched, &g->uuid);
	const struct unwatched_guest *u = &e->unwatched.guest[i < 0 ? 0 : i];

	return i >= 0 && u->host.i == host.i && u->row.domid == g->domid &&
	       is_boot(e, host, &u->row.boot);
}

static bool
is_seen(const struct engine *e, const struct unwatched_guest *u)
{
	struct host_view v;

	if (!core_host(e->core, u->host, &v))
		return false;
	for (int i = 0; i < v.xen->n_guests; i++)
		if (uuid_equal(&v.xen->guests[i].uuid, &u->row.guest))
			return unwatched_is(e, u->host, &v.xen->guests[i]);
	return false;
}

int
unwatched_count(const struct engine *e)
{
	int n = 0;

	for (int i = 0; i < e->unwatched.n; i++)
		n += is_seen(e, &e->unwatched.guest[i]);
	return n;
}

/* A report of before the order's end may not have it yet. */
static bool
is_over(const struct engine *e, const struct unwatched_guest *u, mono_t now)
{
	struct host_view v;

	if (!is_boot(e, u->host, &u->row.boot))
		return true;
	return mono_since(now, u->since) >= UNWATCHED_REPORT_MS &&
	       core_host(e->core, u->host, &v) && mono_since(v.xen_at, u->since) > 0 &&
	       !is_seen(e, u);
}

void
unwatched_sweep(struct engine *e, mono_t now)
{
	struct unwatched *u = &e->unwatched;

	for (int i = u->n - 1; i >= 0; i--) {
		if (!is_over(e, &u->guest[i], now))
			continue;
		u->guest[i].row.domid = 0;
		store_set_unwatched(e->store, &u->guest[i].row, NULL);
		u->guest[i] = u->guest[--u->n];
	}
}

struct restoring {
	struct engine *e;
	mono_t now;
};

static void
restore(void *to, const struct store_unwatched *row)
{
	const struct restoring *r = to;
	struct unwatched *u = &r->e->unwatched;
	host_t host = core_find_host(r->e->core, row->host);

	if (host.i >= 0 && u->n < UNWATCHED_MAX)
		u->guest[u->n++] = (struct unwatched_guest){ *row, host, r->now };
}

int
unwatched_restore(struct engine *e, mono_t now)
{
	struct restoring r = { e, now };

	return store_each_unwatched(e->store, restore, &r);
}
