#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "monitor/catalogue.h"
#include "monitor/probe.h"
#include "monitor/probe_sensors.h"
#include "monitor/sensors_chip.h"

/* Beyond these a number is not a measurement. */
static const double value_limit = 1e9;

enum { MAX_CHIPS = 128 };

struct sensors {
	struct sensor sensor[MAX_SENSORS], found[MAX_SENSORS];
	int n, left_out;
	bool urgent[MAX_SENSORS]; /* alarmed or over a limit at the last sweep */
	mono_t limits_at, looked_at;
	bool ready; /* libsensors is up, and each sensor's chip is its */
	bool some_gone;
	char chips[MAX_CHIPS][64];
	int n_chips;
	Lifeboat__Catalogue catalogue, *catalogues[1];
	Lifeboat__Readings readings, *readings_list[1];
	Lifeboat__Sensor wire[MAX_SENSORS], *wires[MAX_SENSORS];
	int64_t values[MAX_SENSORS];
	uint32_t states[MAX_SENSORS];
};

/* libsensors reports through these two; both say what a person should read. */
static struct err complaint;

static void
on_parse_error(const char *what, const char *file, int line)
{
	err_set(&complaint, 0, "%s:%d: %s", file ? file : "sensors3.conf", line, what);
}

static void
on_fatal_error(const char *where, const char *what)
{
	fprintf(stderr, "libsensors: %s: %s\n", where, what);
	_exit(1); /* the monitor starts this probe again */
}

static bool
is_listed_now(const struct sensors *s)
{
	static char chips[MAX_CHIPS][64];
	int n = sysfs_list(chips, MAX_CHIPS, "", "/sys/class/hwmon");

	return n == s->n_chips &&
	       memcmp(chips, s->chips, (size_t)n * sizeof(chips[0])) == 0;
}

static struct sensor *
find(struct sensors *s, const char *name)
{
	for (int i = 0; i < s->n; i++)
		if (strcmp(s->sensor[i].name, name) == 0)
			return &s->sensor[i];
	return NULL;
}

/* A sensor that was here once stays in the list, as gone, so that its loss is seen. */
static int
look_for_chips(struct sensors *s, mono_t now)
{
	int n, r;

	s->ready = false;
	sensors_cleanup();
	r = sensors_init(NULL);
	if (r != 0)
		return r;
	n = sensors_chip_list(s->found, MAX_SENSORS);
	s->left_out = n > MAX_SENSORS ? n - MAX_SENSORS : 0;
	n -= s->left_out;
	for (int i = 0; i < s->n; i++)
		s->sensor[i].chip = NULL;
	for (int i = 0; i < n; i++) {
		struct sensor *known = find(s, s->found[i].name);
		if (!known && s->n == MAX_SENSORS) {
			s->left_out++;
			continue;
		}
		if (!known)
			known = &s->sensor[s->n++];
		*known = s->found[i];
	}
	s->n_chips = sysfs_list(s->chips, MAX_CHIPS, "", "/sys/class/hwmon");
	s->looked_at = now;
	s->limits_at = (mono_t){ now.ms - PROBE_SENSORS_LIMITS_MS };
	s->some_gone = false;
	s->ready = true;
	return 0;
}

static bool
is_number(double v)
{
	return isfinite(v) && fabs(v) <= value_limit;
}

static void
set_limit(Lifeboat__Sensor *w, enum sensor_use use, double v)
{
	int64_t milli = llround(v * 1000);

	switch (use) {
	case USE_LOW_CRITICAL:
		w->low_critical = milli;
		w->limits |= HAS_LOW_CRITICAL;
		break;
	case USE_LOW:
		w->low = milli;
		w->limits |= HAS_LOW;
		break;
	case USE_HIGH:
		w->high = milli;
		w->limits |= HAS_HIGH;
		break;
	case USE_HIGH_CRITICAL:
	case USE_EMERGENCY:
		if (use == USE_EMERGENCY && w->limits & HAS_HIGH_CRITICAL)
			break;
		w->high_critical = milli;
		w->limits |= HAS_HIGH_CRITICAL;
		break;
	case USE_HIGH_CLEAR:
		w->high_clear = milli;
		w->limits |= HAS_HIGH_CLEAR;
		break;
	case USE_HIGH_CRITICAL_CLEAR:
		w->high_critical_clear = milli;
		w->limits |= HAS_HIGH_CRITICAL_CLEAR;
		break;
	default:
		break;
	}
}

static void
read_limits(struct sensors *s, mono_t now)
{
	for (int i = 0; i < s->n; i++) {
		const struct sensor *sensor = &s->sensor[i];
		Lifeboat__Sensor *w = &s->wire[i];
		double v;

		if (!sensor->chip)
			continue; /* gone: what was known of it stands */
		lifeboat__sensor__init(w);
		s->wires[i] = w;
		w->name = (char *)(uintptr_t)sensor->name;
		w->label = (char *)(uintptr_t)sensor->label;
		w->kind = sensor->kind;
		for (int k = 0; k < sensor->n_sources; k++)
			if (sensor->source[k].use >= USE_LOW_CRITICAL &&
			    sensors_chip_read(sensor, &sensor->source[k], &v) == 0 &&
			    is_number(v))
				set_limit(w, sensor->source[k].use, v);
	}
	s->limits_at = now;
	s->catalogue.n_sensors = (size_t)s->n;
	s->catalogue.generation = s->readings.generation =
	    catalogue_generation(&s->catalogue);
}

static enum quality
quality_of(int error)
{
	return error == -SENSORS_ERR_KERNEL ? QUALITY_GONE : QUALITY_BAD;
}

static enum quality
read_value(const struct sensor *sensor, const struct sensor_source *source, int64_t *out)
{
	double v = NAN;
	int r = sensors_chip_read(sensor, source, &v);

	*out = 0;
	if (r < 0)
		return quality_of(r);
	if (!is_number(v))
		return QUALITY_IMPLAUSIBLE;
	*out = llround(v * 1000);
	return QUALITY_GOOD;
}

static void
read_sensor(struct sensors *s, int i)
{
	static const uint32_t flags[USES] = { [USE_FAULT] = FLAG_FAULT,
		[USE_ALARM] = FLAG_ALARM,
		[USE_CRIT_ALARM] = FLAG_CRIT_ALARM };
	const struct sensor *sensor = &s->sensor[i];
	enum quality q = QUALITY_GONE;
	uint32_t flag = 0;
	double v;

	s->values[i] = 0;
	for (int k = 0; sensor->chip && k < sensor->n_sources; k++) {
		const struct sensor_source *source = &sensor->source[k];
		if (source->use == USE_INPUT)
			q = read_value(sensor, source, &s->values[i]);
		else if (flags[source->use] &&
			 sensors_chip_read(sensor, source, &v) == 0 && v != 0)
			flag |= flags[source->use];
	}
	if (q == QUALITY_GONE)
		s->some_gone = true;
	s->states[i] = (uint32_t)q | flag << 4;
}

static bool
sweep_values(struct sensors *s)
{
	bool urgent = false;

	for (int i = 0; i < s->n; i++) {
		bool now;
		read_sensor(s, i);
		now = (s->states[i] & 15) == QUALITY_GOOD &&
		      (s->states[i] >> 4 ||
			  catalogue_is_crossed(&s->wire[i], s->values[i]));
		urgent |= now && !s->urgent[i];
		s->urgent[i] = now;
	}
	return urgent;
}

enum probe_state
probe_sensors_sweep(
    void *state, Lifeboat__Report *report, bool *urgent, mono_t now, struct err *err)
{
	struct sensors *s = state;
	bool stale = s->some_gone || !is_listed_now(s);
	int r = 0;

	if (!s->ready ||
	    (stale && mono_since(now, s->looked_at) >= PROBE_SENSORS_AGAIN_MS))
		r = look_for_chips(s, now);
	if (r != 0) {
		err_set(err, r, "libsensors cannot start: %s", sensors_strerror(r));
		return PROBE_FAILED;
	}
	if (s->n == 0) {
		err_set(err, 0, "no sensor chips under /sys/class/hwmon");
		return PROBE_ABSENT;
	}
	if (mono_since(now, s->limits_at) >= PROBE_SENSORS_LIMITS_MS)
		read_limits(s, now);
	*urgent = sweep_values(s);
	s->readings.n_values = s->readings.n_states = (size_t)s->n;
	report->n_readings = 1;
	report->readings = s->readings_list;
	report->n_catalogues = 1;
	report->catalogues = s->catalogues;
	if (s->left_out)
		err_set(err, 0, "%d sensors more than %d are left out", s->left_out,
		    MAX_SENSORS);
	else if (complaint.text[0])
		*err = complaint;
	return PROBE_OK;
}

static enum probe_state
sweep(void *state, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	const struct sensors *s = state;
	uint32_t before = s->catalogue.generation;
	enum probe_state result =
	    probe_sensors_sweep(state, report, urgent, clock_mono(), err);

	if (!with_catalogue && before == s->catalogue.generation)
		report->n_catalogues = 0;
	return result;
}

static void *
start(const struct monitor_conf *conf, struct err *err)
{
	struct sensors *s = calloc(1, sizeof(*s));

	(void)conf;
	if (!s) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	sensors_parse_error_wfn = on_parse_error;
	sensors_fatal_error = on_fatal_error;
	lifeboat__catalogue__init(&s->catalogue);
	lifeboat__readings__init(&s->readings);
	s->catalogue.probe = s->readings.probe = PROBE_SENSORS;
	s->catalogue.sensors = s->wires;
	s->readings.values = s->values;
	s->readings.states = s->states;
	s->catalogues[0] = &s->catalogue;
	s->readings_list[0] = &s->readings;
	return s;
}

static void
stop(void *state)
{
	sensors_cleanup();
	free(state);
}

const struct probe probe_sensors = { PROBE_SENSORS, start, sweep, stop };
