/*
 * tests/pool/fakexen: stands in for libxenctrl and libxenstore under the real libxenstat,
 * by LD_PRELOAD.  What it imitates is in the file that FAKEXEN_STATE names (fakexen.h).
 */
#include "fakexen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xenstore.h>

enum { PAGE_KIB = 4 };

/* Handles are addresses of these and have nothing in them. */
static char xc_handle, xs_handle;

/* The state for one call; the calls that hang or crash do so here. */
static const struct fake_state *
enter(void)
{
	const struct fake_state *s = fake_state_read();

	if (s && s->crash)
		raise(SIGSEGV);
	while (s && s->hang)
		pause();
	if (!s)
		errno = ENOENT;
	return s;
}

static const struct fake_state *
enter_store(void)
{
	const struct fake_state *s = enter();

	if (s && s->xenstored_dead) {
		errno = ECONNREFUSED;
		return NULL;
	}
	return s;
}

xc_interface *
xc_interface_open(xentoollog_logger *logger, xentoollog_logger *builder, unsigned flags)
{
	(void)logger;
	(void)builder;
	(void)flags;
	return enter() ? (xc_interface *)&xc_handle : NULL;
}

int
xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

int
xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	const struct fake_state *s = enter();

	(void)xch;
	if (!s)
		return -1;
	memset(info, 0, sizeof(*info));
	info->threads_per_core = 1;
	info->cores_per_socket = s->cpus;
	info->nr_cpus = s->cpus;
	info->max_cpu_id = s->cpus - 1;
	info->nr_nodes = 1;
	info->cpu_khz = 2400000;
	info->total_pages = s->mem_kib / PAGE_KIB;
	info->free_pages = s->free_kib / PAGE_KIB;
	info->capabilities =
	    XEN_SYSCTL_PHYSCAP_pv | (s->shadow ? XEN_SYSCTL_PHYSCAP_shadow : 0) |
	    (s->hvm ? XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap : 0);
	return 0;
}

static uint32_t
flags_of(const struct fake_domain *d)
{
	uint32_t type =
	    strcmp(d->type, "pv") == 0 ? 0 : XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;
	uint32_t shutdown = XEN_DOMINF_shutdown;

	switch (d->state) {
	case 'r':
		return type | XEN_DOMINF_running;
	case 'p':
		return type | XEN_DOMINF_paused;
	case 's':
		return type | shutdown | SHUTDOWN_poweroff << XEN_DOMINF_shutdownshift;
	case 'S':
		return type | shutdown | SHUTDOWN_suspend << XEN_DOMINF_shutdownshift;
	case 'c':
		return type | shutdown | SHUTDOWN_crash << XEN_DOMINF_shutdownshift;
	case 'd':
		return type | shutdown | XEN_DOMINF_dying;
	default:
		return type | XEN_DOMINF_blocked;
	}
}

static uint64_t
cpu_time(const struct fake_domain *d)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return d->cpu_ns +
	       ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000) * 1000 *
		   d->cpu_permille;
}

static void
put_uuid(xen_domain_handle_t out, const char *text)
{
	for (size_t i = 0; i < sizeof(xen_domain_handle_t); i++) {
		char digits[3] = { 0 };

		text += *text == '-';
		if (!text[0] || !text[1])
			return;
		memcpy(digits, text, 2);
		out[i] = (uint8_t)strtoul(digits, NULL, 16);
		text += 2;
	}
}

static void
put_info(xc_domaininfo_t *info, const struct fake_domain *d)
{
	memset(info, 0, sizeof(*info));
	info->domain = (domid_t)d->id;
	info->flags = flags_of(d);
	info->tot_pages = d->mem_kib / PAGE_KIB;
	info->max_pages = d->max_kib / PAGE_KIB;
	info->cpu_time = cpu_time(d);
	info->nr_online_vcpus = d->vcpus;
	info->max_vcpu_id = d->vcpus - 1;
	put_uuid(info->handle, d->uuid);
}

int
xc_domain_getinfolist(
    xc_interface *xch, uint32_t first, unsigned max, xc_domaininfo_t *info)
{
	const struct fake_state *s = enter();
	unsigned n = 0;

	(void)xch;
	if (!s)
		return -1;
	for (size_t i = 0; i < s->n && n < max; i++)
		if (s->domains[i].id >= first)
			put_info(&info[n++], &s->domains[i]);
	return (int)n;
}

int
xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
	const struct fake_state *s = enter();

	(void)xch;
	for (size_t i = 0; s && i < s->n; i++) {
		const struct fake_domain *d = &s->domains[i];

		if (d->id != domid || vcpu >= d->vcpus)
			continue;
		memset(info, 0, sizeof(*info));
		info->online = 1;
		info->blocked = d->state == 'b';
		info->running = d->state == 'r';
		info->cpu_time = cpu_time(d) / d->vcpus;
		info->cpu = vcpu;
		return 0;
	}
	errno = ESRCH;
	return -1;
}

int
xc_version(xc_interface *xch, int cmd, void *arg)
{
	const struct fake_state *s = enter();

	(void)xch;
	if (!s)
		return -1;
	switch (cmd) {
	case XENVER_version:
		return (int)(s->major << 16 | s->minor);
	case XENVER_extraversion:
		snprintf(arg, sizeof(xen_extraversion_t), "%s", s->extra);
		return 0;
	case XENVER_capabilities:
		snprintf(arg, sizeof(xen_capabilities_info_t), "%s", s->caps);
		return 0;
	case XENVER_commandline:
		snprintf(arg, sizeof(xen_commandline_t), "%s", s->cmdline);
		return 0;
	default:
		errno = ENOSYS;
		return -1;
	}
}

int
xc_get_cpu_featureset(xc_interface *xch, uint32_t index, uint32_t *n, uint32_t *words)
{
	const struct fake_state *s = enter();
	const struct fake_features *f;

	(void)xch;
	if (!s)
		return -1;
	f = index == XEN_SYSCTL_cpu_featureset_pv ? &s->pv_features : &s->hvm_features;
	if (f->n > *n) {
		errno = ENOBUFS;
		return -1;
	}
	memcpy(words, f->words, f->n * sizeof(*words));
	*n = f->n;
	return 0;
}

struct xs_handle *
xs_open(unsigned long flags)
{
	(void)flags;
	return enter_store() ? (struct xs_handle *)&xs_handle : NULL;
}

struct xs_handle *
xs_daemon_open(void)
{
	return xs_open(0);
}

struct xs_handle *
xs_daemon_open_readonly(void)
{
	return xs_open(0);
}

void
xs_close(struct xs_handle *xsh)
{
	(void)xsh;
}

void
xs_daemon_close(struct xs_handle *xsh)
{
	(void)xsh;
}

void *
xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned *len)
{
	const struct fake_state *s = enter_store();
	const char *value;

	(void)h;
	(void)t;
	if (!s)
		return NULL;
	value = fake_store_value(s, path);
	if (!value) {
		errno = ENOENT;
		return NULL;
	}
	if (len)
		*len = (unsigned)strlen(value);
	return strdup(value);
}

char **
xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned *num)
{
	const struct fake_state *s = enter_store();
	char **list;

	(void)h;
	(void)t;
	if (!s)
		return NULL;
	list = fake_store_list(s, path, num);
	if (!list)
		errno = ENOENT;
	return list;
}
