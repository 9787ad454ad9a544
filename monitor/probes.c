#include "monitor/probe.h"

const struct probe *
probe_by_id(enum probe_id id)
{
	static const struct probe *const probes[PROBES] = {
		[PROBE_SENSORS] = &probe_sensors,
		[PROBE_XEN] = &probe_xen,
		[PROBE_ISCSI] = &probe_iscsi,
		[PROBE_FILE] = &probe_file,
	};

	return (unsigned int)id < PROBES ? probes[id] : NULL;
}
