#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_internal.h"

#define FIELD(name) offsetof(struct rules, name)

const struct rule_field trace_rules[] = {
	/* clang-format off */
	{ "silence", FIELD(silence_ms), RULE_DURATION },
	{ "facts", FIELD(facts_ms), RULE_DURATION },
	{ "hold", FIELD(hold_ms), RULE_DURATION },
	{ "calm", FIELD(calm_ms), RULE_DURATION },
	{ "temperature-hysteresis", FIELD(temp_hysteresis_mc), RULE_TEMP },
	{ "hysteresis", FIELD(percent_hysteresis), RULE_PERCENT },
	{ "lost-sweeps", FIELD(lost_sweeps), RULE_COUNT },
	{ "jump", FIELD(jump_mc_per_s), RULE_TEMP },
	{ "stuck", FIELD(stuck_ms), RULE_DURATION },
	{ "dom0-floor", FIELD(dom0_floor_kib), RULE_MEMORY },
	{ "cooldown", FIELD(cooldown_ms), RULE_DURATION },
	{ "prepare", FIELD(prepare_ms), RULE_DURATION },
	{ "move-silence", FIELD(move_silence_ms), RULE_DURATION },
	{ "in-flight", FIELD(in_flight_pool), RULE_COUNT },
	{ "in-flight-source", FIELD(in_flight_source), RULE_COUNT },
	{ "in-flight-target", FIELD(in_flight_target), RULE_COUNT },
	/* clang-format on */
};
const size_t trace_n_rules = sizeof(trace_rules) / sizeof(trace_rules[0]);

const char *const trace_events[EVENT_KINDS] = {
	[EVENT_TICK] = "tick",
	[EVENT_RULES] = "rules",
	[EVENT_HOST] = "host",
	[EVENT_RESTART] = "restart",
	[EVENT_CATALOGUE] = "sensors",
	[EVENT_READINGS] = "readings",
	[EVENT_PROBES] = "probes",
	[EVENT_XEN] = "xen",
	[EVENT_STORAGE] = "storage",
	[EVENT_MODE] = "mode",
	[EVENT_CORDON] = "cordon",
	[EVENT_UNCORDON] = "uncordon",
	[EVENT_DRAIN] = "drain",
	[EVENT_UNDRAIN] = "undrain",
	[EVENT_OUTCOME] = "outcome",
	[EVENT_ACTUATOR] = "actuator",
	[EVENT_ORDER] = "order",
	[EVENT_CANCEL] = "cancel",
	[EVENT_APPROVE] = "approve",
	[EVENT_SETTLE] = "settle",
};

const char *const trace_limits[LIMITS] = { "low-critical", "low", "high",
	"high-critical" };
const char *const trace_clears[LIMITS] = { "low-critical-clear", "low-clear",
	"high-clear", "high-critical-clear" };

int
trace_new(struct trace **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

struct trace *
trace_free(struct trace *t)
{
	if (t) {
		for (size_t i = 0; i < TRACE_NAMES; i++)
			free(t->name[i]);
		free(t);
	}
	return NULL;
}

/* The slot of an id, or the empty one where it belongs. */
static size_t
slot(const struct trace *t, id64_t id)
{
	size_t i = id.v % TRACE_NAMES;

	while (t->name[i] && t->id[i].v != id.v)
		i = (i + 1) % TRACE_NAMES;
	return i;
}

void
trace_name(struct trace *t, id64_t id, const char *name)
{
	size_t i = slot(t, id);

	/* A name that is read back must give the same id. */
	if (id.v == 0 || t->name[i] || t->n >= TRACE_NAMES * 3 / 4 ||
	    strlen(name) >= DISK_SIZE || text_id(name).v != id.v)
		return;
	t->name[i] = strdup(name);
	t->id[i] = id;
	t->n += t->name[i] != NULL;
}

const char *
trace_named(const struct trace *t, id64_t id, char buf[DISK_SIZE])
{
	size_t i = slot(t, id);

	if (id.v && t->name[i])
		return t->name[i];
	snprintf(buf, DISK_SIZE, "#%016" PRIx64, id.v);
	return buf;
}

struct uuid
trace_uuid(const char *name)
{
	struct uuid u = { { 0 } };
	uint64_t v = text_id(name).v;

	for (int i = 0; i < 8; i++)
		u.b[8 + i] = (uint8_t)(v >> (8 * i));
	return u;
}

struct guest_facts
trace_guest(const char *name)
{
	struct guest_facts g = { .type = GUEST_PVH,
		.state = GUEST_RUNNING,
		.memory_kib = 1048576,
		.vcpus = 1,
		.move = true };

	text_copy(g.name, sizeof(g.name), name);
	g.uuid = trace_uuid(name);
	return g;
}

struct reading
trace_last_reading(const struct core *core, host_t host, int sensor)
{
	struct sensor_view v;
	bool never;

	if (!core_sensor(core, host, sensor, &v))
		return (struct reading){ .quality = QUALITY_GONE };
	/* One good zero would have made it "ever read". */
	never = !v.ever_read && v.reading.value == 0 && v.reading.flags == 0 &&
		v.reading.quality == QUALITY_GOOD;
	return never ? (struct reading){ .quality = QUALITY_GONE } : v.reading;
}

int
trace_find_sensor(const struct core *core, host_t host, int from, const char *name)
{
	struct host_view h;
	struct sensor_view v;

	if (!core_host(core, host, &h))
		return -1;
	for (int k = 0; k < h.n_sensors; k++) {
		int i = (from + k) % h.n_sensors;
		if (core_sensor(core, host, i, &v) && strcmp(v.facts->name, name) == 0)
			return i;
	}
	return -1;
}

int
trace_find_guest(const struct xen_facts *x, const char *name)
{
	for (int i = 0; i < x->n_guests; i++) {
		if (strcmp(x->guests[i].name, name) == 0)
			return i;
	}
	return -1;
}
