/*
 * monitor/xen_host: what this Xen host offers, apart from its guests.
 */
#ifndef MONITOR_XEN_HOST_H
#define MONITOR_XEN_HOST_H

#include "monitor/xen_lib.h"

struct xen_host {
	char extra[17]; /* ".7" */
	char capabilities[1024];
	bool live_pv, live_hvm; /* such guests can be live-migrated from and to here */
	uint32_t features_pv[MAX_FEATURES], features_hvm[MAX_FEATURES];
	size_t n_features_pv, n_features_hvm;
};

/* What does not change while Xen runs.  0 or -errno. */
int xen_host_read(struct xen_host *host, struct xen_lib *lib);

/* May xl take memory from dom0?  Read anew: xl.conf may be edited at any time. */
bool xen_host_autoballoon(const char *xl_conf, struct xen_lib *lib);

/* Bridges below root/sys/class/net, sorted by name; the number that fitted. */
size_t xen_host_bridges(char names[MAX_BRIDGES][NAME_SIZE], const char *root);

/* A name fit for the wire: other bytes than UTF-8's become '?', and it is cut. */
void xen_host_clean_name(char out[NAME_SIZE], const char *name);

#endif
