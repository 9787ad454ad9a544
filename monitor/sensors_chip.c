#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sysfs.h"
#include "base/text.h"
#include "monitor/sensors_chip.h"

struct attribute {
	int type; /* SENSORS_SUBFEATURE_* */
	const char *suffix;
	enum sensor_use use;
};

#define ATTRIBUTE(FEATURE, NAME, suffix, use)                                            \
	{                                                                                \
		SENSORS_SUBFEATURE_##FEATURE##_##NAME, suffix, use                       \
	}

/* clang-format off */
static const struct attribute temp[] = {
	ATTRIBUTE(TEMP, INPUT, "input", USE_INPUT),
	ATTRIBUTE(TEMP, FAULT, "fault", USE_FAULT),
	ATTRIBUTE(TEMP, ALARM, "alarm", USE_ALARM),
	ATTRIBUTE(TEMP, MIN_ALARM, "min_alarm", USE_ALARM),
	ATTRIBUTE(TEMP, MAX_ALARM, "max_alarm", USE_ALARM),
	ATTRIBUTE(TEMP, CRIT_ALARM, "crit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(TEMP, LCRIT_ALARM, "lcrit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(TEMP, EMERGENCY_ALARM, "emergency_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(TEMP, LCRIT, "lcrit", USE_LOW_CRITICAL),
	ATTRIBUTE(TEMP, MIN, "min", USE_LOW),
	ATTRIBUTE(TEMP, MAX, "max", USE_HIGH),
	ATTRIBUTE(TEMP, CRIT, "crit", USE_HIGH_CRITICAL),
	ATTRIBUTE(TEMP, EMERGENCY, "emergency", USE_EMERGENCY),
	ATTRIBUTE(TEMP, MAX_HYST, "max_hyst", USE_HIGH_CLEAR),
	ATTRIBUTE(TEMP, CRIT_HYST, "crit_hyst", USE_HIGH_CRITICAL_CLEAR),
	{ -1, NULL, USES },
};
static const struct attribute fan[] = {
	ATTRIBUTE(FAN, INPUT, "input", USE_INPUT),
	ATTRIBUTE(FAN, FAULT, "fault", USE_FAULT),
	ATTRIBUTE(FAN, ALARM, "alarm", USE_ALARM),
	ATTRIBUTE(FAN, MIN_ALARM, "min_alarm", USE_ALARM),
	ATTRIBUTE(FAN, MAX_ALARM, "max_alarm", USE_ALARM),
	ATTRIBUTE(FAN, MIN, "min", USE_LOW),
	ATTRIBUTE(FAN, MAX, "max", USE_HIGH),
	{ -1, NULL, USES },
};
static const struct attribute in[] = {
	ATTRIBUTE(IN, INPUT, "input", USE_INPUT),
	ATTRIBUTE(IN, ALARM, "alarm", USE_ALARM),
	ATTRIBUTE(IN, MIN_ALARM, "min_alarm", USE_ALARM),
	ATTRIBUTE(IN, MAX_ALARM, "max_alarm", USE_ALARM),
	ATTRIBUTE(IN, LCRIT_ALARM, "lcrit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(IN, CRIT_ALARM, "crit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(IN, LCRIT, "lcrit", USE_LOW_CRITICAL),
	ATTRIBUTE(IN, MIN, "min", USE_LOW),
	ATTRIBUTE(IN, MAX, "max", USE_HIGH),
	ATTRIBUTE(IN, CRIT, "crit", USE_HIGH_CRITICAL),
	{ -1, NULL, USES },
};
static const struct attribute curr[] = {
	ATTRIBUTE(CURR, INPUT, "input", USE_INPUT),
	ATTRIBUTE(CURR, ALARM, "alarm", USE_ALARM),
	ATTRIBUTE(CURR, MIN_ALARM, "min_alarm", USE_ALARM),
	ATTRIBUTE(CURR, MAX_ALARM, "max_alarm", USE_ALARM),
	ATTRIBUTE(CURR, LCRIT_ALARM, "lcrit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(CURR, CRIT_ALARM, "crit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(CURR, LCRIT, "lcrit", USE_LOW_CRITICAL),
	ATTRIBUTE(CURR, MIN, "min", USE_LOW),
	ATTRIBUTE(CURR, MAX, "max", USE_HIGH),
	ATTRIBUTE(CURR, CRIT, "crit", USE_HIGH_CRITICAL),
	{ -1, NULL, USES },
};
static const struct attribute power[] = {
	ATTRIBUTE(POWER, INPUT, "input", USE_INPUT),
	ATTRIBUTE(POWER, AVERAGE, "average", USE_INPUT),
	ATTRIBUTE(POWER, ALARM, "alarm", USE_ALARM),
	ATTRIBUTE(POWER, CAP_ALARM, "cap_alarm", USE_ALARM),
	ATTRIBUTE(POWER, MAX_ALARM, "max_alarm", USE_ALARM),
	ATTRIBUTE(POWER, CRIT_ALARM, "crit_alarm", USE_CRIT_ALARM),
	ATTRIBUTE(POWER, MAX, "max", USE_HIGH),
	ATTRIBUTE(POWER, CAP, "cap", USE_HIGH),
	ATTRIBUTE(POWER, CRIT, "crit", USE_HIGH_CRITICAL),
	{ -1, NULL, USES },
};
static const struct attribute energy[] = {
	ATTRIBUTE(ENERGY, INPUT, "input", USE_INPUT),
	{ -1, NULL, USES },
};
static const struct attribute humidity[] = {
	ATTRIBUTE(HUMIDITY, INPUT, "input", USE_INPUT),
	{ -1, NULL, USES },
};
/* The alarm is all there is: 0 or 1, and shown as the value. */
static const struct attribute intrusion[] = {
	ATTRIBUTE(INTRUSION, ALARM, "alarm", USE_INPUT),
	{ -1, NULL, USES },
};

static const struct feature_kind {
	sensors_feature_type type;
	enum sensor_kind kind;
	const char *prefix; /* of the files in sysfs */
	double scale;	    /* see lm-sensors' lib/sysfs.c */
	const struct attribute *attributes;
} kinds[] = {
	{ SENSORS_FEATURE_TEMP, SENSOR_TEMP, "temp", 1000, temp },
	{ SENSORS_FEATURE_FAN, SENSOR_FAN, "fan", 1, fan },
	{ SENSORS_FEATURE_IN, SENSOR_IN, "in", 1000, in },
	{ SENSORS_FEATURE_CURR, SENSOR_CURR, "curr", 1000, curr },
	{ SENSORS_FEATURE_POWER, SENSOR_POWER, "power", 1000000, power },
	{ SENSORS_FEATURE_ENERGY, SENSOR_ENERGY, "energy", 1000000, energy },
	{ SENSORS_FEATURE_HUMIDITY, SENSOR_HUMIDITY, "humidity", 1000, humidity },
	{ SENSORS_FEATURE_INTRUSION, SENSOR_INTRUSION, "intrusion", 1, intrusion },
};
/* clang-format on */

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), FILES_MAX = 512 };

/* What is being filled. */
struct list {
	struct sensor *sensors;
	int max, n;
};

static struct sensor *
add(struct list *l)
{
	static struct sensor beyond; /* counted, and forgotten */
	struct sensor *s = l->n < l->max ? &l->sensors[l->n] : &beyond;

	l->n++;
	memset(s, 0, sizeof(*s));
	return s;
}

static bool
has_use(const struct sensor *s, enum sensor_use use)
{
	for (int i = 0; i < s->n_sources; i++)
		if (s->source[i].use == use)
			return true;
	return false;
}

static struct sensor_source *
add_source(struct sensor *s, enum sensor_use use)
{
	struct sensor_source *source;
	bool one = use != USE_ALARM && use != USE_CRIT_ALARM;

	/* Power has an input or an average, a max or a cap: the first named stands. */
	if (s->n_sources == MAX_ATTRIBUTES || (one && has_use(s, use)))
		return NULL;
	source = &s->source[s->n_sources++];
	source->use = use;
	source->number = -1;
	source->file[0] = '\0';
	return source;
}

static void
set_name(struct sensor *s, const char *chip, const char *feature)
{
	char name[2 * SENSOR_SIZE];

	snprintf(name, sizeof(name), "%s/%s", chip, feature);
	snprintf(s->name, sizeof(s->name), "%.*s", (int)sizeof(s->name) - 1, name);
}

static void
list_feature(struct list *l, const sensors_chip_name *chip, const char *chip_name,
    const sensors_feature *f)
{
	const struct feature_kind *k = NULL;
	struct sensor *s;
	char *label;

	for (int i = 0; i < KINDS && !k; i++)
		k = kinds[i].type == f->type ? &kinds[i] : NULL;
	if (!k)
		return;
	s = add(l);
	set_name(s, chip_name, f->name);
	s->kind = k->kind;
	s->scale = k->scale;
	s->chip = chip;
	label = sensors_get_label(chip, f);
	if (label && text_is_utf8(label, strlen(label)))
		text_copy(s->label, sizeof(s->label), label);
	free(label);
	for (const struct attribute *a = k->attributes; a->suffix; a++) {
		const sensors_subfeature *sub =
		    sensors_get_subfeature(chip, f, (sensors_subfeature_type)a->type);
		struct sensor_source *source = sub ? add_source(s, a->use) : NULL;
		if (source)
			source->number = sub->number;
	}
	if (!has_use(s, USE_INPUT))
		l->n--;
}

/* "temp1_input" -> "temp1", its kind and the attribute. */
static const struct attribute *
parse_file(const char *file, const struct feature_kind **kind, size_t *feature_len)
{
	for (int i = 0; i < KINDS; i++) {
		size_t prefix = strlen(kinds[i].prefix);
		size_t digits;
		if (strncmp(file, kinds[i].prefix, prefix) != 0)
			continue;
		digits = strspn(file + prefix, "0123456789");
		if (digits == 0 || file[prefix + digits] != '_')
			continue;
		*kind = &kinds[i];
		*feature_len = prefix + digits;
		for (const struct attribute *a = kinds[i].attributes; a->suffix; a++)
			if (strcmp(a->suffix, file + prefix + digits + 1) == 0)
				return a;
	}
	return NULL;
}

static void
fill_from_files(struct sensor *s, const sensors_chip_name *chip, char (*files)[64], int n,
    const char *feature)
{
	const struct feature_kind *kind;
	size_t len;

	for (int i = 0; i < n; i++) {
		const struct attribute *a = parse_file(files[i], &kind, &len);
		struct sensor_source *source;
		char path[ATTRIBUTE_PATH];
		int length;
		if (!a || len != strlen(feature) || strncmp(files[i], feature, len) != 0)
			continue;
		length = snprintf(path, sizeof(path), "%s/%s", chip->path, files[i]);
		source = length < ATTRIBUTE_PATH ? add_source(s, a->use) : NULL;
		if (source)
			text_copy(source->file, sizeof(source->file), path);
	}
}

static void
list_files(struct list *l, const sensors_chip_name *chip, const char *chip_name)
{
	static char files[FILES_MAX][64];
	char feature[64], last[64] = "";
	const struct feature_kind *kind;
	int n = sysfs_list(files, FILES_MAX, "", "%s", chip->path);
	size_t len;

	for (int i = 0; i < n; i++) {
		const struct attribute *a = parse_file(files[i], &kind, &len);
		struct sensor *s;
		if (!a)
			continue;
		snprintf(feature, sizeof(feature), "%.*s", (int)len, files[i]);
		if (strcmp(feature, last) == 0)
			continue;
		text_copy(last, sizeof(last), feature);
		s = add(l);
		set_name(s, chip_name, feature);
		s->kind = kind->kind;
		s->scale = kind->scale;
		s->chip = chip;
		fill_from_files(s, chip, files, n, feature);
		if (!has_use(s, USE_INPUT))
			l->n--;
	}
}

static bool
is_alike(const sensors_chip_name *a, const sensors_chip_name *b)
{
	return strcmp(a->prefix, b->prefix) == 0 && a->bus.type == b->bus.type &&
	       a->bus.nr == b->bus.nr && a->addr == b->addr;
}

/* Does libsensors know an earlier chip that it cannot tell from this one? */
static bool
has_twin_before(const sensors_chip_name *chip)
{
	const sensors_chip_name *other;
	int n = 0;

	while ((other = sensors_get_detected_chips(NULL, &n)) && other != chip)
		if (is_alike(chip, other))
			return true;
	return false;
}

int
sensors_chip_list(struct sensor *sensors, int max)
{
	struct list l = { sensors, max, 0 };
	const sensors_chip_name *chip;
	const sensors_feature *f;
	char name[SENSOR_SIZE];
	int n = 0;

	while ((chip = sensors_get_detected_chips(NULL, &n))) {
		int len = sensors_snprintf_chip_name(name, sizeof(name), chip);
		int feature = 0;
		if (len < 0 || !chip->path)
			continue;
		if (has_twin_before(chip)) {
			const char *base = strrchr(chip->path, '/');
			len = (int)strlen(name);
			snprintf(name + len, sizeof(name) - (size_t)len, "@%s",
			    base ? base + 1 : chip->path);
			list_files(&l, chip, name);
			continue;
		}
		while ((f = sensors_get_features(chip, &feature)))
			list_feature(&l, chip, name, f);
	}
	return l.n;
}

static int
read_file(const struct sensor *s, const struct sensor_source *source, double *out)
{
	char text[64], *end;

	if (!sysfs_text(text, sizeof(text), "", "%s", source->file))
		return sysfs_exists("", "%s", source->file) ? -SENSORS_ERR_IO
							    : -SENSORS_ERR_KERNEL;
	*out = strtod(text, &end);
	if (end == text)
		return -SENSORS_ERR_ACCESS_R;
	if (source->use != USE_ALARM && source->use != USE_CRIT_ALARM &&
	    source->use != USE_FAULT)
		*out /= s->scale;
	return 0;
}

int
sensors_chip_read(const struct sensor *s, const struct sensor_source *source, double *out)
{
	if (source->file[0])
		return read_file(s, source, out);
	return sensors_get_value(s->chip, source->number, out);
}
