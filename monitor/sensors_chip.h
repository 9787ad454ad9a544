/*
 * monitor/sensors_chip: what libsensors offers, as a flat list of sensors.
 *
 * libsensors finds chips once, when it is initialised, and looks features up by prefix,
 * bus and address: of two chips alike in these, the second would show the first one's
 * features.  Such a chip is read from its files directly.
 */
#ifndef MONITOR_SENSORS_CHIP_H
#define MONITOR_SENSORS_CHIP_H

#include <sensors/error.h>
#include <sensors/sensors.h>

#include "base/types.h"

/* What an attribute of a feature is for. */
enum sensor_use {
	USE_INPUT,
	USE_FAULT,
	USE_ALARM,
	USE_CRIT_ALARM,
	USE_LOW_CRITICAL,
	USE_LOW,
	USE_HIGH,
	USE_HIGH_CRITICAL,
	USE_EMERGENCY, /* the critical limit of a chip that has no other */
	USE_HIGH_CLEAR,
	USE_HIGH_CRITICAL_CLEAR,
	USES,
};

enum { MAX_ATTRIBUTES = 16, ATTRIBUTE_PATH = 160 };

struct sensor_source {
	enum sensor_use use;
	int number;                /* libsensors' subfeature, or -1: read the file */
	char file[ATTRIBUTE_PATH]; /* of a chip that libsensors cannot tell apart */
};

struct sensor {
	char name[SENSOR_SIZE];
	char label[SENSOR_SIZE];
	enum sensor_kind kind;
	const sensors_chip_name *chip; /* NULL: it is gone */
	double scale;                  /* of files: what 1 of the unit is in them */
	int n_sources;
	struct sensor_source source[MAX_ATTRIBUTES];
};

/*
 * Fill sensors[0..max) in the order of chips and features; returns how many there are in
 * all, which may be more than max.
 */
int sensors_chip_list(struct sensor *sensors, int max);

/* 0, or libsensors' negative error. */
int sensors_chip_read(
    const struct sensor *s, const struct sensor_source *source, double *out);

#endif
