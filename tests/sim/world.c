#include "tests/sim/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
sensor(struct sensor_facts *f, const char *name, enum sensor_kind kind)
{
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	f->kind = kind;
	for (int i = 0; i < LIMITS; i++)
		f->limit[i] = f->clear[i] = NO_LIMIT;
}

void
world_catalogue(struct world *w, int host)
{
	struct sensor_facts *f = w->event.catalogue.sensor;

	sensor(&f[WORLD_CPU], "coretemp/temp1", SENSOR_TEMP);
	f[WORLD_CPU].limit[LIMIT_HIGH] = 75000;
	f[WORLD_CPU].limit[LIMIT_HIGH_CRITICAL] = 90000;
	sensor(&f[WORLD_BOARD], "nct6775/temp2", SENSOR_TEMP);
	sensor(&f[WORLD_FAN], "nct6775/fan1", SENSOR_FAN);
	f[WORLD_FAN].limit[LIMIT_LOW] = 500000;
	w->event.catalogue.n = WORLD_SENSORS;
	world_step(w, EVENT_CATALOGUE, host);
}

static void
init_host(struct world_host *h)
{
	h->reading[WORLD_CPU].value = 45000;
	h->reading[WORLD_BOARD].value = 35000;
	h->reading[WORLD_FAN].value = 1200000;
	h->xen.state = PROBE_OK;
	h->xen.major = 4;
	h->xen.minor = 17;
	h->xen.total_kib = UINT64_C(16) << 20;
	h->xen.free_kib = UINT64_C(8) << 20;
	h->xen.cpus = 8;
	h->xen.cpu_permille = 100;
	h->xen.live_hvm = true;
	h->xen.n_features_hvm = 1;
	h->xen.features_hvm[0] = 0xff;
	h->xen.n_bridges = 1;
	h->xen.bridges[0].v = 3;
	h->storage.state = PROBE_OK;
	h->storage.n_disks = 1;
	h->storage.disks[0].disk.v = 7;
}

struct world *
world_new(int n, mono_t start)
{
	const struct core_limits limits = { WORLD_HOSTS, 16 };
	struct world *w = calloc(1, sizeof(*w));

	assert(w && n <= WORLD_HOSTS);
	w->now = start;
	w->n = n;
	if (core_new(&w->core, &limits) < 0)
		abort();
	w->event.rules = rules_default();
	world_step(w, EVENT_RULES, -1);
	for (int i = 0; i < n; i++) {
		w->order[i] = i;
		init_host(&w->host[i]);
		(void)snprintf(w->event.host_name, NAME_SIZE, "n%d", i + 1);
		world_step(w, EVENT_HOST, -1);
	}
	w->event.term = 1;
	world_step(w, EVENT_RESTART, -1);
	for (int i = 0; i < n; i++) {
		w->event.connected = true;
		world_step(w, EVENT_ACTUATOR, i);
	}
	return w;
}

struct world *
world_free(struct world *w)
{
	if (w)
		core_free(w->core);
	free(w);
	return NULL;
}

struct uuid
world_uuid(int id)
{
	struct uuid u = { { 0x4c } };

	u.b[14] = (uint8_t)(id >> 8);
	u.b[15] = (uint8_t)id;
	return u;
}

struct guest_facts *
world_guest(struct world *w, int host, int id, uint64_t memory_kib)
{
	struct xen_facts *x = &w->host[host].xen;
	struct guest_facts *g = &x->guests[x->n_guests++];

	assert(x->n_guests <= MAX_GUESTS);
	memset(g, 0, sizeof(*g));
	g->uuid = world_uuid(id);
	(void)snprintf(g->name, sizeof(g->name), "g%d", id);
	g->domid = (uint32_t)id;
	g->type = GUEST_HVM;
	g->memory_kib = memory_kib;
	g->vcpus = 1;
	g->cpu_permille = 100;
	g->n_disks = 1;
	g->disks[0].v = 7;
	g->n_bridges = 1;
	g->bridges[0].v = 3;
	g->move = true;
	return g;
}

struct guest_facts *
world_find(struct world *w, int host, int id)
{
	struct xen_facts *x = &w->host[host].xen;
	struct uuid u = world_uuid(id);

	for (int i = 0; i < x->n_guests; i++)
		if (uuid_equal(&x->guests[i].uuid, &u))
			return &x->guests[i];
	return NULL;
}

bool
world_take(struct world *w, int host, int id, struct guest_facts *out)
{
	struct xen_facts *x = &w->host[host].xen;
	struct uuid u = world_uuid(id);

	for (int i = 0; i < x->n_guests; i++) {
		if (!uuid_equal(&x->guests[i].uuid, &u))
			continue;
		*out = x->guests[i];
		x->guests[i] = x->guests[--x->n_guests];
		return true;
	}
	return false;
}

static void
add_sum(struct world *w, const struct action *a)
{
	const int64_t v[] = { (int64_t)a->kind, (int64_t)a->why, a->from.i, a->to.i,
		a->guest.b[15], (int64_t)a->health_from, (int64_t)a->health_to, a->sensor,
		a->seen, a->limit, a->held_ms, (int64_t)a->order.number,
		(int64_t)a->outcome };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		w->sum = (w->sum ^ (uint64_t)v[i]) * UINT64_C(1099511628211);
}

void
world_step(struct world *w, enum event_kind kind, int host)
{
	w->event.kind = kind;
	w->event.now = w->now;
	w->event.host.i = host;
	core_step(w->core, &w->event, &w->out);
	if (!core_check(w->core)) {
		(void)fprintf(stderr, "core_check fails after event %d at %lld ms\n",
		    (int)kind, (long long)w->now.ms);
		abort();
	}
	for (int i = 0; i < w->out.n; i++) {
		add_sum(w, &w->out.action[i]);
		if (w->n_log < WORLD_LOG)
			w->log[w->n_log++] = w->out.action[i];
	}
}

void
world_readings(struct world *w, int host)
{
	w->event.readings.first = 0;
	w->event.readings.n = WORLD_SENSORS;
	memcpy(w->event.readings.reading, w->host[host].reading,
	    sizeof(w->host[host].reading));
	world_step(w, EVENT_READINGS, host);
}

void
world_xen(struct world *w, int host)
{
	w->event.xen = w->host[host].xen;
	world_step(w, EVENT_XEN, host);
}

void
world_storage(struct world *w, int host)
{
	w->event.storage = w->host[host].storage;
	world_step(w, EVENT_STORAGE, host);
}

void
world_probes(struct world *w, int host)
{
	memcpy(w->event.probes, w->host[host].probes, sizeof(w->event.probes));
	world_step(w, EVENT_PROBES, host);
}

void
world_ended(struct world *w, order_t order, enum outcome outcome, enum why why)
{
	w->event.outcome.order = order;
	w->event.outcome.outcome = outcome;
	w->event.outcome.why = why;
	world_step(w, EVENT_OUTCOME, -1);
}

void
world_outcome(struct world *w, order_t order, enum outcome outcome)
{
	world_ended(w, order, outcome, WHY_NONE);
}

void
world_mode(struct world *w, enum mode mode)
{
	w->event.mode = mode;
	world_step(w, EVENT_MODE, -1);
}

void
world_ticks(struct world *w, mono_t until)
{
	int at_once = 0;

	for (;;) {
		mono_t due = core_deadline(w->core);

		if (due.ms > until.ms)
			break;
		at_once = due.ms > w->now.ms ? 0 : at_once + 1;
		assert(at_once < 1000);
		if (due.ms > w->now.ms)
			w->now = due;
		world_step(w, EVENT_TICK, -1);
	}
	w->now = until;
}

void
world_report(struct world *w)
{
	for (int k = 0; k < w->n; k++) {
		int i = w->order[k];

		if (w->host[i].silent)
			continue;
		world_probes(w, i);
		world_catalogue(w, i);
		world_readings(w, i);
		world_xen(w, i);
		world_storage(w, i);
	}
}

static void
report_second(struct world *w, int i)
{
	bool whole = (w->now.ms / 1000) % 5 == 0;

	if (w->host[i].silent)
		return;
	if (whole)
		world_probes(w, i);
	world_readings(w, i);
	if (!whole)
		return;
	world_xen(w, i);
	world_storage(w, i);
}

void
world_run(struct world *w, int64_t ms)
{
	mono_t end = mono_add(w->now, ms);

	while (w->now.ms < end.ms) {
		world_ticks(w, mono_add(w->now, 1000));
		for (int k = 0; k < w->n; k++)
			report_second(w, w->order[k]);
	}
}

enum health
world_health(const struct world *w, int host)
{
	struct host_view view;

	if (!core_host(w->core, (host_t){ host }, &view))
		abort();
	return view.health;
}

const struct action *
world_said(const struct world *w, enum action_kind kind)
{
	for (int i = w->n_log - 1; i >= 0; i--) {
		if (w->log[i].kind == kind)
			return &w->log[i];
	}
	return NULL;
}

int
world_count(const struct world *w, enum action_kind kind)
{
	int n = 0;

	for (int i = 0; i < w->n_log; i++)
		n += w->log[i].kind == kind;
	return n;
}

void
world_forget(struct world *w)
{
	w->n_log = 0;
}
