/*
 * monitor/probe: one source of readings, in a process of its own.
 *
 * A probe may block (a wedged i2c bus, a dead xenstored, a hung disk), so each runs in
 * a child of the monitor.  The child reads records from its end of a socket pair; for
 * each PROBE_SWEEP it sweeps once and answers with one encoded Report that has only
 * this probe's fields set (a Probe entry is always there).  The monitor gives every
 * sweep a deadline; a child that misses it is killed, and its silence is a reading.
 */
#ifndef MONITOR_PROBE_H
#define MONITOR_PROBE_H

#include "base/err.h"
#include "base/frame.h"
#include "base/types.h"
#include "lifeboat.pb-c.h"

struct monitor_conf; /* monitor/conf.h */

enum probe_tag {
	PROBE_SWEEP = 'S',           /* monitor -> probe */
	PROBE_SWEEP_CATALOGUE = 'C', /* the same, with the catalogue in the answer */
	PROBE_ANSWER = 'R',          /* probe -> monitor; data[0] is 1 when it is urgent,
				      * data[1] the probe_state, the encoded Report
				      * follows */
};

enum {
	PROBE_ANSWER_HEAD = 2,
	/* The rest of a frame's body is for what the monitor says of itself. */
	PROBE_REPORT_MAX = FRAME_BODY_MAX - 128,
};

struct probe {
	enum probe_id id;
	/* State of the probe, or NULL and a sentence.  Called in the child. */
	void *(*start)(const struct monitor_conf *conf, struct err *err);
	/*
	 * Sweep once and fill the report, which arrives initialised.  What it points to
	 * belongs to the probe and stays good until the next sweep.  with_catalogue: it
	 * must be included.  Sets *urgent for an alarm or a crossed limit that the other
	 * probes of the round shall not delay.
	 * Returns a probe_state; for others than PROBE_OK, err says why in a sentence.
	 */
	enum probe_state (*sweep)(void *state, Lifeboat__Report *report,
	    bool with_catalogue, bool *urgent, struct err *err);
	void (*stop)(void *state);
};

extern const struct probe probe_sensors, probe_xen, probe_iscsi, probe_file;

const struct probe *probe_by_id(enum probe_id id);

/* The child's whole life.  Returns the process's exit status. */
int probe_child(const struct probe *probe, const struct monitor_conf *conf, int fd);

#endif
