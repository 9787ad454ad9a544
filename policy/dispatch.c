#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/dispatch.h"
#include "policy/dispatch_order.h"

static const struct {
	const char *id;
	enum log_level level;
} lines[ACTION_KINDS] = {
	[ACTION_HEALTH] = { "host-health", LOG_LEVEL_NOTICE },
	[ACTION_LISTED] = { "sensor-listed", LOG_LEVEL_WARNING },
	[ACTION_WOULD_MOVE] = { "would-move", LOG_LEVEL_NOTICE },
	[ACTION_STAYS] = { "guest-stays", LOG_LEVEL_ERROR },
	[ACTION_PREPARE] = { "order-prepare", LOG_LEVEL_NOTICE },
	[ACTION_MOVE] = { "order-move", LOG_LEVEL_NOTICE },
	[ACTION_RESUME] = { "order-resume", LOG_LEVEL_NOTICE },
	[ACTION_CLEAN] = { "order-clean", LOG_LEVEL_NOTICE },
	[ACTION_OUTCOME] = { "order-outcome", LOG_LEVEL_NOTICE },
	[ACTION_HOLD] = { "hold", LOG_LEVEL_ERROR },
	[ACTION_RELEASE] = { "release", LOG_LEVEL_NOTICE },
	[ACTION_MODE] = { "mode", LOG_LEVEL_NOTICE },
	[ACTION_CORDON] = { "cordon", LOG_LEVEL_NOTICE },
	[ACTION_UNCORDON] = { "uncordon", LOG_LEVEL_NOTICE },
	[ACTION_DRAIN] = { "drain", LOG_LEVEL_NOTICE },
	[ACTION_UNDRAIN] = { "undrain", LOG_LEVEL_NOTICE },
	[ACTION_REFUSED] = { "table-full", LOG_LEVEL_ERROR },
};

static void
tell_watchers(
    struct engine *e, const struct action *about, const char *id, const char *text)
{
	for (int i = 0; i < ENGINE_WATCHERS; i++)
		if (e->watch[i].news)
			e->watch[i].news(e->watch[i].to, e, about, id, text);
}

void
dispatch_news(struct engine *e, mono_t now, const struct action *about, const char *id,
    const char *text)
{
	history_add(e->history, now, about, text);
	tell_watchers(e, about, id, text);
}

static const char *
host_name(const struct engine *e, host_t host)
{
	struct host_view v;

	return core_host(e->core, host, &v) ? log_text("%s", v.name) : NULL;
}

static const char *
quantity(const struct action *a, int64_t value)
{
	char text[40];

	if (a->sensor < 0 || value == NO_LIMIT)
		return NULL;
	return log_text("%s", text_quantity(text, sizeof(text), a->unit, value));
}

static const char *
refusals(const struct action *a)
{
	char text[200];
	size_t len = 0;

	for (int g = 0; g < GATES; g++) {
		int n;
		if (a->refused[g] == 0 || GATE_FIRST + g == WHY_SELF)
			continue;
		n = snprintf(text + len, sizeof(text) - len, "%s%u:%s", len ? "+" : "",
		    a->refused[g], why_word((enum why)(GATE_FIRST + g)));
		if (n < 0 || (size_t)n >= sizeof(text) - len)
			break;
		len += (size_t)n;
	}
	return len ? log_text("%s", text) : NULL;
}

/* Where the engine's reason is only that the actuator said so: the actuator's own. */
static const char *
reason(const struct engine *e, const struct action *a)
{
	bool passed_on =
	    a->kind == ACTION_OUTCOME && (a->why == WHY_NONE || a->why == WHY_REFUSED);
	const struct book_order *o = passed_on ? book_find(&e->book, a->order) : NULL;

	return o && o->row.said_why[0] ? o->row.said_why : why_word(a->why);
}

void
dispatch(struct engine *e, mono_t now, const struct action *a)
{
	char prose[HISTORY_TEXT];
	bool health = a->kind == ACTION_HEALTH;
	bool guest = !uuid_is_nil(&a->guest);
	const char *sensor = a->sensor >= 0 && !guest ? a->name : NULL;
	struct sensor_view view;

	if (a->sensor >= 0 && guest && core_sensor(e->core, a->from, a->sensor, &view))
		sensor = view.facts->name;
	log_line(lines[a->kind].level, lines[a->kind].id, guest ? "guest" : "host",
	    guest ? a->name : host_name(e, a->from), "from",
	    health  ? health_name(a->health_from)
	    : guest ? host_name(e, a->from)
		    : NULL,
	    "to", health ? health_name(a->health_to) : host_name(e, a->to), "order",
	    a->order.number ? book_id_text(a->order) : NULL, "outcome",
	    a->outcome != OUTCOME_NONE ? outcome_name(a->outcome) : NULL, "why",
	    reason(e, a), "sensor", sensor, "seen", quantity(a, a->seen), "limit",
	    quantity(a, a->limit), "held",
	    a->held_ms > 0 ? log_text("%" PRId64 "ms", a->held_ms) : NULL, "refused",
	    refusals(a), "mode", a->kind == ACTION_MODE ? mode_name(a->mode) : NULL,
	    NULL);
	trace_prose(prose, sizeof(prose), e->core, a);
	history_add(e->history, now, a, prose);
	dispatch_order(e, now, a);
	tell_watchers(e, a, lines[a->kind].id, prose);
}
