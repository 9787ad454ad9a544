#include <stdlib.h>
#include <string.h>

#include "base/balloon.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/intake_host.h"

enum { MAX_PERMILLE = 1000000 };

static struct event *
begin(const struct intake_host *h, struct intake_out *out, enum event_kind kind)
{
	out->event->kind = kind;
	out->event->now = out->now;
	out->event->host = (host_t){ h->index };
	return out->event;
}

static void
send(struct intake_out *out)
{
	out->sink.event(out->sink.to, out->event);
}

static id64_t
named_id(struct intake_out *out, const char *text)
{
	id64_t id = text_id(text);

	if (id.v)
		trace_name(out->names, id, text);
	return id;
}

void
intake_host_admitted(struct intake_host *h, enum role role)
{
	if (role == ROLE_ACTUATOR)
		log_line(LOG_LEVEL_INFO, "actuator-admitted", "host", h->name, NULL);
	if (role != ROLE_MONITOR)
		return;
	for (int p = 0; p < PROBES; p++)
		h->generation[p] = 0;
	h->unknown_readings = true;
	log_line(LOG_LEVEL_INFO, "monitor-admitted", "host", h->name, NULL);
}

void
intake_host_asked(struct intake_host *h, const Lifeboat__Request *request, mono_t now)
{
	struct intake_actuator *a = &h->actuator;

	a->ever = true;
	a->heard = now;
	a->asked++;
	a->term = request->term;
	memcpy(a->boot.b, request->boot_id.data, sizeof(a->boot.b));
	a->autostart_follows = request->autostart_follows;
	a->has_key = request->carrier_key.len == WIRE_KEY;
	if (a->has_key)
		memcpy(a->carrier_key, request->carrier_key.data, WIRE_KEY);
}

void
intake_host_deinit(struct intake_host *h)
{
	free(h->catalogue);
	free(h->xen.data);
	free(h->storage.data);
}

bool
intake_host_wants_catalogue(const struct intake_host *h)
{
	return h->unknown_readings;
}

static void
note_boot(struct intake_host *h, const Lifeboat__Report *m)
{
	if (h->booted && memcmp(h->boot_id, m->boot_id.data, sizeof(h->boot_id)) != 0)
		log_line(LOG_LEVEL_NOTICE, "host-rebooted", "host", h->name, NULL);
	memcpy(h->boot_id, m->boot_id.data, sizeof(h->boot_id));
	h->booted = true;
}

static void
take_limits(struct sensor_facts *f, const Lifeboat__Sensor *s)
{
	static const uint32_t has[LIMITS] = { HAS_LOW_CRITICAL, HAS_LOW, HAS_HIGH,
		HAS_HIGH_CRITICAL };
	const int64_t value[LIMITS] = { s->low_critical, s->low, s->high,
		s->high_critical };

	for (int l = 0; l < LIMITS; l++) {
		f->limit[l] = s->limits & has[l] ? value[l] : NO_LIMIT;
		f->clear[l] = NO_LIMIT;
	}
	if (s->limits & HAS_HIGH_CLEAR)
		f->clear[LIMIT_HIGH] = s->high_clear;
	if (s->limits & HAS_HIGH_CRITICAL_CLEAR)
		f->clear[LIMIT_HIGH_CRITICAL] = s->high_critical_clear;
}

/* The host's table with this probe's part replaced; false when it does not fit. */
static bool
join_catalogue(
    struct intake_host *h, const Lifeboat__Catalogue *c, struct intake_out *out)
{
	struct sensor_facts *table;
	uint16_t n = 0;

	for (int p = 0; p < PROBES; p++)
		n = (uint16_t)(n + (p == (int)c->probe ? c->n_sensors : h->count[p]));
	if (n > MAX_SENSORS) {
		log_line(LOG_LEVEL_WARNING, "too-many-sensors", "host", h->name,
		    "sensors", log_int(n), "limit", log_int(MAX_SENSORS), NULL);
		return false;
	}
	table = calloc((size_t)n + 1, sizeof(*table));
	if (!table)
		return false;
	n = 0;
	for (int p = 0; p < PROBES; p++) {
		uint16_t first = n;
		if (p != (int)c->probe) {
			if (h->count[p])
				memcpy(table + n, h->catalogue + h->first[p],
				    h->count[p] * sizeof(*table));
			n = (uint16_t)(n + h->count[p]);
		}
		for (size_t i = 0; p == (int)c->probe && i < c->n_sensors; i++, n++) {
			text_copy(
			    table[n].name, sizeof(table[n].name), c->sensors[i]->name);
			table[n].kind = (enum sensor_kind)c->sensors[i]->kind;
			take_limits(&table[n], c->sensors[i]);
			policy_conf_sensor(out->conf, h->name, &table[n]);
		}
		h->first[p] = first;
		h->count[p] = (uint16_t)(n - first);
	}
	free(h->catalogue);
	h->catalogue = table;
	return true;
}

static bool
brings_catalogue(const Lifeboat__Report *m, int probe)
{
	for (size_t i = 0; i < m->n_catalogues; i++)
		if ((int)m->catalogues[i]->probe == probe)
			return true;
	return false;
}

static int
probes_with_sensors(const struct intake_host *h)
{
	int n = 0;

	for (int p = 0; p < PROBES; p++)
		n += h->count[p] > 0;
	return n;
}

/*
 * The table is kept only while two probes have sensors: thousands of hosts have one, and
 * the core knows it.  When a second probe comes, the first one's is asked for again.
 */
static bool
can_join(struct intake_host *h, const Lifeboat__Report *m)
{
	bool can = true;

	if (h->catalogue)
		return true;
	for (int p = 0; p < PROBES; p++)
		can &= h->count[p] == 0 || brings_catalogue(m, p);
	for (int p = 0; p < PROBES; p++) {
		h->generation[p] = 0;
		if (can)
			h->count[p] = 0;
	}
	h->unknown_readings |= !can;
	return can;
}

static bool
brings_news(const struct intake_host *h, const Lifeboat__Report *m)
{
	for (size_t i = 0; i < m->n_catalogues; i++)
		if (h->generation[m->catalogues[i]->probe] !=
		    m->catalogues[i]->generation)
			return true;
	return false;
}

static void
take_catalogues(struct intake_host *h, const Lifeboat__Report *m, struct intake_out *out)
{
	struct event *e;
	uint16_t n = 0;

	if (!brings_news(h, m) || !can_join(h, m))
		return;
	for (size_t i = 0; i < m->n_catalogues; i++)
		if (join_catalogue(h, m->catalogues[i], out))
			h->generation[m->catalogues[i]->probe] =
			    m->catalogues[i]->generation;
	for (int p = 0; p < PROBES; p++)
		n = (uint16_t)(n + h->count[p]);
	if (!h->catalogue)
		return;
	e = begin(h, out, EVENT_CATALOGUE);
	e->catalogue.n = n;
	memcpy(e->catalogue.sensor, h->catalogue, n * sizeof(*h->catalogue));
	send(out);
	if (probes_with_sensors(h) < 2) {
		free(h->catalogue);
		h->catalogue = NULL;
	}
}

static void
take_readings(struct intake_host *h, const Lifeboat__Report *m, struct intake_out *out)
{
	bool unknown = false;

	for (size_t i = 0; i < m->n_readings; i++) {
		const Lifeboat__Readings *r = m->readings[i];
		struct event *e;
		if (r->generation != h->generation[r->probe] ||
		    r->n_values != h->count[r->probe]) {
			unknown = true;
			continue;
		}
		e = begin(h, out, EVENT_READINGS);
		e->readings.first = h->first[r->probe];
		e->readings.n = (uint16_t)r->n_values;
		for (size_t k = 0; k < r->n_values; k++)
			e->readings.reading[k] = (struct reading){ .value = r->values[k],
				.quality = (uint8_t)(r->states[k] & 15),
				.flags = (uint8_t)(r->states[k] >> 4) };
		send(out);
	}
	if (m->n_readings)
		h->unknown_readings = unknown;
}

static void
take_probes(struct intake_host *h, const Lifeboat__Report *m, struct intake_out *out)
{
	struct event *e;

	if (m->n_probes == 0)
		return;
	e = begin(h, out, EVENT_PROBES);
	for (int p = 0; p < PROBES; p++)
		e->probes[p] = h->probes[p];
	for (size_t i = 0; i < m->n_probes; i++)
		e->probes[m->probes[i]->id] = (uint8_t)m->probes[i]->state;
	memcpy(h->probes, e->probes, sizeof(h->probes));
	send(out);
}

/* Thousandths of one CPU between two counts; 0 when there is nothing to compare. */
static uint32_t
permille(uint64_t before, uint64_t after, int64_t took_ms)
{
	uint64_t rate;

	if (took_ms <= 0 || after < before || before == 0)
		return 0;
	rate = (after - before) / 1000 / (uint64_t)took_ms;
	return rate > MAX_PERMILLE ? MAX_PERMILLE : (uint32_t)rate;
}

static uint64_t
cpu_before(const struct intake_host *h, const struct uuid *uuid)
{
	for (int i = 0; i < h->n_guests; i++)
		if (uuid_equal(&h->guest[i].uuid, uuid))
			return h->guest[i].cpu_ns;
	return 0;
}

static void
take_guest(const struct intake_host *h, struct guest_facts *g, const Lifeboat__Guest *m,
    struct intake_out *out)
{
	memset(g, 0, sizeof(*g));
	memcpy(g->uuid.b, m->uuid.data, sizeof(g->uuid.b));
	text_copy(g->name, sizeof(g->name), m->name);
	g->domid = m->domid;
	g->type = (enum guest_type)m->type;
	g->state = (enum guest_state)m->state;
	g->master = (enum master)m->master;
	/* A link that goes with its guest starts nothing behind Lifeboat's back. */
	if (g->master == MASTER_AUTO && h->actuator.autostart_follows)
		g->master = MASTER_NONE;
	g->memory_kib = m->max_kib > m->memory_kib ? m->max_kib : m->memory_kib;
	g->vcpus = m->vcpus;
	g->cpu_permille =
	    permille(cpu_before(h, &g->uuid), m->cpu_ns, mono_since(out->now, h->cpu_at));
	g->pci_devices =
	    (uint16_t)(m->pci_devices > UINT16_MAX ? UINT16_MAX : m->pci_devices);
	g->n_disks = (uint16_t)m->n_disks;
	for (size_t i = 0; i < m->n_disks; i++)
		g->disks[i] = named_id(out, m->disks[i]);
	g->n_bridges = (uint16_t)m->n_bridges;
	for (size_t i = 0; i < m->n_bridges; i++)
		g->bridges[i] = named_id(out, m->bridges[i]);
	g->move = policy_conf_guest(out->conf, g->name);
}

static void
remember_cpu(struct intake_host *h, const Lifeboat__Xen *m, mono_t now)
{
	h->cpu_at = now;
	h->cpu_ns = m->cpu_ns;
	h->n_guests = (uint16_t)m->n_guests;
	for (size_t i = 0; i < m->n_guests; i++) {
		memcpy(h->guest[i].uuid.b, m->guests[i]->uuid.data, sizeof(struct uuid));
		h->guest[i].cpu_ns = m->guests[i]->cpu_ns;
	}
}

static enum probe_state
state_of(const Lifeboat__Report *m, enum probe_id id)
{
	for (size_t i = 0; i < m->n_probes; i++)
		if (m->probes[i]->id == (uint32_t)id)
			return (enum probe_state)m->probes[i]->state;
	return PROBE_OK;
}

/* What a target has for guests: free, and what dom0 may give back. */
static uint64_t
free_kib(const Lifeboat__Xen *m)
{
	return m->free_kib + (m->autoballoon ? balloon_gives(m->dom0_kib) : 0);
}

static void
take_xen(struct intake_host *h, const Lifeboat__Report *m, struct intake_out *out)
{
	const Lifeboat__Xen *x = m->xen;
	struct xen_facts *f;
	uint32_t rate;

	if (!x)
		return;
	f = &begin(h, out, EVENT_XEN)->xen;
	memset(f, 0, offsetof(struct xen_facts, guests));
	f->state = state_of(m, PROBE_XEN);
	f->major = x->major;
	f->minor = x->minor;
	f->total_kib = x->total_kib;
	f->free_kib = free_kib(x);
	f->cpus = x->cpus;
	rate = permille(h->cpu_ns, x->cpu_ns, mono_since(out->now, h->cpu_at));
	f->cpu_permille = x->cpus ? rate / x->cpus : 0;
	if (f->cpu_permille > 1000)
		f->cpu_permille = 1000;
	f->live_pv = x->live_pv;
	f->live_hvm = x->live_hvm;
	f->n_features_pv = (uint16_t)x->n_features_pv;
	f->n_features_hvm = (uint16_t)x->n_features_hvm;
	for (size_t i = 0; i < x->n_features_pv; i++)
		f->features_pv[i] = x->features_pv[i];
	for (size_t i = 0; i < x->n_features_hvm; i++)
		f->features_hvm[i] = x->features_hvm[i];
	f->n_bridges = (uint16_t)x->n_bridges;
	for (size_t i = 0; i < x->n_bridges; i++)
		f->bridges[i] = named_id(out, x->bridges[i]);
	f->n_guests = (uint16_t)x->n_guests;
	for (size_t i = 0; i < x->n_guests; i++)
		take_guest(h, &f->guests[i], x->guests[i], out);
	remember_cpu(h, x, out->now);
	send(out);
}

static bool
session_lost(const Lifeboat__Storage *s, const Lifeboat__Disk *d)
{
	for (size_t i = 0; i < s->n_sessions; i++)
		if (strcmp(s->sessions[i]->iqn, d->iqn) == 0 &&
		    strcmp(s->sessions[i]->portal, d->portal) == 0)
			return s->sessions[i]->state != 0;
	return false;
}

static void
take_storage(struct intake_host *h, const Lifeboat__Report *m, struct intake_out *out)
{
	const Lifeboat__Storage *s = m->storage;
	struct storage_facts *f;
	char text[2 * DISK_SIZE];

	if (!s)
		return;
	f = &begin(h, out, EVENT_STORAGE)->storage;
	memset(f, 0, sizeof(*f));
	f->state = state_of(m, PROBE_ISCSI);
	f->n_disks = (uint16_t)s->n_disks;
	for (size_t i = 0; i < s->n_disks; i++) {
		const Lifeboat__Disk *d = s->disks[i];
		f->disks[i].disk = named_id(out, d->identity);
		f->disks[i].lost = d->state != 0 || d->stuck || session_lost(s, d);
	}
	f->n_sessions = (uint16_t)s->n_sessions;
	for (size_t i = 0; i < s->n_sessions; i++) {
		snprintf(text, sizeof(text), "%s@%s", s->sessions[i]->iqn,
		    s->sessions[i]->portal);
		f->sessions[i].disk = named_id(out, text);
		f->sessions[i].lost = s->sessions[i]->state != 0;
	}
	send(out);
}

/* An order to move a guest repeats what its host said of it, word for word. */
static void
keep(struct intake_bytes *kept, const ProtobufCMessage *m)
{
	size_t len = protobuf_c_message_get_packed_size(m);
	uint8_t *data = kept->data;

	if (len > kept->room) {
		data = realloc(data, len);
		if (!data) {
			kept->len = 0;
			return;
		}
		kept->data = data;
		kept->room = len;
	}
	kept->len = protobuf_c_message_pack(m, data);
}

static void
keep_words(struct intake_host *h, const Lifeboat__Report *m)
{
	if (m->xen)
		keep(&h->xen, &m->xen->base);
	if (m->storage)
		keep(&h->storage, &m->storage->base);
}

void
intake_host_report(
    struct intake_host *h, const Lifeboat__Report *m, struct intake_out *out)
{
	note_boot(h, m);
	keep_words(h, m);
	take_probes(h, m, out);
	take_catalogues(h, m, out);
	take_storage(h, m, out);
	take_xen(h, m, out);
	take_readings(h, m, out);
}
