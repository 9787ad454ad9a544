#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_internal.h"

/* Words with a meaning of their own, of those that text_escape() leaves alone. */
static bool
is_taken(const char *text)
{
	static const char *const taken[] = { "?", "-", "none", "same" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (strcmp(text, taken[i]) == 0)
			return true;
	}
	return false;
}

void
trace_put_word(FILE *f, const char *text)
{
	char word[TRACE_WORD];
	const char *s = text_escape(word, sizeof(word), text);
	bool taken = is_taken(s) || *s == '@';

	if (*s == '\0')
		fputs("\"\"", f);
	for (; *s; s++) {
		if (taken || *s == '#')
			fprintf(f, "\\x%02x", (unsigned int)(unsigned char)*s);
		else
			fputc(*s, f);
		taken = false;
	}
}

void
trace_put_host(FILE *f, const struct core *core, host_t host)
{
	struct host_view v;

	fputc(' ', f);
	if (core_host(core, host, &v))
		trace_put_word(f, v.name);
	else
		fputc('?', f);
}

static void
put_quantity(FILE *f, enum sensor_kind kind, int64_t milli)
{
	char text[40];
	int64_t back;

	text_quantity(text, sizeof(text), kind, milli);
	if (text_parse_quantity(&back, kind, text) && back == milli)
		fputs(text, f);
	else
		fprintf(f, "~%" PRId64, milli);
}

static void
write_rules(FILE *f, const struct rules *rules)
{
	struct rules usual = rules_default();
	char text[40];

	for (size_t i = 0; i < trace_n_rules; i++) {
		const struct rule_field *r = &trace_rules[i];
		int64_t value, before;
		memcpy(&value, (const char *)rules + r->offset, sizeof(value));
		memcpy(&before, (const char *)&usual + r->offset, sizeof(before));
		if (value == before)
			continue;
		fprintf(f, " %s=", r->name);
		if (r->type == RULE_DURATION)
			fputs(text_duration(text, sizeof(text), value), f);
		else if (r->type == RULE_TEMP)
			put_quantity(f, SENSOR_TEMP, value);
		else if (r->type == RULE_MEMORY)
			fputs(text_memory(text, sizeof(text), (uint64_t)value), f);
		else
			fprintf(f, "%" PRId64 "%s", value,
			    r->type == RULE_PERCENT ? "%" : "");
	}
}

/*
 * Sensors
 */

static void
write_sensor(FILE *f, const struct sensor_facts *s)
{
	trace_put_word(f, s->name);
	fprintf(f, " %s", sensor_kind_name(s->kind));
	for (int l = 0; l < LIMITS; l++) {
		if (s->limit[l] != NO_LIMIT) {
			fprintf(f, " %s=", trace_limits[l]);
			put_quantity(f, s->kind, s->limit[l]);
		}
		if (s->clear[l] != NO_LIMIT) {
			fprintf(f, " %s=", trace_clears[l]);
			put_quantity(f, s->kind, s->clear[l]);
		}
	}
	fputs(s->ignored ? " ignored" : "", f);
	fputs(s->lost_fails ? " lost-fails" : "", f);
}

static bool
is_same_sensor(const struct sensor_facts *a, const struct sensor_facts *b)
{
	return strcmp(a->name, b->name) == 0 && a->kind == b->kind &&
	       memcmp(a->limit, b->limit, sizeof(a->limit)) == 0 &&
	       memcmp(a->clear, b->clear, sizeof(a->clear)) == 0 &&
	       a->ignored == b->ignored && a->lost_fails == b->lost_fails;
}

static bool
is_same_catalogue(const struct core *core, const struct event *e)
{
	struct host_view h;
	struct sensor_view v;

	if (!core_host(core, e->host, &h) || h.n_sensors != e->catalogue.n)
		return false;
	for (int i = 0; i < h.n_sensors; i++) {
		if (!core_sensor(core, e->host, i, &v) ||
		    !is_same_sensor(v.facts, &e->catalogue.sensor[i]))
			return false;
	}
	return h.n_sensors > 0;
}

static void
write_catalogue(FILE *f, const struct core *core, const struct event *e)
{
	if (e->catalogue.n > MAX_SENSORS) {
		fprintf(f, " claims=%u", e->catalogue.n);
		return;
	}
	if (is_same_catalogue(core, e)) {
		fputs(" same", f);
		return;
	}
	for (int i = 0; i < e->catalogue.n; i++) {
		fputs(i ? " ; " : " ", f);
		write_sensor(f, &e->catalogue.sensor[i]);
	}
}

static void
write_reading(FILE *f, enum sensor_kind kind, const struct reading *r)
{
	enum quality quality =
	    r->quality <= QUALITY_IMPLAUSIBLE ? (enum quality)r->quality : QUALITY_BAD;

	if (quality == QUALITY_GOOD || r->value != 0)
		put_quantity(f, kind, r->value);
	if (quality != QUALITY_GOOD)
		fprintf(f, "%s%s", r->value != 0 ? "!" : "", quality_name(quality));
	fputs(r->flags & FLAG_ALARM ? "!alarm" : "", f);
	fputs(r->flags & FLAG_CRIT_ALARM ? "!crit-alarm" : "", f);
	fputs(r->flags & FLAG_FAULT ? "!fault" : "", f);
}

static bool
is_same_reading(const struct reading *a, const struct reading *b)
{
	return a->value == b->value && a->quality == b->quality && a->flags == b->flags;
}

static void
write_readings(FILE *f, const struct core *core, const struct event *e)
{
	int first = e->readings.first, n = e->readings.n, hint = first;
	struct host_view h = { .n_sensors = 0 };
	struct sensor_view s;

	(void)core_host(core, e->host, &h);
	if (first != 0 || n != h.n_sensors)
		fprintf(f, " @%d+%d", first, n);
	/* What the core refuses whole is not told. */
	if (n > MAX_SENSORS || first + n > h.n_sensors)
		return;
	for (int i = first; i < first + n; i++) {
		const struct reading *r = &e->readings.reading[i - first];
		struct reading last = trace_last_reading(core, e->host, i);
		if (is_same_reading(&last, r) || !core_sensor(core, e->host, i, &s))
			continue;
		fputc(' ', f);
		if (trace_find_sensor(core, e->host, hint, s.facts->name) == i)
			trace_put_word(f, s.facts->name);
		else
			fprintf(f, "#%d", i);
		fputc('=', f);
		write_reading(f, s.facts->kind, r);
		hint = i + 1;
	}
}

static void
write_probes(FILE *f, const struct core *core, const struct event *e)
{
	struct host_view h;

	memset(h.probes, 0, sizeof(h.probes));
	(void)core_host(core, e->host, &h);
	for (int p = 0; p < PROBES; p++) {
		uint8_t state =
		    e->probes[p] <= PROBE_HUNG ? e->probes[p] : (uint8_t)PROBE_FAILED;
		if (state != h.probes[p])
			fprintf(f, " %s=%s", probe_name((enum probe_id)p),
			    probe_state_name((enum probe_state)state));
	}
}

static bool
names_a_host(enum event_kind kind)
{
	return kind == EVENT_CATALOGUE || kind == EVENT_READINGS ||
	       kind == EVENT_PROBES || kind == EVENT_XEN || kind == EVENT_STORAGE ||
	       kind == EVENT_CORDON || kind == EVENT_UNCORDON || kind == EVENT_DRAIN ||
	       kind == EVENT_UNDRAIN || kind == EVENT_OUTCOME || kind == EVENT_ACTUATOR ||
	       kind == EVENT_ORDER || kind == EVENT_SETTLE;
}

void
trace_event(
    const struct trace *t, FILE *f, const struct core *core, const struct event *e)
{
	char at[40];

	if ((unsigned int)e->kind >= EVENT_KINDS)
		return;
	text_milli(at, sizeof(at), e->now.ms);
	fprintf(f, "@%ss %s", at, trace_events[e->kind]);
	if (names_a_host(e->kind))
		trace_put_host(f, core, e->host);
	switch (e->kind) {
	case EVENT_RULES:
		write_rules(f, &e->rules);
		break;
	case EVENT_HOST:
		fputc(' ', f);
		trace_put_word(f, e->host_name);
		break;
	case EVENT_RESTART:
		fprintf(f, " term=%" PRIu64, e->term);
		break;
	case EVENT_MODE:
		fprintf(f, " %s", mode_name(e->mode));
		break;
	case EVENT_CATALOGUE:
		write_catalogue(f, core, e);
		break;
	case EVENT_READINGS:
		write_readings(f, core, e);
		break;
	case EVENT_PROBES:
		write_probes(f, core, e);
		break;
	case EVENT_XEN:
		trace_put_xen(f, t, core, e);
		break;
	case EVENT_STORAGE:
		trace_put_storage(f, t, core, e);
		break;
	case EVENT_OUTCOME:
	case EVENT_ACTUATOR:
	case EVENT_ORDER:
	case EVENT_CANCEL:
	case EVENT_APPROVE:
	case EVENT_SETTLE:
		trace_put_order(f, core, e);
		break;
	default:
		break;
	}
	fputc('\n', f);
}
