/*
 * monitor/probe_xen_absent: stands in where Xen's headers were missing at build time.
 */
#include "monitor/probe.h"

static void *
start(const struct monitor_conf *conf, struct err *err)
{
	static char nothing;

	(void)conf;
	(void)err;
	return &nothing;
}

static enum probe_state
sweep(void *state, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	(void)state;
	(void)report;
	(void)with_catalogue;
	(void)urgent;
	err_set(err, 0, "built without Xen's headers (libxen-dev)");
	return PROBE_ABSENT;
}

static void
stop(void *state)
{
	(void)state;
}

const struct probe probe_xen = {
	.id = PROBE_XEN,
	.start = start,
	.sweep = sweep,
	.stop = stop,
};
