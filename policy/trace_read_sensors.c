#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_reader.h"

/* With its unit, or "~" and milli-units: what its unit cannot express. */
bool
reader_quantity(int64_t *milli, enum sensor_kind kind, const char *text)
{
	char *end;

	if (*text != '~')
		return text_parse_quantity(milli, kind, text);
	errno = 0;
	*milli = strtoll(text + 1, &end, 10);
	return text[1] != '\0' && errno == 0 && *end == '\0';
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
			return reader_quantity(at, s->kind, value)
				   ? 0
				   : reader_bad(
					 r, "not a value with this sensor's unit", value);
	}
	return reader_bad(r, "a limit, 'ignored' or 'lost-fails' belongs here", word);
}

/* The sensors that the host has. */
static void
same_catalogue(struct reader *r)
{
	struct sensor_view v;
	uint16_t n = 0;

	for (; n < MAX_SENSORS && core_sensor(r->core, r->e->host, n, &v); n++)
		r->e->catalogue.sensor[n] = *v.facts;
	r->e->catalogue.n = n;
}

/* "NAME KIND" */
static int
read_sensor(struct reader *r, struct sensor_facts *s, const char *name)
{
	const char *kind = reader_next(r);

	memset(s, 0, sizeof(*s));
	for (int l = 0; l < LIMITS; l++)
		s->limit[l] = s->clear[l] = NO_LIMIT;
	if (!reader_text(s->name, sizeof(s->name), name))
		return reader_bad(r, "not a sensor's name", name);
	if (!kind || !sensor_kind_parse(&s->kind, kind))
		return reader_bad(r, "a kind of sensor belongs here", kind ? kind : name);
	return 0;
}

int
reader_catalogue(struct reader *r)
{
	struct sensor_facts *s = NULL;
	char *word = reader_next(r);
	int n = 0, ret = 0;

	if (reader_claim(&r->e->catalogue.n, word, MAX_SENSORS))
		return 0;
	if (word && strcmp(word, "same") == 0) {
		same_catalogue(r);
		return 0;
	}
	for (; word && ret == 0; word = reader_next(r)) {
		if (strcmp(word, ";") == 0) {
			s = NULL;
		} else if (s) {
			ret = read_sensor_word(r, s, word);
		} else if (n == MAX_SENSORS) {
			ret = reader_bad(r, "too many sensors", word);
		} else {
			s = &r->e->catalogue.sensor[n++];
			ret = read_sensor(r, s, word);
		}
	}
	r->e->catalogue.n = (uint16_t)n;
	return ret;
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
	} else if (!mark || !reader_quantity(&n, kind, mark)) {
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

/* Sensors that the line does not name read as they did before. */
static void
complete_readings(struct reader *r, int first, int n)
{
	r->e->readings.first = (uint16_t)first;
	r->e->readings.n = (uint16_t)n;
	for (int i = 0; i < n && i < MAX_SENSORS; i++)
		r->e->readings.reading[i] =
		    trace_last_reading(r->core, r->e->host, first + i);
}

/* The sensor that a word names: by its name, or "#3". */
static int
which_sensor(const struct reader *r, const char *word, int hint)
{
	char name[SENSOR_SIZE];
	uint64_t i;

	if (*word == '#')
		return reader_count(&i, word + 1, MAX_SENSORS - 1) ? (int)i : -1;
	if (!reader_text(name, sizeof(name), word))
		return -1;
	return trace_find_sensor(r->core, r->e->host, hint, name);
}

/* "@4+2": two readings, from the fourth sensor on. */
static bool
read_range(struct reader *r, char *word)
{
	char *plus = strchr(word, '+');
	uint64_t first, n;

	if (!plus)
		return false;
	*plus = '\0';
	if (!reader_count(&first, word + 1, UINT16_MAX) ||
	    !reader_count(&n, plus + 1, UINT16_MAX))
		return false;
	complete_readings(r, (int)first, (int)n);
	return true;
}

int
reader_readings(struct reader *r)
{
	struct host_view h = { .n_sensors = 0 };
	struct sensor_view s;
	char *word = reader_next(r);
	int first, hint;

	(void)core_host(r->core, r->e->host, &h);
	complete_readings(r, 0, h.n_sensors);
	if (word && word[0] == '@') {
		if (!read_range(r, word))
			return reader_bad(r, "not a range of sensors", word);
		word = reader_next(r);
	}
	first = hint = r->e->readings.first;
	for (; word; word = reader_next(r)) {
		char *value = reader_split(word);
		int i = value ? which_sensor(r, word, hint) : -1;
		if (i < first || i >= first + r->e->readings.n ||
		    !core_sensor(r->core, r->e->host, i, &s))
			return reader_bad(r, "no such sensor on this host", word);
		hint = i + 1;
		if (!read_reading(
			&r->e->readings.reading[i - first], s.facts->kind, value))
			return reader_bad(
			    r, "not a reading with this sensor's unit", word);
	}
	return 0;
}
