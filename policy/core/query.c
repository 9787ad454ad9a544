#include "policy/core/place.h"
#include "policy/core/sensor.h"

#include <string.h>

int32_t
core_hosts(const struct core *core)
{
	return core->n_hosts;
}

struct core_limits
core_room(const struct core *core)
{
	return core->limits;
}

enum mode
core_mode(const struct core *core)
{
	return core->mode;
}

uint64_t
core_term(const struct core *core)
{
	return core->term;
}

const struct rules *
core_rules(const struct core *core)
{
	return &core->rules;
}

bool
core_host(const struct core *core, host_t host, struct host_view *out)
{
	const struct host *h;

	if (!host_valid(core, host))
		return false;
	h = &core->host[host.i];
	*out = (struct host_view){
		.health = h->health,
		.why = h->reason.why,
		.sensor = h->reason.sensor,
		.unit = h->reason.unit,
		.seen = h->reason.seen,
		.limit = h->reason.limit,
		.since = h->since,
		.heard = h->heard_at,
		.wrong = h->wrong_at,
		.ever_heard = h->ever_heard,
		.cordoned = h->cordoned,
		.drained = h->drained,
		.held = h->held,
		.actuator = h->actuator,
		.xen = &core->xen[host.i],
		.xen_at = h->xen_at,
		.storage = &core->storage[host.i],
		.n_sensors = h->n_sensors,
	};
	memcpy(out->name, h->name, sizeof(out->name));
	memcpy(out->probes, h->probes, sizeof(out->probes));
	return true;
}

host_t
core_find_host(const struct core *core, const char *name)
{
	for (int32_t i = 0; i < core->n_hosts; i++) {
		if (strcmp(core->host[i].name, name) == 0)
			return (host_t){ i };
	}
	return HOST_NONE;
}

bool
core_sensor(const struct core *core, host_t host, int i, struct sensor_view *out)
{
	const struct sensor_state *s;

	if (!host_valid(core, host) || i < 0 || i >= core->host[host.i].n_sensors)
		return false;
	s = &core->sensors[host.i].state[i];
	*out = (struct sensor_view){
		.facts = &core->names[host.i].facts[i],
		.reading = { s->raw, s->quality, s->flags },
		.ever_read = s->ever_read,
		.listed = (enum why)s->listed,
		.crossed_at = s->value_at,
	};
	if (s->stopped) {
		out->crossed = WHY_FAN_STOPPED;
	} else if (s->crit) {
		out->crossed = WHY_ALARM_CRITICAL;
	} else if (s->over[LEVEL_CRITICAL].limit) {
		out->crossed = WHY_CRITICAL;
		out->crossed_at = s->over_since[LEVEL_CRITICAL];
	} else if (s->over[LEVEL_HOT].limit) {
		out->crossed = WHY_HOT;
		out->crossed_at = s->over_since[LEVEL_HOT];
	} else if (s->alarm) {
		out->crossed = WHY_ALARM;
	} else if (s->lost) {
		out->crossed = WHY_SENSOR_LOST;
	}
	return true;
}

int
core_find_guest(const struct core *core, const struct uuid *guest, host_t *out, int n)
{
	int found = 0;

	for (int32_t i = 0; i < core->n_hosts; i++) {
		if (!place_find(core, (host_t){ i }, guest))
			continue;
		if (found < n)
			out[found] = (host_t){ i };
		found++;
	}
	return found;
}

bool
core_guest(const struct core *core, const char *name, host_t *host, int *index)
{
	struct uuid uuid;
	bool is_uuid = uuid_parse(&uuid, name);

	for (int32_t i = 0; i < core->n_hosts; i++) {
		for (int k = 0; k < core->xen[i].n_guests; k++) {
			const struct guest_facts *g = &core->xen[i].guests[k];

			if (strcmp(g->name, name) != 0 &&
			    !(is_uuid && uuid_equal(&g->uuid, &uuid)))
				continue;
			*host = (host_t){ i };
			*index = k;
			return true;
		}
	}
	return false;
}

/* What the plan already gave to this very guest must not count against it. */
static void
give_back(const struct core *core, struct wish *w, const struct guest_facts *g)
{
	for (int i = 0; i < core->n_orders; i++) {
		const struct order *o = &core->order[i];

		if (!uuid_equal(&o->guest, &g->uuid))
			continue;
		w->back_to = o->to;
		w->back_kib = (int64_t)o->memory_kib;
		return;
	}
	for (int i = 0; i < core->host[w->from.i].n_said; i++) {
		const struct said *s = &core->sayings[w->from.i].said[i];

		if (!uuid_equal(&s->guest, &g->uuid) || s->to.i < 0)
			continue;
		w->back_to = s->to;
		w->back_kib = (int64_t)g->memory_kib;
	}
}

/* rows[0..n) is a heap with the worst on top. */
static void
sink(struct place_row *rows, int n, int i)
{
	struct place_row row = rows[i];

	for (;;) {
		int child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && place_compare(&rows[child + 1], &rows[child]) > 0)
			child++;
		if (place_compare(&rows[child], &row) <= 0)
			break;
		rows[i] = rows[child];
		i = child;
	}
	rows[i] = row;
}

static void
build_heap(struct place_row *rows, int n)
{
	for (int i = n / 2 - 1; i >= 0; i--)
		sink(rows, n, i);
}

static void
sort_heap(struct place_row *rows, int n)
{
	for (int i = n - 1; i > 0; i--) {
		struct place_row worst = rows[0];

		rows[0] = rows[i];
		rows[i] = worst;
		sink(rows, i, 0);
	}
}

void
core_place(const struct core *core, host_t from, int guest, struct place_list *list)
{
	struct wish w = { from, guest, 0, HOST_NONE };
	struct place_row *rows = list->rows;
	int have = list->room < core->n_hosts ? list->room : core->n_hosts;

	list->n = 0;
	list->stays = WHY_NONE;
	if (!host_valid(core, from) || guest < 0 || guest >= core->xen[from.i].n_guests ||
	    have <= 0)
		return;
	list->stays = place_stays(core, from, guest);
	give_back(core, &w, &core->xen[from.i].guests[guest]);

	for (int i = 0; i < have; i++)
		rows[i] = place_judge(core, &w, (host_t){ i });
	build_heap(rows, have);
	for (int32_t i = have; i < core->n_hosts; i++) {
		struct place_row row = place_judge(core, &w, (host_t){ i });

		if (place_compare(&row, &rows[0]) >= 0)
			continue;
		rows[0] = row;
		sink(rows, have, 0);
	}
	sort_heap(rows, have);
	list->n = have;
}

int
core_orders(const struct core *core)
{
	return core->n_orders;
}

bool
core_order(const struct core *core, int i, struct order_view *out)
{
	const struct order *o;

	if (i < 0 || i >= core->n_orders)
		return false;
	o = &core->order[i];
	*out = (struct order_view){
		.order = o->move.number ? o->move : o->prepare,
		.prepare = o->prepare,
		.follow = o->follow,
		.said = (enum outcome)o->said,
		.berth = (enum outcome)o->berth,
		.state = o->state,
		.guest = o->guest,
		.from = o->from,
		.to = o->to,
		.why = o->reason.why,
		.since = o->since,
	};
	memcpy(out->name, o->name, sizeof(out->name));
	return true;
}

bool
core_plan(const struct core *core, host_t from, const struct uuid *guest, host_t *to,
    enum why *stays)
{
	if (!host_valid(core, from))
		return false;
	for (int i = 0; i < core->host[from.i].n_said; i++) {
		const struct said *said = &core->sayings[from.i].said[i];

		if (!uuid_equal(&said->guest, guest))
			continue;
		*to = said->to;
		*stays = (enum why)said->stays;
		return true;
	}
	return false;
}
