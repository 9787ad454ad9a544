#include "policy/core/place.h"

#include <string.h>

enum { LOAD_STEP = 50, CPU_STEP = 250 };

/*
 * What is known of a guest
 */

static uint64_t
bit_of(const uint8_t *data, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ data[i]) * 16777619U;
	return UINT64_C(1) << ((h ^ h >> 13) % 64);
}

static uint64_t
bit_of_name(const char *name)
{
	return bit_of((const uint8_t *)name, strlen(name));
}

const struct guest_facts *
place_find(const struct core *core, host_t host, const struct uuid *guest)
{
	const struct xen_facts *x = &core->xen[host.i];

	if (!(core->host[host.i].uuids & bit_of(guest->b, sizeof(guest->b))))
		return NULL;
	for (int i = 0; i < x->n_guests; i++) {
		if (uuid_equal(&x->guests[i].uuid, guest))
			return &x->guests[i];
	}
	return NULL;
}

uint32_t
place_cpu(const struct guest_facts *g)
{
	return g->cpu_permille / CPU_STEP * CPU_STEP;
}

void
place_take(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];
	const struct xen_facts *x = &core->xen[host];
	uint32_t load = x->cpu_permille;

	h->uuids = 0;
	h->names = 0;
	for (int i = 0; i < x->n_guests; i++) {
		h->uuids |= bit_of(x->guests[i].uuid.b, sizeof(x->guests[i].uuid.b));
		h->names |= bit_of_name(x->guests[i].name);
	}
	/* A step is left only when the load is well outside of it. */
	if (load + LOAD_STEP / 2 < h->load || load > h->load + LOAD_STEP + LOAD_STEP / 2)
		h->load = load / LOAD_STEP * LOAD_STEP;
}

static bool
runs_elsewhere(const struct core *core, host_t from, const struct uuid *guest)
{
	for (int32_t i = 0; i < core->n_hosts; i++) {
		const struct guest_facts *g;

		if (i == from.i || !xen_fresh(core, i))
			continue;
		g = place_find(core, (host_t){ i }, guest);
		if (g && g->state == GUEST_RUNNING)
			return true;
	}
	return false;
}

static bool
can_live(const struct xen_facts *x, enum guest_type type)
{
	switch (type) {
	case GUEST_PV:
		return x->live_pv;
	case GUEST_PVH:
	case GUEST_HVM:
		return x->live_hvm;
	default:
		return false;
	}
}

static bool
is_held(const struct core *core, host_t from, const struct uuid *guest)
{
	if (core->host[from.i].held)
		return true;
	for (int i = 0; i < core->n_orders; i++) {
		if (core->order[i].state == ORDER_HOLDING &&
		    uuid_equal(&core->order[i].guest, guest))
			return true;
	}
	return false;
}

enum why
place_stays(const struct core *core, host_t from, int guest)
{
	const struct xen_facts *x = &core->xen[from.i];
	const struct guest_facts *g = &x->guests[guest];

	if (g->state != GUEST_RUNNING || uuid_is_nil(&g->uuid))
		return WHY_NOT_RUNNING;
	if (g->master != MASTER_NONE || !g->move)
		return WHY_OTHER_MASTER;
	if (g->pci_devices > 0)
		return WHY_PCI;
	for (int i = 0; i < g->n_disks; i++) {
		if (g->disks[i].v == 0)
			return WHY_NOT_SHARED;
	}
	if (!can_live(x, g->type))
		return WHY_SOURCE_NOT_LIVE;
	if (core->mode != MODE_OBSERVE && !core->host[from.i].actuator)
		return WHY_NO_ACTUATOR;
	if (is_held(core, from, &g->uuid))
		return WHY_HELD;
	if (runs_elsewhere(core, from, &g->uuid))
		return WHY_SEEN_TWICE;
	return WHY_NONE;
}

/*
 * Gates
 */

static bool
older_xen(const struct xen_facts *a, const struct xen_facts *b)
{
	return a->major < b->major || (a->major == b->major && a->minor < b->minor);
}

/* Every feature of the source, where the source tells its own. */
static bool
has_features(
    const struct xen_facts *from, const struct xen_facts *to, enum guest_type type)
{
	bool pv = type == GUEST_PV;
	const uint32_t *need = pv ? from->features_pv : from->features_hvm;
	const uint32_t *have = pv ? to->features_pv : to->features_hvm;
	int n = pv ? from->n_features_pv : from->n_features_hvm;
	int m = pv ? to->n_features_pv : to->n_features_hvm;

	for (int i = 0; i < n; i++) {
		uint32_t there = i < m ? have[i] : 0;

		if (need[i] & ~there)
			return false;
	}
	return true;
}

static bool
is_taken(const struct core *core, host_t to, const struct guest_facts *g)
{
	const struct xen_facts *x = &core->xen[to.i];
	const struct host *h = &core->host[to.i];

	if (place_find(core, to, &g->uuid))
		return true;
	if (!(h->names & bit_of_name(g->name)))
		return false;
	for (int i = 0; i < x->n_guests; i++) {
		if (strcmp(x->guests[i].name, g->name) == 0)
			return true;
	}
	return false;
}

static bool
has_disk(const struct storage_facts *s, id64_t disk)
{
	for (int i = 0; i < s->n_disks; i++) {
		if (s->disks[i].disk.v == disk.v)
			return s->disks[i].lost == 0;
	}
	return false;
}

static int
count_disks(const struct core *core, host_t to, const struct guest_facts *g)
{
	int n = 0;

	if (!storage_fresh(core, to.i) || core->storage[to.i].state != PROBE_OK)
		return 0;
	for (int i = 0; i < g->n_disks; i++)
		n += has_disk(&core->storage[to.i], g->disks[i]);
	return n;
}

static bool
has_bridge(const struct xen_facts *x, id64_t bridge)
{
	for (int i = 0; i < x->n_bridges; i++) {
		if (x->bridges[i].v == bridge.v)
			return true;
	}
	return false;
}

static int
count_bridges(const struct xen_facts *x, const struct guest_facts *g)
{
	int n = 0;

	for (int i = 0; i < g->n_bridges; i++)
		n += has_bridge(x, g->bridges[i]);
	return n;
}

static bool
is_resting(const struct core *core, const struct uuid *guest, host_t to)
{
	for (int i = 0; i < core->n_rests; i++) {
		const struct rest *r = &core->rest[i];

		if (uuid_equal(&r->guest, guest) && (r->to.i == to.i || r->to.i < 0))
			return true;
	}
	return false;
}

static bool
is_busy(const struct core *core, host_t to, const struct uuid *guest)
{
	const struct host *h = &core->host[to.i];

	if (h->held)
		return true;
	if (core->mode == MODE_OBSERVE)
		return false;
	return h->coming >= core->rules.in_flight_target || is_resting(core, guest, to);
}

static enum why
refuse(struct place_row *row, enum why gate, int64_t need, int64_t have)
{
	row->need = need;
	row->have = have;
	return gate;
}

static enum why
host_gate(const struct core *core, const struct wish *wish, host_t to)
{
	const struct host *h = &core->host[to.i];
	bool none = !h->xen_in && h->probes_in && h->probes[PROBE_XEN] != PROBE_OK;

	if (to.i == wish->from.i)
		return WHY_SELF;
	if (h->health != HEALTH_SOUND || !h->heard)
		return WHY_NOT_SOUND;
	if (!xen_fresh(core, to.i) && !none)
		return WHY_NOT_FRESH;
	if (none || core->xen[to.i].state != PROBE_OK)
		return WHY_NO_XEN;
	if (h->cordoned || h->drained)
		return WHY_CORDONED;
	if (core->mode != MODE_OBSERVE && !h->actuator)
		return WHY_NO_ACTUATOR;
	return WHY_NONE;
}

static enum why
guest_gate(
    const struct core *core, const struct wish *wish, host_t to, struct place_row *row)
{
	const struct xen_facts *from = &core->xen[wish->from.i], *x = &core->xen[to.i];
	const struct guest_facts *g = &from->guests[wish->guest];
	int64_t have;
	int n;

	if (!can_live(x, g->type))
		return WHY_NOT_LIVE;
	if (older_xen(x, from))
		return refuse(row, WHY_OLDER_XEN,
		    from->major * INT64_C(1000) + from->minor,
		    x->major * INT64_C(1000) + x->minor);
	if (!has_features(from, x, g->type))
		return WHY_FEATURES;
	if (is_taken(core, to, g))
		return WHY_NAME_TAKEN;
	n = count_disks(core, to, g);
	if (n < g->n_disks)
		return refuse(row, WHY_DISKS, g->n_disks, n);
	n = count_bridges(x, g);
	if (n < g->n_bridges)
		return refuse(row, WHY_BRIDGES, g->n_bridges, n);

	have = (int64_t)x->free_kib - core->rules.dom0_floor_kib -
	       (int64_t)core->host[to.i].promised_kib;
	if (wish->back_to.i == to.i)
		have += wish->back_kib;
	if ((int64_t)g->memory_kib > have)
		return refuse(row, WHY_MEMORY, (int64_t)g->memory_kib, have);
	refuse(row, WHY_NONE, (int64_t)g->memory_kib, have);
	return is_busy(core, to, &g->uuid) ? WHY_BUSY : WHY_NONE;
}

struct place_row
place_judge(const struct core *core, const struct wish *wish, host_t to)
{
	const struct guest_facts *g = &core->xen[wish->from.i].guests[wish->guest];
	const struct host *h = &core->host[to.i];
	struct place_row row = { .host = to };
	uint32_t cpus = core->xen[to.i].cpus, cpu;

	row.gate = host_gate(core, wish, to);
	if (row.gate == WHY_NONE)
		row.gate = guest_gate(core, wish, to, &row);

	/* The host's own load is held in steps; so is what is on its way to it. */
	cpu = h->promised_cpu;
	if (wish->back_to.i != to.i)
		cpu += place_cpu(g);
	row.load = h->load + cpu / (cpus > 0 ? cpus : 1);
	return row;
}

/*
 * 1. A host that every gate lets pass comes before one that a gate refuses; of those
 *    refused, the one that came further.
 * 2. The lower load with the guest on it, in steps of 50 permille.
 * 3. The lower index in the inventory.  No two hosts are equal.
 */
int
place_compare(const struct place_row *a, const struct place_row *b)
{
	int x = a->gate == WHY_NONE ? WHYS : (int)a->gate;
	int y = b->gate == WHY_NONE ? WHYS : (int)b->gate;

	if (x != y)
		return x > y ? -1 : 1;
	if (a->load / LOAD_STEP != b->load / LOAD_STEP)
		return a->load / LOAD_STEP < b->load / LOAD_STEP ? -1 : 1;
	return a->host.i < b->host.i ? -1 : a->host.i > b->host.i;
}

host_t
place_best(const struct core *core, const struct wish *wish, uint16_t *refused)
{
	struct place_row best = { .host = HOST_NONE };

	memset(refused, 0, GATES * sizeof(refused[0]));
	for (int32_t i = 0; i < core->n_hosts; i++) {
		struct place_row row = place_judge(core, wish, (host_t){ i });

		if (row.gate != WHY_NONE) {
			uint16_t *n = &refused[row.gate - GATE_FIRST];

			*n = *n < UINT16_MAX ? (uint16_t)(*n + 1) : *n;
			continue;
		}
		if (best.host.i < 0 || place_compare(&row, &best) < 0)
			best = row;
	}
	return best.host;
}
