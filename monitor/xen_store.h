/*
 * monitor/xen_store: what xenstore says of a guest.
 *
 * Only paths that dom0 alone may write are read: a guest must not be able to lie about
 * its disks.  libxl's own list, /libxl/N/device, names every device with its backend.
 */
#ifndef MONITOR_XEN_STORE_H
#define MONITOR_XEN_STORE_H

#include "monitor/xen_lib.h"

struct xen_store {
	struct xen_lib *lib;
	int error; /* of the first answer that was neither a value nor "no such path" */
};

struct xen_devices {
	char disks[MAX_GUEST_DISKS][DISK_SIZE]; /* "": not known to be shared */
	size_t n_disks;
	char bridges[MAX_GUEST_BRIDGES][NAME_SIZE];
	size_t n_bridges;
	unsigned pci;
};

/* The last bridge of a guest that has more than fit: no interface can have this name, so
 * no host will do. */
#define XEN_STORE_MORE_BRIDGES "and/more"

/* A value, owned by the caller (free), or NULL. */
char *xen_store_read(struct xen_store *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* True where xenstore knows a UUID of the domain. */
bool xen_store_uuid(struct xen_store *s, unsigned domid, struct uuid *out);

/* PVH or HVM, of a domain that the hypervisor calls hvm. */
enum guest_type xen_store_hvm_type(struct xen_store *s, unsigned domid);

/* A device model in a domain of its own; no guest. */
bool xen_store_is_stub(struct xen_store *s, unsigned domid);

/*
 * Every disk resolved to the identity of what lies under it, bridges once each.  A domain
 * that libxl does not know has one disk of no identity: nothing is known of it, so it
 * must stay.
 */
void xen_store_devices(struct xen_store *s, unsigned domid, struct xen_devices *out);

#endif
