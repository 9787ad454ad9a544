/*
 * monitor/probe_sensors: readings of every chip that libsensors knows.
 *
 * Each sweep reads inputs, alarms and faults; limits are read again each minute, and the
 * chips are looked for again when one is gone or another has come.
 */
#ifndef MONITOR_PROBE_SENSORS_H
#define MONITOR_PROBE_SENSORS_H

#include "base/err.h"
#include "base/types.h"
#include "lifeboat.pb-c.h"

enum { PROBE_SENSORS_LIMITS_MS = 60000, PROBE_SENSORS_AGAIN_MS = 10000 };

/* One sweep at the moment now; as struct probe's sweep otherwise. */
enum probe_state probe_sensors_sweep(
    void *state, Lifeboat__Report *report, bool *urgent, mono_t now, struct err *err);

#endif
