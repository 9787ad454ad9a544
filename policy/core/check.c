#include "policy/core/place.h"
#include "policy/core/queue.h"
#include "policy/core/rules.h"

#include <string.h>

static bool
check_sensor(const struct core *core, int32_t host, int i)
{
	const struct sensor_state *s = &core->sensors[host].state[i];
	bool calm = !s->over[LEVEL_HOT].limit && !s->over[LEVEL_CRITICAL].limit;

	for (int k = 0; k < LEVELS; k++) {
		const struct crossing *c = &s->over[k];

		if (c->limit > LIMITS || (c->limit && s->over_since[k].ms > core->now.ms))
			return false;
	}
	if (s->ignored && (!calm || s->lost || s->alarm || s->crit || s->stopped))
		return false;
	/* A host that has not been heard has no timers running. */
	if (!core->host[host].heard && !calm)
		return false;
	/* Whatever is not calm is looked at. */
	return calm || (core->host[host].busy[i / 64] >> (i % 64) & 1);
}

static bool
check_host(const struct core *core, int32_t i)
{
	const struct host *h = &core->host[i];
	bool evacuates = h->heard && h->health != HEALTH_UNKNOWN &&
			 (h->health == HEALTH_FAILING || h->drained);

	if (h->n_sensors > MAX_SENSORS || h->n_paths > MAX_PATHS ||
	    h->n_said > MAX_GUESTS)
		return false;
	if ((unsigned)h->health > HEALTH_FAILING || (unsigned)h->reason.why >= WHYS)
		return false;
	if (core->xen[i].n_guests > MAX_GUESTS || core->storage[i].n_disks > MAX_DISKS)
		return false;
	if (h->reason.sensor >= MAX_SENSORS)
		return false;
	if (h->evacuates && !evacuates)
		return false;
	if (!h->evacuates && h->n_said > 0)
		return false;
	if (!h->heard && (h->readings_in || h->xen_in || h->storage_in))
		return false;
	for (int k = 0; k < h->n_sensors; k++) {
		if (!check_sensor(core, i, k))
			return false;
	}
	return true;
}

static bool
check_order(const struct core *core, int i)
{
	const struct order *o = &core->order[i];

	if (!host_valid(core, o->from) || !host_valid(core, o->to) ||
	    o->from.i == o->to.i)
		return false;
	if (o->state > ORDER_HOLDING || o->since.ms > core->now.ms)
		return false;
	if (o->state == ORDER_PREPARING && (o->moved || o->move.number != 0))
		return false;
	if (o->follow.number != 0 && o->state != ORDER_HOLDING)
		return false;
	if (o->follow.number == 0 && o->follow_failed)
		return false;
	for (int k = 0; k < i; k++) {
		if (uuid_equal(&core->order[k].guest, &o->guest))
			return false;
	}
	/* A move whose end is not known holds both hosts, from the next plan on. */
	if (o->state == ORDER_HOLDING && core->plan_at.ms > core->now.ms &&
	    (!core->host[o->from.i].held || !core->host[o->to.i].held))
		return false;
	return true;
}

static bool
check_counts(const struct core *core)
{
	int32_t evacuates = 0;

	for (int32_t i = 0; i < core->n_hosts; i++)
		evacuates += core->host[i].evacuates;
	return evacuates == core->n_evacuates && core->n_hosts <= core->limits.hosts &&
	       core->n_orders <= core->limits.orders &&
	       core->n_rests <= core->limits.orders * RESTS_PER_ORDER;
}

/* Whoever is being emptied, moved or timed is looked at again. */
static bool
check_deadline(const struct core *core)
{
	if ((core->n_evacuates > 0 || core->n_orders > 0) &&
	    core->plan_at.ms == INT64_MAX)
		return false;
	return core_deadline(core).ms >= core->now.ms || core->n_hosts > 0;
}

bool
core_check(const struct core *core)
{
	struct rules cut = rules_cut(&core->rules);

	if (core->n_hosts < 0 || core->n_orders < 0 || core->n_rests < 0)
		return false;
	if (memcmp(&cut, &core->rules, sizeof(cut)) != 0)
		return false;
	if (!check_counts(core) || !queue_check(core) || !check_deadline(core))
		return false;
	for (int32_t i = 0; i < core->n_hosts; i++) {
		if (!check_host(core, i))
			return false;
	}
	for (int i = 0; i < core->n_orders; i++) {
		if (!check_order(core, i))
			return false;
	}
	return true;
}
