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
#include "monitor/conf.h"
#include "monitor/probe.h"

enum { FILE_MAX = 128 * 1024, STALE_MS = 60000, NAME_MAX_LEN = SENSOR_SIZE - 6 };

/* A line's words of the form name=value, in the order of limit_names. */
struct limits {
	bool has[4];
	int64_t value[4];
};
enum { LOW_CRITICAL, LOW, HIGH, HIGH_CRITICAL };

struct entry {
	char name[SENSOR_SIZE];
	enum sensor_kind kind;
	int64_t value;
	uint32_t flags;
	struct limits limits;
};

struct file_probe {
	const char *path;
	char *text; /* FILE_MAX + 1 bytes */
	struct entry entry[MAX_SENSORS];
	size_t n;
	uint32_t told; /* generation of the catalogue that was sent last */

	Lifeboat__Sensor sensor[MAX_SENSORS], *sensors[MAX_SENSORS];
	Lifeboat__Catalogue catalogue, *catalogues[1];
	Lifeboat__Readings readings, *all_readings[1];
	int64_t values[MAX_SENSORS];
	uint32_t states[MAX_SENSORS];
};

static const char *const limit_names[] = { "low-critical", "low", "high",
	"high-critical" };
static const uint32_t limit_bits[] = { HAS_LOW_CRITICAL, HAS_LOW, HAS_HIGH,
	HAS_HIGH_CRITICAL };
static const char *const flag_names[] = { "alarm", "crit-alarm", "fault" };
static const uint32_t flags[] = { FLAG_ALARM, FLAG_CRIT_ALARM, FLAG_FAULT };

/* A number that also fits the wire. */
static bool
parse_number(int64_t *out, enum sensor_kind kind, const char *text)
{
	static const int64_t most = 1000000000000000;

	return text_parse_quantity(out, kind, text) && *out >= -most && *out <= most;
}

static int
parse_limit(struct entry *e, char *word, struct err *err)
{
	char *value = strchr(word, '=');
	int i;

	if (!value)
		return err_set(err, -EINVAL, "unknown word '%.32s'", word);
	*value++ = '\0';
	i = word_index(word, limit_names, 4);
	if (i < 0)
		return err_set(err, -EINVAL, "unknown limit '%.32s'", word);
	if (e->limits.has[i])
		return err_set(err, -EINVAL, "%s is given twice", word);
	if (!parse_number(&e->limits.value[i], e->kind, value))
		return err_set(err, -EINVAL,
		    "%s: '%.32s' is not a number with the unit '%s'", word, value,
		    sensor_kind_unit(e->kind));
	e->limits.has[i] = true;
	return 0;
}

static int
parse_option(struct entry *e, char *word, struct err *err)
{
	int flag = word_index(word, flag_names, 3);

	if (flag < 0)
		return parse_limit(e, word, err);
	e->flags |= flags[flag];
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
	char *save, *word, *kind, *value;
	int r;

	memset(e, 0, sizeof(*e));
	word = strtok_r(line, blanks, &save);
	if (!word || word[0] == '#')
		return 0;
	r = parse_name(e, word, err);
	if (r < 0)
		return r;
	kind = strtok_r(NULL, blanks, &save);
	value = strtok_r(NULL, blanks, &save);
	if (!kind || !value)
		return err_set(err, -EINVAL, "name, kind and value are needed");
	if (!sensor_kind_parse(&e->kind, kind))
		return err_set(err, -EINVAL, "unknown kind '%.32s'", kind);
	if (!parse_number(&e->value, e->kind, value))
		return err_set(err, -EINVAL, "'%.32s' is not a number with the unit '%s'",
		    value, sensor_kind_unit(e->kind));
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

/* FNV-1a over what the catalogue says: the same content has the same generation, also
 * after a restart. */
static uint32_t
hash(uint32_t h, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 16777619U;
	return h;
}

static uint32_t
generation(const struct file_probe *p)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < p->n; i++) {
		const struct entry *e = &p->entry[i];

		h = hash(h, e->name, strlen(e->name) + 1);
		h = hash(h, &e->kind, sizeof(e->kind));
		h = hash(h, e->limits.has, sizeof(e->limits.has));
		h = hash(h, e->limits.value, sizeof(e->limits.value));
	}
	return h != 0 ? h : 1;
}

static bool
is_urgent(const struct entry *e)
{
	const struct limits *l = &e->limits;

	return e->flags != 0 ||
	       (l->has[LOW_CRITICAL] && e->value <= l->value[LOW_CRITICAL]) ||
	       (l->has[LOW] && e->value <= l->value[LOW]) ||
	       (l->has[HIGH] && e->value >= l->value[HIGH]) ||
	       (l->has[HIGH_CRITICAL] && e->value >= l->value[HIGH_CRITICAL]);
}

static void
put_sensor(Lifeboat__Sensor *s, struct entry *e)
{
	const struct limits *l = &e->limits;

	*s = (Lifeboat__Sensor)LIFEBOAT__SENSOR__INIT;
	s->name = e->name;
	s->kind = (uint32_t)e->kind;
	for (size_t i = 0; i < 4; i++)
		s->limits |= l->has[i] ? limit_bits[i] : 0U;
	s->low_critical = l->value[LOW_CRITICAL];
	s->low = l->value[LOW];
	s->high = l->value[HIGH];
	s->high_critical = l->value[HIGH_CRITICAL];
}

static void
put_catalogue(struct file_probe *p, Lifeboat__Report *report, uint32_t number)
{
	for (size_t i = 0; i < p->n; i++) {
		p->sensors[i] = &p->sensor[i];
		put_sensor(&p->sensor[i], &p->entry[i]);
	}
	p->catalogue = (Lifeboat__Catalogue)LIFEBOAT__CATALOGUE__INIT;
	p->catalogue.probe = PROBE_FILE;
	p->catalogue.generation = number;
	p->catalogue.n_sensors = p->n;
	p->catalogue.sensors = p->sensors;
	p->catalogues[0] = &p->catalogue;
	report->n_catalogues = 1;
	report->catalogues = p->catalogues;
	p->told = number;
}

static void
put_readings(struct file_probe *p, Lifeboat__Report *report, bool stale, bool *urgent)
{
	const uint32_t quality = stale ? QUALITY_GONE : QUALITY_GOOD;

	for (size_t i = 0; i < p->n; i++) {
		const struct entry *e = &p->entry[i];

		p->values[i] = e->value;
		p->states[i] = quality | e->flags << 4;
		*urgent = *urgent || (!stale && is_urgent(e));
	}
	p->readings = (Lifeboat__Readings)LIFEBOAT__READINGS__INIT;
	p->readings.probe = PROBE_FILE;
	p->readings.generation = p->catalogue.generation;
	p->readings.n_values = p->n;
	p->readings.values = p->values;
	p->readings.n_states = p->n;
	p->readings.states = p->states;
	p->all_readings[0] = &p->readings;
	report->n_readings = 1;
	report->readings = p->all_readings;
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
	if (p->path[0])
		p->text = malloc(FILE_MAX + 1);
	if (p->path[0] && !p->text) {
		free(p);
		err_set(err, -ENOMEM, "not enough memory");
		return NULL;
	}
	return p;
}

static void
file_stop(void *state)
{
	struct file_probe *p = state;

	free(p->text);
	free(p);
}

static enum probe_state
file_sweep(void *state, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	struct file_probe *p = state;
	int64_t written_ms = 0;
	uint32_t number;

	if (!p->path[0]) {
		err_set(err, 0, "no readings-file is configured");
		return PROBE_ABSENT;
	}
	if (read_text(p, &written_ms, err) < 0 || parse_text(p, err) < 0)
		return PROBE_FAILED;
	number = generation(p);
	if (with_catalogue || number != p->told)
		put_catalogue(p, report, number);
	put_readings(p, report, clock_wall_ms() - written_ms > STALE_MS, urgent);
	return PROBE_OK;
}

const struct probe probe_file = {
	.id = PROBE_FILE,
	.start = file_start,
	.sweep = file_sweep,
	.stop = file_stop,
};
