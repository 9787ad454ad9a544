#include "monitor/xen_domain.h"

#include <errno.h>
#include <string.h>
#include <xen/sched.h>

enum { PAGE_KIB = 4 };

/* The record grew with Xen's releases, only ever at its end (4.14 to 4.21): asked for
 * one at a time into more room than any has, all of them can be read. */
union record {
	xc_domaininfo_t info;
	uint8_t room[1024];
};

static void
fill(struct xen_domain *d, const xc_domaininfo_t *info)
{
	bool no_limit = info->max_pages >= UINT32_MAX;

	d->domid = info->domain;
	d->flags = info->flags;
	memcpy(d->handle.b, info->handle, sizeof(d->handle.b));
	d->memory_kib = info->tot_pages * PAGE_KIB;
	d->max_kib = no_limit ? UINT64_MAX : info->max_pages * PAGE_KIB;
	d->vcpus = info->max_vcpu_id + 1; /* none: ~0 + 1 is 0 */
	d->cpu_ns = info->cpu_time;
}

int
xen_domain_read(struct xen_domain_list *list, struct xen_lib *lib)
{
	union record record;
	uint32_t next = 0;
	int n;

	list->n = 0;
	while ((n = lib->xc_domain_getinfolist(lib->xc, next, 1, &record.info)) == 1) {
		if (record.info.domain < next)
			return -EPROTO;
		if (list->n == XEN_DOMAINS)
			return -E2BIG;
		fill(&list->domains[list->n++], &record.info);
		next = record.info.domain + 1u;
	}
	return n < 0 ? -errno : 0;
}

enum guest_state
xen_domain_state(uint32_t flags)
{
	uint32_t code = flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;

	if (flags & XEN_DOMINF_dying)
		return GUEST_DYING;
	if (flags & XEN_DOMINF_shutdown) {
		if (code == SHUTDOWN_suspend)
			return GUEST_SUSPENDED;
		if (code == SHUTDOWN_crash || code == SHUTDOWN_watchdog)
			return GUEST_CRASHED;
		return GUEST_SHUTDOWN;
	}
	if (flags & XEN_DOMINF_paused)
		return GUEST_PAUSED;
	return GUEST_RUNNING;
}
