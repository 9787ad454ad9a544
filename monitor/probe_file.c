/*
 * A text file of readings, for whatever a site's own script can measure: one reading a
 * line, "name kind value [high=..] [low=..] [alarm] ...".  It is taken whole or not at
 * all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "monitor/catalogue.h"
#include "monitor/conf.h"
#include "monitor/probe.h"

enum { FILE_MAX = 128 * 1024, STALE_MS = 60000, NAME_MAX_LEN = SENSOR_SIZE - 6 };

struct entry {
	char name[SENSOR_SIZE];
	Lifeboat__Sensor sensor;
	int64_t value;
	uint32_t flags;
};

struct file_probe {
	const char *path;
	char text[FILE_MAX + 1];
	struct entry entry[MAX_SENSORS];
	size_t n;

	Lifeboat__Sensor *sensors[MAX_SENSORS];
	Lifeboat__Catalogue catalogue, *catalogues[1];
	Lifeboat__Readings readings, *all_readings[1];
	int64_t values[MAX_SENSORS];
	uint32_t states[MAX_SENSORS];
};

/* A number that also fits the wire. */
static bool
parse_number(int64_t *out, enum sensor_kind kind, const char *text)
{
	static const int64_t most = 1000000000000000;

	return text_parse_quantity(out, kind, text) && *out >= -most && *out <= most;
}

static int
parse_limit(Lifeboat__Sensor *s, char *word, struct err *err)
{
	static const char *const names[] = { "low-critical", "low", "high",
		"high-critical" };
	static const uint32_t bits[] = { HAS_LOW_CRITICAL, HAS_LOW, HAS_HIGH,
		HAS_HIGH_CRITICAL };
	int64_t *const limits[] = { &s->low_critical, &s->low, &s->high,
		&s->high_critical };
	const enum sensor_kind kind = (enum sensor_kind)s->kind;
	char *value = strchr(word, '=');
	int i;

	if (!value)
		return err_set(err, -EINVAL, "unknown word '%.32s'", word);
	*value++ = '\0';
	i = word_index(word, names, 4);
	if (i < 0)
		return err_set(err, -EINVAL, "unknown limit '%.32s'", word);
	if (s->limits & bits[i])
		return err_set(err, -EINVAL, "%s is given twice", word);
	if (!parse_number(limits[i], kind, value))
		return err_set(err, -EINVAL,
		    "%s: '%.32s' is not a number with the unit '%s'", word, value,
		    sensor_kind_unit(kind));
	s->limits |= bits[i];
	return 0;
}

static int
parse_option(struct entry *e, char *word, struct err *err)
{
	static const char *const names[] = { "alarm", "crit-alarm", "fault" };
	static const uint32_t bits[] = { FLAG_ALARM, FLAG_CRIT_ALARM, FLAG_FAULT };
	int i = word_index(word, names, 3);

	if (i < 0)
		return parse_limit(&e->sensor, word, err);
	e->flags |= bits[i];
	return 0;
}

static int
parse_name(struct entry *e, const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len > NAME_MAX_LEN || !text_is_utf8(name, len))
		return err_set(err, -EINVAL, "the name is too long or not UTF-8");
	snprintf(e->name, sizeof(e->name), "file/%s", name);
	return 0;
}

/* 1: an entry; 0: an empty line; -EINVAL with a sentence. */
static int
parse_line(struct entry *e, char *line, struct err *err)
{
	static const char blanks[] = " \t\r";
	char *save, *word, *kind_word, *value;
	enum sensor_kind kind;
	int r;

	memset(e, 0, sizeof(*e));
	lifeboat__sensor__init(&e->sensor);
	word = strtok_r(line, blanks, &save);
	if (!word || word[0] == '#')
		return 0;
	r = parse_name(e, word, err);
	if (r < 0)
		return r;
	kind_word = strtok_r(NULL, blanks, &save);
	value = strtok_r(NULL, blanks, &save);
	if (!kind_word || !value)
		return err_set(err, -EINVAL, "name, kind and value are needed");
	if (!sensor_kind_parse(&kind, kind_word))
		return err_set(err, -EINVAL, "unknown kind '%.32s'", kind_word);
	if (!parse_number(&e->value, kind, value))
		return err_set(err, -EINVAL, "'%.32s' is not a number with the unit '%s'",
		    value, sensor_kind_unit(kind));
	e->sensor.kind = kind;
	while ((word = strtok_r(NULL, blanks, &save))) {
		r = parse_option(e, word, err);
		if (r < 0)
			return r;
	}
	return 1;
}

static int
add_line(struct file_probe *p, char *line, struct err *err)
{
	struct entry e;
	int r = parse_line(&e, line, err);

	if (r <= 0)
		return r;
	if (p->n == MAX_SENSORS)
		return err_set(err, -EINVAL, "more than %d readings", MAX_SENSORS);
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->entry[i].name, e.name) == 0)
			return err_set(err, -EINVAL, "a second reading of this name");
	}
	p->entry[p->n++] = e;
	return 0;
}

static int
parse_text(struct file_probe *p, struct err *err)
{
	char *next = p->text, *line;
	struct err why;

	p->n = 0;
	for (int number = 1; (line = strsep(&next, "\n")); number++) {
		if (add_line(p, line, &why) < 0)
			return err_set(
			    err, -EINVAL, "%.120s:%d: %.110s", p->path, number, why.text);
	}
	return 0;
}

/* The whole file into p->text, and when it was written. */
static int
read_text(struct file_probe *p, int64_t *written_ms, struct err *err)
{
	char why[64];
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;
	int r = 0;
	int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		err_set(err, r, "cannot open %.150s: %s", p->path,
		    err_text(why, sizeof(why), r));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		r = err_set(
		    err, -EINVAL, "%.150s: not a file of at most 128 KiB", p->path);
		goto out;
	}
	*written_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	while (n > 0 && len < FILE_MAX) {
		n = read(fd, p->text + len, FILE_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	p->text[len] = '\0';
	if (n < 0) {
		r = -errno;
		err_set(err, r, "cannot read %.150s: %s", p->path,
		    err_text(why, sizeof(why), r));
	} else if (strlen(p->text) != len) {
		r = err_set(err, -EINVAL, "%.150s: a NUL byte in it", p->path);
	}
out:
	if (fd >= 0)
		close(fd);
	return r;
}

static void
fill_catalogue(struct file_probe *p)
{
	for (size_t i = 0; i < p->n; i++) {
		p->entry[i].sensor.name = p->entry[i].name;
		p->sensors[i] = &p->entry[i].sensor;
	}
	p->catalogue.n_sensors = p->n;
	p->catalogue.generation = catalogue_generation(&p->catalogue);
}

/* True when one of them is urgent. */
static bool
fill_readings(struct file_probe *p, bool stale)
{
	const uint32_t quality = stale ? QUALITY_GONE : QUALITY_GOOD;
	bool urgent = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct entry *e = &p->entry[i];

		p->values[i] = e->value;
		p->states[i] = quality | e->flags << 4;
		urgent |= e->flags != 0 || catalogue_is_crossed(&e->sensor, e->value);
	}
	p->readings.generation = p->catalogue.generation;
	p->readings.n_values = p->readings.n_states = p->n;
	return urgent && !stale;
}

static void *
file_start(const struct monitor_conf *conf, struct err *err)
{
	struct file_probe *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(err, -ENOMEM, "not enough memory");
		return NULL;
	}
	p->path = conf->readings_file;
	lifeboat__catalogue__init(&p->catalogue);
	lifeboat__readings__init(&p->readings);
	p->catalogue.probe = p->readings.probe = PROBE_FILE;
	p->catalogue.sensors = p->sensors;
	p->readings.values = p->values;
	p->readings.states = p->states;
	p->catalogues[0] = &p->catalogue;
	p->all_readings[0] = &p->readings;
	return p;
}

static void
file_stop(void *state)
{
	free(state);
}

static enum probe_state
file_sweep(void *state, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	struct file_probe *p = state;
	const uint32_t before = p->catalogue.generation;
	int64_t written_ms = 0;

	if (!p->path[0]) {
		err_set(err, 0, "no readings-file is configured");
		return PROBE_ABSENT;
	}
	if (read_text(p, &written_ms, err) < 0 || parse_text(p, err) < 0)
		return PROBE_FAILED;
	fill_catalogue(p);
	*urgent = fill_readings(p, clock_wall_ms() - written_ms > STALE_MS);
	report->n_readings = 1;
	report->readings = p->all_readings;
	if (with_catalogue || before != p->catalogue.generation) {
		report->n_catalogues = 1;
		report->catalogues = p->catalogues;
	}
	return PROBE_OK;
}

const struct probe probe_file = {
	.id = PROBE_FILE,
	.start = file_start,
	.sweep = file_sweep,
	.stop = file_stop,
};
