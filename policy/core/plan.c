#include "policy/core/plan.h"
#include "policy/core/orders.h"
#include "policy/core/place.h"
#include "policy/core/say.h"

#include <string.h>

void
plan_watch(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];
	bool evacuates = h->heard && h->health != HEALTH_UNKNOWN &&
			 (h->health == HEALTH_FAILING || h->drained);

	if (evacuates == h->evacuates)
		return;
	h->evacuates = evacuates;
	core->n_evacuates += evacuates ? 1 : -1;
	if (!evacuates)
		h->n_said = 0;
	core->plan_at = core->now;
}

void
plan_prune(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];
	struct said *said = core->sayings[host].said;
	uint16_t kept = 0;

	for (int i = 0; i < h->n_said; i++) {
		if (place_find(core, (host_t){ host }, &said[i].guest))
			said[kept++] = said[i];
	}
	h->n_said = kept;
}

/* True when this differs from what was said of the guest last; it is noted then. */
static bool
note(struct core *core, int32_t host, const struct said *news)
{
	struct host *h = &core->host[host];
	struct said *said = core->sayings[host].said;
	int i = 0;

	while (i < h->n_said && !uuid_equal(&said[i].guest, &news->guest))
		i++;
	if (i < h->n_said && said[i].to.i == news->to.i && said[i].why == news->why &&
	    said[i].stays == news->stays && said[i].sensor == news->sensor)
		return false;
	if (i == MAX_GUESTS)
		return false;
	if (i == h->n_said)
		h->n_said++;
	said[i] = *news;
	return true;
}

static struct action *
say_guest(struct core *core, enum action_kind kind, enum why why, const struct wish *w)
{
	const struct host *h = &core->host[w->from.i];
	const struct guest_facts *g = &core->xen[w->from.i].guests[w->guest];
	struct action *a = say_host(core, kind, why, w->from.i);

	a->guest = g->uuid;
	memcpy(a->name, g->name, sizeof(g->name));
	if (h->health == HEALTH_FAILING && kind == ACTION_WOULD_MOVE)
		say_reason(a, &h->reason);
	return a;
}

static void
say_once(struct core *core, const struct wish *w, host_t to, enum why stays,
    const uint16_t *refused)
{
	const struct host *h = &core->host[w->from.i];
	enum why why = orders_cause(h);
	struct said news = {
		.guest = core->xen[w->from.i].guests[w->guest].uuid,
		.to = to,
		.sensor = (int16_t)(why == WHY_DRAIN ? -1 : h->reason.sensor),
		.why = (uint8_t)why,
		.stays = (uint8_t)stays,
	};
	struct action *a;

	if (!note(core, w->from.i, &news))
		return;
	a = say_guest(
	    core, stays ? ACTION_STAYS : ACTION_WOULD_MOVE, stays ? stays : why, w);
	a->to = to;
	memcpy(a->refused, refused, sizeof(a->refused));
}

/* The promise of a guest that would go there, until the next plan. */
static void
promise(struct core *core, const struct wish *w, host_t to)
{
	const struct guest_facts *g = &core->xen[w->from.i].guests[w->guest];
	struct host *h = &core->host[to.i];

	h->promised_kib += g->memory_kib;
	h->promised_cpu += place_cpu(g);
}

static enum why
why_none_left(const struct core *core, const struct uuid *guest, const uint16_t *refused)
{
	if (core->mode == MODE_OBSERVE || refused[WHY_BUSY - GATE_FIRST] == 0)
		return WHY_NO_TARGET;
	return orders_resting(core, guest) ? WHY_COOLDOWN : WHY_IN_FLIGHT;
}

/* go: open an order for it, if it can go. */
static void
plan_guest(struct core *core, const struct wish *w, bool go)
{
	const struct guest_facts *g = &core->xen[w->from.i].guests[w->guest];
	struct host *h = &core->host[w->from.i];
	uint16_t refused[GATES] = { 0 };
	enum why stays = place_stays(core, w->from, w->guest);
	host_t to = HOST_NONE;
	bool act = core->mode != MODE_OBSERVE;

	if (orders_of(core, &g->uuid) && stays != WHY_HELD)
		return;
	if (stays == WHY_NONE) {
		to = place_best(core, w, refused);
		if (to.i < 0)
			stays = why_none_left(core, &g->uuid, refused);
	}
	if (stays == WHY_NONE && act &&
	    (core->n_orders >= core->rules.in_flight_pool ||
		h->leaving >= core->rules.in_flight_source))
		stays = WHY_IN_FLIGHT;
	if (stays == WHY_NONE && act && !orders_room(core))
		stays = WHY_TOO_MANY_ORDERS;

	if (stays != WHY_NONE || !go) {
		say_once(core, w, stays ? HOST_NONE : to, stays, refused);
		if (stays == WHY_NONE)
			promise(core, w, to);
		return;
	}
	orders_open(core, w->from, w->guest, to, refused);
	h->leaving++;
	core->host[to.i].coming++;
	promise(core, w, to);
}

static bool
goes_before(const struct guest_facts *a, const struct guest_facts *b, bool act)
{
	if (a->memory_kib != b->memory_kib)
		return act ? a->memory_kib < b->memory_kib
			   : a->memory_kib > b->memory_kib;
	return memcmp(a->uuid.b, b->uuid.b, sizeof(a->uuid.b)) < 0;
}

static int
sort_guests(const struct core *core, int32_t host, uint8_t *order)
{
	const struct xen_facts *x = &core->xen[host];
	bool act = core->mode != MODE_OBSERVE;

	for (int i = 0; i < x->n_guests; i++) {
		int k = i;

		while (
		    k > 0 && goes_before(&x->guests[i], &x->guests[order[k - 1]], act)) {
			order[k] = order[k - 1];
			k--;
		}
		order[k] = (uint8_t)i;
	}
	return x->n_guests;
}

/* False when the actions are full: the rest comes with the next step. */
static bool
plan_host(struct core *core, int32_t host)
{
	uint8_t order[MAX_GUESTS];
	int n;

	if (!xen_fresh(core, host) || core->xen[host].state != PROBE_OK)
		return true;
	n = sort_guests(core, host, order);
	for (int i = 0; i < n; i++) {
		struct wish w = { { host }, order[i], 0, HOST_NONE };

		if (!say_room(core, 2))
			return false;
		plan_guest(core, &w, core->mode == MODE_ACT);
	}
	return true;
}

void
plan_approve(struct core *core, const struct uuid *guest)
{
	if (core->mode != MODE_ADVISE)
		return;
	orders_count(core);
	for (int32_t i = 0; i < core->n_hosts; i++) {
		const struct guest_facts *g = place_find(core, (host_t){ i }, guest);
		struct wish w = { { i }, 0, 0, HOST_NONE };

		if (!g || !core->host[i].evacuates || !xen_fresh(core, i) ||
		    core->xen[i].state != PROBE_OK || !say_room(core, 2))
			continue;
		w.guest = (int)(g - core->xen[i].guests);
		plan_guest(core, &w, true);
		return;
	}
}

void
plan_run(struct core *core)
{
	bool whole = true;

	orders_tend(core);
	orders_count(core);
	for (int32_t i = 0; core->n_evacuates > 0 && i < core->n_hosts && whole; i++) {
		if (core->host[i].evacuates)
			whole = plan_host(core, i);
	}
	if (!whole || !say_room(core, 3))
		core->plan_at = core->now;
	else if (core->n_evacuates > 0 || core->n_orders > 0)
		core->plan_at = mono_add(core->now, PLAN_MS);
	else
		core->plan_at = NEVER;
}
