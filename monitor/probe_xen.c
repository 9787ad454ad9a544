/*
 * monitor/probe_xen: the hypervisor, its guests and what they need.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/probe.h"
#include "monitor/xen_config.h"
#include "monitor/xen_domain.h"
#include "monitor/xen_host.h"
#include "monitor/xen_lib.h"
#include "monitor/xen_master.h"
#include "monitor/xen_store.h"

enum {
	BYTES_PER_KIB = 1024,
	/* Beside it in a report there is only what the probe says of itself. */
	XEN_PACKED_MAX = PROBE_REPORT_MAX - 512,
};

struct guest {
	char name[NAME_SIZE];
	struct uuid uuid;
	struct xen_devices devices;
	char *disks[MAX_GUEST_DISKS];
	char *bridges[MAX_GUEST_BRIDGES];
	struct xen_config config;
	char *pinned[MAX_PINS];
};

struct xen_probe {
	struct xen_lib lib;
	struct xen_host host;
	bool host_known; /* read since the handles were opened */
	struct xen_domain_list list;
	struct xen_master master;
	char bridge_names[MAX_BRIDGES][NAME_SIZE];
	char *bridges[MAX_BRIDGES];
	struct guest guests[MAX_GUESTS];
	/* What the report points to. */
	Lifeboat__Xen xen;
	Lifeboat__Guest wire_guests[MAX_GUESTS];
	Lifeboat__Guest *guest_pointers[MAX_GUESTS];
};

static void *
start(const struct monitor_conf *conf, struct err *err)
{
	struct xen_probe *p = calloc(1, sizeof(*p));

	(void)conf;
	if (p)
		p->lib.root = "";
	else
		err_set(err, 0, "no memory");
	return p;
}

static void
stop(void *state)
{
	struct xen_probe *p = state;

	if (p)
		xen_lib_deinit(&p->lib);
	free(p);
}

/* What libxenstat says of a domain goes before what the hypervisor's list did. */
static void
fill_numbers(struct xen_probe *p, const struct xen_domain *d, xenstat_domain *seen,
    Lifeboat__Guest *g)
{
	g->domid = d->domid;
	g->memory_kib = d->memory_kib;
	g->max_kib = d->max_kib;
	g->vcpus = d->vcpus;
	g->cpu_ns = d->cpu_ns;
	if (seen) {
		g->memory_kib = p->lib.xenstat_domain_cur_mem(seen) / BYTES_PER_KIB;
		g->vcpus = p->lib.xenstat_domain_num_vcpus(seen);
		g->cpu_ns = p->lib.xenstat_domain_cpu_ns(seen);
		if (d->max_kib != UINT64_MAX)
			g->max_kib = p->lib.xenstat_domain_max_mem(seen) / BYTES_PER_KIB;
	}
	if (g->max_kib == UINT64_MAX || g->max_kib < g->memory_kib)
		g->max_kib = g->memory_kib;
}

static void
fill_devices(struct guest *own, Lifeboat__Guest *g)
{
	g->pci_devices = own->devices.pci;
	g->n_disks = own->devices.n_disks;
	g->disks = own->disks;
	for (size_t i = 0; i < g->n_disks; i++)
		own->disks[i] = own->devices.disks[i];
	g->n_bridges = own->devices.n_bridges;
	g->bridges = own->bridges;
	for (size_t i = 0; i < g->n_bridges; i++)
		own->bridges[i] = own->devices.bridges[i];
}

static void
fill_config(struct guest *own, Lifeboat__Guest *g)
{
	g->kernel = own->config.kernel;
	g->ramdisk = own->config.ramdisk;
	g->cpupool = own->config.cpupool;
	g->n_pinned = own->config.n_pinned;
	g->pinned = own->pinned;
	for (size_t i = 0; i < g->n_pinned; i++)
		own->pinned[i] = own->config.pinned[i];
}

/* A report that is too large says nothing at all: of this, the target finds some by
 * itself when the guest arrives. */
static void
drop_configs(struct xen_probe *p)
{
	if (lifeboat__xen__get_packed_size(&p->xen) <= XEN_PACKED_MAX)
		return;
	for (size_t i = 0; i < p->xen.n_guests; i++) {
		Lifeboat__Guest *g = &p->wire_guests[i];

		g->kernel = g->ramdisk = g->cpupool = (char *)protobuf_c_empty_string;
		g->n_pinned = 0;
	}
}

/* False for a domain that is no guest. */
static bool
fill_guest(struct xen_probe *p, struct xen_store *store, const struct xen_domain *d,
    xenstat_node *node)
{
	size_t n = p->xen.n_guests;
	struct guest *own = &p->guests[n];
	Lifeboat__Guest *g = &p->wire_guests[n];
	xenstat_domain *seen = p->lib.xenstat_node_domain(node, d->domid);
	const char *name = seen ? p->lib.xenstat_domain_name(seen) : NULL;

	own->uuid = d->handle;
	xen_store_uuid(store, d->domid, &own->uuid);
	/* Nothing could be said of it to anybody; libxl makes no such domain. */
	if (uuid_is_nil(&own->uuid))
		return false;
	lifeboat__guest__init(g);
	if (name && *name)
		xen_host_clean_name(own->name, name);
	else
		snprintf(own->name, sizeof(own->name), "domain-%u", d->domid);
	g->name = own->name;
	g->uuid.data = own->uuid.b;
	g->uuid.len = sizeof(own->uuid.b);
	g->type = d->flags & XEN_DOMINF_hvm_guest ? xen_store_hvm_type(store, d->domid)
						  : GUEST_PV;
	g->state = xen_domain_state(d->flags);
	g->master = xen_master_of(&p->master, name ? name : "", &own->uuid);
	fill_numbers(p, d, seen, g);
	xen_store_devices(store, d->domid, &own->devices);
	fill_devices(own, g);
	xen_config_read(&own->config, p->lib.root, d->domid, &own->uuid);
	fill_config(own, g);
	return true;
}

static bool
is_guest(struct xen_store *store, const struct xen_domain *d)
{
	return d->domid != 0 && !(d->flags & XEN_DOMINF_xs_domain) &&
	       !xen_store_is_stub(store, d->domid);
}

static enum probe_state
fill_guests(struct xen_probe *p, xenstat_node *node, struct err *err)
{
	struct xen_store store = { .lib = &p->lib };
	char why[64];

	xen_master_read(&p->master, "");
	p->xen.guests = p->guest_pointers;
	for (size_t i = 0; i < p->list.n && store.error == 0; i++) {
		const struct xen_domain *d = &p->list.domains[i];

		p->xen.cpu_ns += d->cpu_ns;
		if (!is_guest(&store, d))
			continue;
		if (p->xen.n_guests == MAX_GUESTS)
			return xen_lib_say(err, PROBE_FAILED,
			    "more than %d guests run here, too many for one report",
			    MAX_GUESTS);
		p->guest_pointers[p->xen.n_guests] = &p->wire_guests[p->xen.n_guests];
		p->xen.n_guests += fill_guest(p, &store, d, node);
	}
	if (store.error)
		return xen_lib_say(err, PROBE_FAILED, "xenstored does not answer: %s",
		    err_text(why, sizeof(why), store.error));
	drop_configs(p);
	return PROBE_OK;
}

static void
fill_host(struct xen_probe *p, xenstat_node *node)
{
	const struct xen_domain *dom0 = &p->list.domains[0];
	Lifeboat__Xen *x = &p->xen;

	x->major = p->lib.major;
	x->minor = p->lib.minor;
	x->extra = p->host.extra;
	x->capabilities = p->host.capabilities;
	x->total_kib = p->lib.xenstat_node_tot_mem(node) / BYTES_PER_KIB;
	x->free_kib = p->lib.xenstat_node_free_mem(node) / BYTES_PER_KIB;
	x->cpus = p->lib.xenstat_node_num_cpus(node);
	x->dom0_kib = dom0->memory_kib;
	x->dom0_max_kib = dom0->max_kib < x->total_kib ? dom0->max_kib : x->total_kib;
	x->autoballoon = xen_host_autoballoon("/etc/xen/xl.conf", &p->lib);
	x->live_pv = p->host.live_pv;
	x->live_hvm = p->host.live_hvm;
	x->features_pv = p->host.features_pv;
	x->n_features_pv = p->host.n_features_pv;
	x->features_hvm = p->host.features_hvm;
	x->n_features_hvm = p->host.n_features_hvm;
	x->n_bridges = xen_host_bridges(p->bridge_names, "");
	x->bridges = p->bridges;
	for (size_t i = 0; i < x->n_bridges; i++)
		p->bridges[i] = p->bridge_names[i];
}

/* The hypervisor as such: its list of domains, and what it can do. */
static enum probe_state
read_hypervisor(struct xen_probe *p, struct err *err)
{
	char why[64];
	int r = xen_domain_read(&p->list, &p->lib);

	if (r == 0 && !p->host_known)
		r = xen_host_read(&p->host, &p->lib);
	if (r == -EPERM || r == -EACCES)
		return xen_lib_say(err, PROBE_ABSENT,
		    "this is a guest of Xen, or not run by root: Xen refuses");
	if (r == -E2BIG)
		return xen_lib_say(
		    err, PROBE_FAILED, "more than %d domains run here", XEN_DOMAINS);
	if (r < 0)
		return xen_lib_say(err, PROBE_FAILED,
		    "the hypervisor does not answer: %s", err_text(why, sizeof(why), r));
	p->host_known = true;
	if (p->list.n == 0 || p->list.domains[0].domid != 0)
		return xen_lib_say(err, PROBE_FAILED, "the hypervisor lists no domain 0");
	return PROBE_OK;
}

static enum probe_state
read_all(struct xen_probe *p, struct err *err)
{
	enum probe_state state = read_hypervisor(p, err);
	xenstat_node *node;

	if (state != PROBE_OK)
		return state;
	node = p->lib.xenstat_get_node(p->lib.stat, 0);
	if (!node)
		return xen_lib_say(
		    err, PROBE_FAILED, "libxenstat cannot read the hypervisor");
	/* It leaves out every domain whose name xenstored does not tell, and domain 0 has
	 * one: without it the list is not short, it is false. */
	if (!p->lib.xenstat_node_domain(node, 0)) {
		state = xen_lib_say(err, PROBE_FAILED,
		    "xenstored does not answer: domain 0 is missing from libxenstat's "
		    "list");
	} else {
		fill_host(p, node);
		state = fill_guests(p, node, err);
	}
	p->lib.xenstat_free_node(node);
	return state;
}

static enum probe_state
sweep(void *opaque, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	struct xen_probe *p = opaque;
	enum probe_state state;
	int kept = xen_lib_mute();

	(void)with_catalogue;
	(void)urgent;
	lifeboat__xen__init(&p->xen);
	if (!p->lib.stat)
		p->host_known = false;
	state = xen_lib_open(&p->lib, err);
	if (state == PROBE_OK)
		state = read_all(p, err);
	if (state != PROBE_OK)
		xen_lib_close(&p->lib);
	else
		report->xen = &p->xen;
	xen_lib_unmute(kept);
	return state;
}

const struct probe probe_xen = {
	.id = PROBE_XEN,
	.start = start,
	.sweep = sweep,
	.stop = stop,
};
