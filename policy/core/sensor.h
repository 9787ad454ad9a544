/*
 * policy/core/sensor: a host's sensors, one reading after another.
 *
 * Keeps count of what is crossed, alarmed, stopped, lost or listed.  What follows from
 * that for the host is health's.
 */
#ifndef POLICY_CORE_SENSOR_H
#define POLICY_CORE_SENSOR_H

#include "policy/core/state.h"

/* EVENT_CATALOGUE.  A sensor that keeps its name keeps what is known of it. */
void sensor_catalogue(struct core *core, int32_t host, const struct event *event);
/* EVENT_READINGS */
void sensor_readings(struct core *core, int32_t host, const struct event *event);
/* After silence: counts and crossings begin anew. */
void sensor_forget(struct core *core, int32_t host);
/* Anything there that can be judged? */
bool sensor_usable(const struct core *core, int32_t host);
/* Something is wrong there, even if not for long enough. */
bool sensor_pending(const struct sensor_state *s);
/* Crossed for the hold, by two readings at least. */
bool sensor_ripe(const struct core *core, const struct sensor_state *s, enum level level);

#endif
