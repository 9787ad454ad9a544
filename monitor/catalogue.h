/*
 * monitor/catalogue: what the probes of sensors have in common: the number of a
 * catalogue, and when a value is at a limit.
 */
#ifndef MONITOR_CATALOGUE_H
#define MONITOR_CATALOGUE_H

#include "base/types.h"
#include "lifeboat.pb-c.h"

/*
 * A number that follows from what is said of the sensors: the same for the same content,
 * also after a restart.  Never 0.
 */
uint32_t catalogue_generation(const Lifeboat__Catalogue *c);

/* Is the value, in thousandths, at one of the sensor's limits or beyond it? */
bool catalogue_is_crossed(const Lifeboat__Sensor *s, int64_t value);

#endif
