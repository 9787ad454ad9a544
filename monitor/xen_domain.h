/*
 * monitor/xen_domain: which domains there are, straight from the hypervisor.
 *
 * libxenstat pages through the domains by count where the hypervisor counts by id: above
 * 256 it gives some twice, and it leaves out those without a name in xenstore.  So the
 * list comes from here, and libxenstat is asked for one domain at a time.
 */
#ifndef MONITOR_XEN_DOMAIN_H
#define MONITOR_XEN_DOMAIN_H

#include "monitor/xen_lib.h"

enum { XEN_DOMAINS = 1024 };

struct xen_domain {
	unsigned domid;
	uint32_t flags;      /* XEN_DOMINF_* */
	struct uuid handle;  /* as the hypervisor knows it, nil for none */
	uint64_t memory_kib; /* what it has */
	uint64_t max_kib;    /* what it may have, UINT64_MAX for no limit */
	uint32_t vcpus;
	uint64_t cpu_ns;
};

struct xen_domain_list {
	struct xen_domain domains[XEN_DOMAINS]; /* by ascending id */
	size_t n;
};

/* 0, -E2BIG for more than XEN_DOMAINS, -errno. */
int xen_domain_read(struct xen_domain_list *list, struct xen_lib *lib);

enum guest_state xen_domain_state(uint32_t flags);

#endif
