#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "policy/core/core.h"
#include "policy/door_answer.h"

enum { HISTORY_SHOWN = 20 };

static json_t *
milli(int64_t value)
{
	return value == NO_LIMIT ? json_null() : json_integer(value);
}

static json_t *
age(bool known, mono_t now, mono_t then)
{
	return known ? json_integer(mono_since(now, then)) : json_null();
}

static json_t *
why(enum why w)
{
	return w == WHY_NONE ? json_null() : json_string(why_word(w));
}

static json_t *
sentence(enum why w)
{
	return w == WHY_NONE ? json_null() : json_string(why_sentence(w));
}

static json_t *
probes(const struct host_view *v)
{
	json_t *o = json_object();

	for (int p = 0; p < PROBES; p++)
		json_object_set_new(o, probe_name((enum probe_id)p),
		    json_string(probe_state_name((enum probe_state)v->probes[p])));
	return o;
}

static json_t *
xen_version(const struct xen_facts *x)
{
	char text[32];

	if (x->major == 0)
		return json_null();
	snprintf(text, sizeof(text), "%" PRIu32 ".%" PRIu32, x->major, x->minor);
	return json_string(text);
}

json_t *
door_host_row(const struct engine *e, host_t host, mono_t now)
{
	struct host_view v;
	struct sensor_view s;
	bool sensor;

	if (!core_host(e->core, host, &v))
		return json_null();
	sensor = v.sensor >= 0 && core_sensor(e->core, host, v.sensor, &s);
	return json_pack(
	    "{s:s, s:s, s:o, s:o, s:s?, s:s?, s:o, s:o, s:o, s:o, s:b, s:b, s:b,"
	    " s:i, s:i, s:o, s:I, s:I, s:i, s:o, s:b}",
	    "name", v.name, "health", health_name(v.health), "why", why(v.why),
	    "sentence", sentence(v.why), "sensor", sensor ? s.facts->name : NULL, "unit",
	    sensor ? sensor_kind_unit(v.unit) : NULL, "seen",
	    sensor ? milli(v.seen) : json_null(), "limit",
	    sensor ? milli(v.limit) : json_null(), "since_age_ms",
	    age(true, now, v.since), "heard_age_ms", age(v.ever_heard, now, v.heard),
	    "cordoned", v.cordoned, "drained", v.drained, "held", v.held, "guests",
	    (int)v.xen->n_guests, "sensors", v.n_sensors, "xen", xen_version(v.xen),
	    "free_kib", (json_int_t)v.xen->free_kib, "total_kib",
	    (json_int_t)v.xen->total_kib, "load_permille", (int)v.xen->cpu_permille,
	    "probes", probes(&v), "actuator", v.actuator);
}

/* All hosts judged for a guest; the caller frees the rows, of which there are none when
 * memory is out. */
static struct place_list
judge(const struct engine *e, host_t from, int guest)
{
	struct place_list list = { .room = core_hosts(e->core), .stays = WHY_NONE };

	list.rows = calloc((size_t)list.room + 1, sizeof(*list.rows));
	if (list.rows)
		core_place(e->core, from, guest, &list);
	return list;
}

json_t *
door_guest_row(const struct engine *e, host_t host, int guest)
{
	struct host_view v, to;
	enum why stays, planned_stay;
	host_t target;
	char uuid[UUID_TEXT_SIZE];
	const struct guest_facts *g;
	struct place_list list;
	int targets = 0;
	bool leaving;
	json_t *row;

	core_host(e->core, host, &v);
	g = &v.xen->guests[guest];
	uuid_format(uuid, &g->uuid);
	list = judge(e, host, guest);
	while (targets < list.n && list.rows[targets].gate == WHY_NONE)
		targets++;
	stays = list.stays == WHY_NONE && targets == 0 ? WHY_NO_TARGET : list.stays;
	leaving = core_plan(e->core, host, &g->uuid, &target, &planned_stay) &&
		  planned_stay == WHY_NONE && core_host(e->core, target, &to);
	row = json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:s, s:o, s:o, s:i, s:s?,"
	    " s:b}",
	    "name", g->name, "uuid", uuid, "host", v.name, "state",
	    guest_state_name(g->state), "type", guest_type_name(g->type), "memory_kib",
	    (json_int_t)g->memory_kib, "vcpus", (int)g->vcpus, "cpu_permille",
	    (int)g->cpu_permille, "master", master_name(g->master), "stays", why(stays),
	    "stays_sentence", sentence(stays), "targets", targets, "would_move",
	    leaving ? to.name : NULL, "unwatched", unwatched_is(e, host, g));
	free(list.rows);
	return row;
}

void
door_count_plans(const struct engine *e, int *would_move, int *stays)
{
	struct host_view v;
	enum why why_it_stays;
	host_t to;

	*would_move = *stays = 0;
	for (int32_t i = 0; core_host(e->core, (host_t){ i }, &v); i++)
		for (int g = 0; g < v.xen->n_guests; g++) {
			if (!core_plan(e->core, (host_t){ i }, &v.xen->guests[g].uuid,
				&to, &why_it_stays))
				continue;
			*would_move += why_it_stays == WHY_NONE;
			*stays += why_it_stays != WHY_NONE;
		}
}

json_t *
door_readings(const struct engine *e, host_t host, mono_t now)
{
	json_t *rows = json_array();
	struct sensor_view s;

	for (int i = 0; core_sensor(e->core, host, i, &s); i++) {
		const int64_t *limit = s.facts->limit;
		bool usable = s.ever_read && s.reading.quality == QUALITY_GOOD;
		json_array_append_new(rows,
		    json_pack("{s:s, s:s, s:o, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, "
			      "s:b, s:o,"
			      " s:o, s:o}",
			"name", s.facts->name, "kind", sensor_kind_name(s.facts->kind),
			"value", usable ? json_integer(s.reading.value) : json_null(),
			"unit", sensor_kind_unit(s.facts->kind), "quality",
			s.ever_read ? quality_name((enum quality)s.reading.quality)
				    : "gone",
			"alarm", (s.reading.flags & (FLAG_ALARM | FLAG_CRIT_ALARM)) != 0,
			"fault", (s.reading.flags & FLAG_FAULT) != 0, "low_critical",
			milli(limit[LIMIT_LOW_CRITICAL]), "low", milli(limit[LIMIT_LOW]),
			"high", milli(limit[LIMIT_HIGH]), "high_critical",
			milli(limit[LIMIT_HIGH_CRITICAL]), "ignored", s.facts->ignored,
			"listed", why(s.listed), "crossed", why(s.crossed),
			"crossed_age_ms", age(s.crossed != WHY_NONE, now, s.crossed_at)));
	}
	return rows;
}

json_t *
door_place(const struct engine *e, host_t from, int guest, host_t only)
{
	struct place_list judged = judge(e, from, guest);
	json_t *list = json_array();
	struct host_view v;

	for (int i = 0; i < judged.n; i++) {
		const struct place_row *p = &judged.rows[i];
		if ((only.i >= 0 && p->host.i != only.i) ||
		    !core_host(e->core, p->host, &v))
			continue;
		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:i}", "host", v.name,
			"rank", p->gate == WHY_NONE ? json_integer(i + 1) : json_null(),
			"gate", why(p->gate), "sentence", sentence(p->gate), "need",
			(json_int_t)p->need, "have", (json_int_t)p->have, "load_permille",
			(int)p->load));
	}
	free(judged.rows);
	return list;
}

json_t *
door_history(const struct engine *e, host_t host, const struct uuid *guest, mono_t now)
{
	json_t *list = json_array();
	const struct history_entry *h;

	for (int i = 0;
	     i < HISTORY_SHOWN && (h = history_find(e->history, i, host, guest)); i++)
		json_array_append_new(
		    list, json_pack("{s:I, s:s}", "age_ms",
			      (json_int_t)mono_since(now, h->at), "text", h->text));
	return list;
}
