/*
 * monitor/probe_iscsi: sessions, LUNs, their states and latency, from sysfs alone.
 */
#ifndef MONITOR_PROBE_ISCSI_H
#define MONITOR_PROBE_ISCSI_H

/* The probe's state on a tree of files that stands for /; NULL when memory is gone. */
void *probe_iscsi_start(const char *sysroot);

#endif
