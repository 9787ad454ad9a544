#include <errno.h>
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
reader_text(char *buf, size_t size, const char *word)
{
	if (strcmp(word, "\"\"") == 0)
		word = "";
	else if (*word == '\0')
		return false;
	return text_unescape(buf, size, word);
}

bool
reader_claim(uint16_t *n, const char *word, int max)
{
	uint64_t v;

	if (!word || strncmp(word, "claims=", 7) != 0 ||
	    !reader_count(&v, word + 7, UINT16_MAX) || v <= (uint64_t)max)
		return false;
	*n = (uint16_t)v;
	return true;
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

	*out = (id64_t){ 0 };
	if (strcmp(word, "-") == 0)
		return true;
	if (word[0] == '#') {
		out->v = strtoull(word + 1, NULL, 16);
		return strlen(word) == 17 && strspn(word + 1, "0123456789abcdef") == 16;
	}
	if (!reader_text(name, sizeof(name), word))
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

	if (strcmp(list, "none") == 0)
		return 0;
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

	if (word && strcmp(word, "?") == 0)
		return 0;
	if (!word || !reader_text(name, sizeof(name), word))
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
		return reader_quantity(out, SENSOR_TEMP, value);
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

	memset(r->e->probes, 0, sizeof(r->e->probes));
	if (core_host(r->core, r->e->host, &h))
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
read_one_word(struct reader *r)
{
	char *word = reader_next(r);
	uint64_t term;

	if (!word)
		return reader_bad(r, "the line ends too soon", trace_events[r->e->kind]);
	if (r->e->kind == EVENT_HOST)
		return reader_text(r->e->host_name, sizeof(r->e->host_name), word)
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
	case EVENT_CANCEL:
	case EVENT_APPROVE:
		return reader_order(r);
	default:
		break;
	}
	ret = read_host(r);
	if (ret < 0)
		return ret;
	switch (r->e->kind) {
	case EVENT_CATALOGUE:
		return reader_catalogue(r);
	case EVENT_READINGS:
		return reader_readings(r);
	case EVENT_PROBES:
		return read_probes(r);
	case EVENT_XEN:
		return reader_xen(r);
	case EVENT_STORAGE:
		return reader_storage(r);
	case EVENT_OUTCOME:
	case EVENT_ACTUATOR:
	case EVENT_ORDER:
	case EVENT_SETTLE:
		return reader_order(r);
	default:
		return 0;
	}
}

/* "@12.5s" */
static int
read_time(struct reader *r, const char *word)
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
	r->e->now = (mono_t){ ms };
	return 0;
}

int
trace_parse(struct trace *t, struct event *event, const struct core *core,
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
	word = reader_next(&r);
	ret = read_time(&r, word);
	if (ret == 0) {
		word = reader_next(&r);
		event->kind = EVENT_TICK;
		while (word && event->kind < EVENT_KINDS &&
		       strcmp(word, trace_events[event->kind]) != 0)
			event->kind++;
		event->host = HOST_NONE;
		if (!word || event->kind == EVENT_KINDS)
			ret = reader_bad(&r, "no such event", word ? word : line);
	}
	if (ret == 0)
		ret = read_event(&r);
	if (ret == 0 && (word = reader_next(&r)))
		ret = reader_bad(&r, "one word too many", word);
	free(copy);
	return ret;
}
