/*
 * monitor/xen_master: who else starts, stops or moves a guest of this host.
 */
#ifndef MONITOR_XEN_MASTER_H
#define MONITOR_XEN_MASTER_H

#include "base/types.h"

enum { XEN_MASTER_AUTOS = 512 };

/* What /etc/xen/auto names; read once a sweep. */
struct xen_master {
	struct {
		char name[256];
		struct uuid uuid; /* nil: the file gives none */
	} autos[XEN_MASTER_AUTOS];
	size_t n;
	bool too_many; /* of them: then every guest counts as named */
	const char *root;
};

/* root is "" but in tests; it must outlive m. */
void xen_master_read(struct xen_master *m, const char *root);

/* name as xenstore has it, not cut.  Libvirt comes before an auto link: it would be the
 * one to fight with. */
enum master xen_master_of(
    const struct xen_master *m, const char *name, const struct uuid *uuid);

#endif
