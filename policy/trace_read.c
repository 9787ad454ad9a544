#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_reader.h"

int
reader_bad(struct reader *r, const char *sentence, const char *word)
{
	char text[100];

	return err_set(
	    r->err, -EINVAL, "%s: %s", text_escape(text, sizeof(text), word), sentence);
}

char *
reader_next(struct reader *r)
{
	char *word = strtok_r(r->rest, " \t\n", &r->saved);

	r->rest = NULL;
	return word;
}

char *
reader_split(char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	return value;
}

bool
reader_count(uint64_t *out, const char *text, uint64_t max)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *out <= max;
}

bool
reader_u32(uint32_t *out, const char *text)
{
	uint64_t n;

	if (!reader_count(&n, text, UINT32_MAX))
		return false;
	*out = (uint32_t)n;
	return true;
}

bool
reader_id(struct reader *r, id64_t *out, const char *word)
{
	char name[DISK_SIZE];
	char *end;

	*out = (id64_t){ 0 };
	if (strcmp(word, "-") == 0)
		return true;
	if (word[0] == '#' && strlen(word) == 17) {
		out->v = strtoull(word + 1, &end, 16);
		return *end == '\0';
	}
	if (!text_unescape(name, sizeof(name), word))
		return false;
	*out = text_id(name);
	trace_name(r->t, *out, name);
	return true;
}

int
reader_ids(struct reader *r, id64_t *ids, int max, char *list)
{
	char *saved;
	int n = 0;

	for (char *w = strtok_r(list, ",", &saved); w; w = strtok_r(NULL, ",", &saved)) {
		if (n == max || !reader_id(r, &ids[n], w))
			return -1;
		n++;
	}
	return n;
}

static int
read_host(struct reader *r)
{
	char name[NAME_SIZE];
	const char *word = reader_next(r);

	if (!word || !text_unescape(name, sizeof(name), word))
		return reader_bad(r, "a host is missing", word ? word : "");
	r->e->host = core_find_host(r->core, name);
	return r->e->host.i < 0 ? reader_bad(r, "no such host", word) : 0;
}

static bool
read_rule(const struct rule_field *rule, int64_t *out, const char *value)
{
	uint64_t n;

	switch (rule->type) {
	case RULE_DURATION:
		return text_parse_duration(out, value);
	case RULE_TEMP:
		return text_parse_quantity(out, SENSOR_TEMP, value);
	case RULE_PERCENT:
		return text_parse_percent(out, value);
	case RULE_MEMORY:
		if (!text_parse_memory(&n, value))
			return false;
		break;
	default:
		if (!reader_count(&n, value, INT32_MAX))
			return false;
	}
	*out = (int64_t)n;
	return true;
}

static int
read_rules(struct reader *r)
{
	char *word, *value;

	r->e->rules = rules_default();
	while ((word = reader_next(r))) {
		int64_t n;
		size_t i = 0;
		value = reader_split(word);
		while (i < trace_n_rules && strcmp(trace_rules[i].name, word) != 0)
			i++;
		if (i == trace_n_rules)
			return reader_bad(r, "no such rule", word);
		if (!value || !read_rule(&trace_rules[i], &n, value))
			return reader_bad(r, "not a value of this rule", word);
		memcpy((char *)&r->e->rules + trace_rules[i].offset, &n, sizeof(n));
	}
	return 0;
}

static int
read_sensor_word(struct reader *r, struct sensor_facts *s, char *word)
{
	char *value = reader_split(word);

	if (!value && strcmp(word, "ignored") == 0) {
		s->ignored = true;
		return 0;
	}
	if (!value && strcmp(word, "lost-fails") == 0) {
		s->lost_fails = true;
		return 0;
	}
	for (int l = 0; value && l < LIMITS; l++) {
		int64_t *at = strcmp(word, trace_limits[l]) == 0   ? &s->limit[l]
			      : strcmp(word, trace_clears[l]) == 0 ? &s->clear[l]
								   : NULL;
		if (at)
			return text_parse_quantity(at, s->kind, value)
				   ? 0
				   : reader_bad(
					 r, "not a value with this sensor's unit", value);
	}
	return reader_bad(r, "a limit, 'ignored' or 'lost-fails' belongs here", word);
}

static int
read_catalogue(struct reader *r)
{
	struct sensor_facts *s = NULL;
	char *word;
	int n = 0, ret;

	while ((word = reader_next(r))) {
		if (strcmp(word, ";") == 0) {
			s = NULL;
			continue;
		}
		if (s) {
			ret = read_sensor_word(r, s, word);
			if (ret < 0)
				return ret;
			continue;
		}
		if (n == MAX_SENSORS)
			return reader_bad(r, "too many sensors", word);
		s = &r->e->catalogue.sensor[n++];
		memset(s, 0, sizeof(*s));
		for (int l = 0; l < LIMITS; l++)
			s->limit[l] = s->clear[l] = NO_LIMIT;
		if (!text_unescape(s->name, sizeof(s->name), word))
			return reader_bad(r, "not a sensor's name", word);
		word = reader_next(r);
		if (!word || !sensor_kind_parse(&s->kind, word))
			return reader_bad(
			    r, "a kind of sensor belongs here", word ? word : s->name);
	}
	r->e->catalogue.n = (uint16_t)n;
	return 0;
}

/* "76.2C!alarm" */
static bool
read_reading(struct reading *out, enum sensor_kind kind, char *value)
{
	char *saved, *mark;
	int64_t n = 0;
	enum quality q = QUALITY_GOOD;

	out->flags = 0;
	mark = strtok_r(value, "!", &saved);
	if (mark && quality_parse(&q, mark)) {
		mark = NULL;
	} else if (!mark || !text_parse_quantity(&n, kind, mark)) {
		return false;
	}
	while ((mark = strtok_r(NULL, "!", &saved))) {
		if (strcmp(mark, "alarm") == 0)
			out->flags |= FLAG_ALARM;
		else if (strcmp(mark, "crit-alarm") == 0)
			out->flags |= FLAG_CRIT_ALARM;
		else if (strcmp(mark, "fault") == 0)
			out->flags |= FLAG_FAULT;
		else if (!quality_parse(&q, mark))
			return false;
	}
	out->value = n;
	out->quality = (uint8_t)q;
	return true;
}

static int
find_sensor(const struct reader *r, const char *name, struct sensor_view *view)
{
	for (int i = 0; core_sensor(r->core, r->e->host, i, view); i++)
		if (strcmp(view->facts->name, name) == 0)
			return i;
	return -1;
}

/* Sensors that the line does not name read as they did before. */
static int
complete_readings(struct reader *r, int first, int n)
{
	struct sensor_view s;

	r->e->readings.first = (uint16_t)first;
	r->e->readings.n = (uint16_t)n;
	for (int i = 0; i < n; i++) {
		if (!core_sensor(r->core, r->e->host, first + i, &s))
			return reader_bad(
			    r, "the host has not so many sensors", "readings");
		r->e->readings.reading[i] = s.reading;
		if (!s.ever_read)
			r->e->readings.reading[i] =
			    (struct reading){ .quality = QUALITY_GONE };
	}
	return 0;
}

static int
read_readings(struct reader *r)
{
	char name[SENSOR_SIZE];
	struct host_view h;
	struct sensor_view s;
	unsigned int first, n;
	char *word = reader_next(r);
	int ret;

	core_host(r->core, r->e->host, &h);
	if (word && word[0] == '@') {
		/* Bounded widths. NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(word, "@%5u+%5u", &first, &n) != 2 || first + n > MAX_SENSORS)
			return reader_bad(r, "not a range of sensors", word);
		ret = complete_readings(r, (int)first, (int)n);
		word = reader_next(r);
	} else {
		ret = complete_readings(r, 0, h.n_sensors);
	}
	for (; ret == 0 && word; word = reader_next(r)) {
		char *value = reader_split(word);
		int i = -1;
		if (value && text_unescape(name, sizeof(name), word))
			i = find_sensor(r, name, &s) - r->e->readings.first;
		if (i < 0 || i >= r->e->readings.n)
			return reader_bad(r, "no such sensor on this host", word);
		if (!read_reading(&r->e->readings.reading[i], s.facts->kind, value))
			return reader_bad(
			    r, "not a reading with this sensor's unit", word);
	}
	return ret;
}

bool
reader_probe_state(enum probe_state *out, const char *word)
{
	for (int s = PROBE_OK; s <= PROBE_HUNG; s++)
		if (strcmp(word, probe_state_name((enum probe_state)s)) == 0) {
			*out = (enum probe_state)s;
			return true;
		}
	return false;
}

static int
read_probes(struct reader *r)
{
	struct host_view h;
	enum probe_state state;
	char *word;

	core_host(r->core, r->e->host, &h);
	memcpy(r->e->probes, h.probes, sizeof(r->e->probes));
	while ((word = reader_next(r))) {
		const char *value = reader_split(word);
		int p = 0;
		while (p < PROBES && strcmp(word, probe_name((enum probe_id)p)) != 0)
			p++;
		if (p == PROBES || !value || !reader_probe_state(&state, value))
			return reader_bad(r, "probe=state belongs here", word);
		r->e->probes[p] = (uint8_t)state;
	}
	return 0;
}

static int
read_outcome(struct reader *r)
{
	char *word = reader_next(r);
	char *value, *dot = word ? strchr(word, '.') : NULL;

	if (dot)
		*dot = '\0';
	if (!dot || !reader_count(&r->e->outcome.order.term, word, UINT64_MAX) ||
	    !reader_u32(&r->e->outcome.order.number, dot + 1))
		return reader_bad(
		    r, "an order's id belongs here", word ? word : "outcome");
	word = reader_next(r);
	if (!word || !outcome_parse(&r->e->outcome.outcome, word))
		return reader_bad(r, "an outcome belongs here", word ? word : "outcome");
	r->e->outcome.why = WHY_NONE;
	word = reader_next(r);
	if (!word)
		return 0;
	value = reader_split(word);
	if (!value || strcmp(word, "why") != 0 || why_find(value) == WHYS)
		return reader_bad(r, "why= with a known reason belongs here", word);
	r->e->outcome.why = why_find(value);
	return 0;
}

static int
read_one_word(struct reader *r)
{
	char *word = reader_next(r);
	uint64_t term;

	if (!word)
		return reader_bad(r, "the line ends too soon", trace_events[r->e->kind]);
	if (r->e->kind == EVENT_HOST)
		return text_unescape(r->e->host_name, sizeof(r->e->host_name), word)
			   ? 0
			   : reader_bad(r, "not a host's name", word);
	if (r->e->kind == EVENT_MODE)
		return mode_parse(&r->e->mode, word)
			   ? 0
			   : reader_bad(r, "no such mode", word);
	if (strncmp(word, "term=", 5) != 0 || !reader_count(&term, word + 5, UINT64_MAX))
		return reader_bad(r, "term= belongs here", word);
	r->e->term = term;
	return 0;
}

static int
read_event(struct reader *r)
{
	int ret;

	switch (r->e->kind) {
	case EVENT_TICK:
		return 0;
	case EVENT_RULES:
		return read_rules(r);
	case EVENT_HOST:
	case EVENT_RESTART:
	case EVENT_MODE:
		return read_one_word(r);
	default:
		break;
	}
	ret = read_host(r);
	if (ret < 0)
		return ret;
	switch (r->e->kind) {
	case EVENT_CATALOGUE:
		return read_catalogue(r);
	case EVENT_READINGS:
		return read_readings(r);
	case EVENT_PROBES:
		return read_probes(r);
	case EVENT_XEN:
		return reader_xen(r);
	case EVENT_STORAGE:
		return reader_storage(r);
	case EVENT_OUTCOME:
		return read_outcome(r);
	default:
		return 0;
	}
}

/* "@12.5s" */
static int
read_time(struct reader *r, mono_t origin, const char *word)
{
	char text[40];
	int64_t ms;
	size_t len = strlen(word);

	if (len < 3 || len > sizeof(text) || word[len - 1] != 's' || word[1] == '-')
		return reader_bad(r, "not a time such as @12.5s", word);
	memcpy(text, word + 1, len - 2);
	text[len - 2] = '\0';
	if (!text_parse_milli(&ms, text) || ms > INT64_MAX / 4)
		return reader_bad(r, "not a time such as @12.5s", word);
	r->e->now = mono_add(origin, ms);
	return 0;
}

static int
read_kind(struct reader *r)
{
	const char *word = reader_next(r);

	r->e->host = HOST_NONE;
	r->e->kind = EVENT_TICK;
	while (word && r->e->kind < EVENT_KINDS &&
	       strcmp(word, trace_events[r->e->kind]) != 0)
		r->e->kind++;
	if (!word || r->e->kind == EVENT_KINDS)
		return reader_bad(r, "no such event", word ? word : "");
	return 0;
}

/* Six arguments are the contract. NOLINTBEGIN(readability-function-size) */
int
trace_parse(struct trace *t, struct event *event, const struct core *core, mono_t origin,
    const char *line, struct err *err)
{
	struct reader r = { .t = t, .core = core, .e = event, .err = err };
	char *copy, *word;
	int ret;

	if (line[0] != '@')
		return line[0] == '\0' || strchr("#\n \t", line[0])
			   ? 1
			   : reader_bad(
				 &r, "a line begins with @time, # or a blank", line);
	copy = strdup(line);
	if (!copy)
		return -ENOMEM;
	r.rest = copy;
	ret = read_time(&r, origin, reader_next(&r));
	if (ret == 0)
		ret = read_kind(&r);
	if (ret == 0)
		ret = read_event(&r);
	if (ret == 0 && (word = reader_next(&r)))
		ret = reader_bad(&r, "one word too many", word);
	free(copy);
	return ret;
}
/* NOLINTEND(readability-function-size) */
