#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/text.h"
#include "base/wire.h"
#include "base/wire_internal.h"

enum { ALIGN = 16, FLAGS = FLAG_ALARM | FLAG_CRIT_ALARM | FLAG_FAULT };

/* 10^15, in milli-units or KiB: sums of many stay far from the end of an int64_t. */
static const int64_t max_value = 1000000000000000;

int
wire_arena_init(struct wire_arena *a)
{
	a->used = 0;
	a->buf = malloc(WIRE_ARENA);
	return a->buf ? 0 : -ENOMEM;
}

void
wire_arena_deinit(struct wire_arena *a)
{
	free(a->buf);
	*a = (struct wire_arena)WIRE_ARENA_NULL;
}

static void *
arena_alloc(void *data, size_t size)
{
	struct wire_arena *a = data;
	size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	void *p;

	if (need < size || need > WIRE_ARENA - a->used)
		return NULL;
	p = a->buf + a->used;
	a->used += need;
	return p;
}

/* The arena is emptied as a whole at the next decode. */
static void
arena_free(void *data, void *p)
{
	(void)data;
	(void)p;
}

ProtobufCMessage *
wire_decode(const ProtobufCMessageDescriptor *type, struct wire_arena *a,
    const uint8_t *buf, size_t len)
{
	ProtobufCAllocator allocator = { arena_alloc, arena_free, a };

	a->used = 0;
	return protobuf_c_message_unpack(type, &allocator, len, buf);
}

bool
wire_is_name(const char *s, size_t size, bool may_be_empty)
{
	size_t len = strlen(s);

	return len < size && (len > 0 || may_be_empty) && text_is_utf8(s, len);
}

static bool
are_names(char *const *s, size_t n, size_t max, size_t size, bool may_be_empty)
{
	if (n > max)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!wire_is_name(s[i], size, may_be_empty))
			return false;
	return true;
}

static bool
in_range(int64_t v)
{
	return v >= -max_value && v <= max_value;
}

static bool
are_pins(char *const *s, size_t n)
{
	struct cpus set;

	if (!are_names(s, n, MAX_PINS, PIN_SIZE, false))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!cpus_parse(&set, s[i]))
			return false;
	return true;
}

static const char *
check_sensor(const Lifeboat__Sensor *s)
{
	if (!wire_is_name(s->name, SENSOR_SIZE, false))
		return "sensor name";
	if (!wire_is_name(s->label, SENSOR_SIZE, true))
		return "sensor label";
	if (s->kind > SENSOR_INTRUSION)
		return "sensor kind";
	if (!in_range(s->low_critical) || !in_range(s->low) || !in_range(s->high) ||
	    !in_range(s->high_critical) || !in_range(s->high_clear) ||
	    !in_range(s->high_critical_clear))
		return "sensor limit";
	return NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *
check_catalogue(const Lifeboat__Catalogue *c)
{
	const char *names[MAX_SENSORS];
	const char *what;

	if (c->probe >= PROBES || c->generation == 0)
		return "catalogue";
	if (c->n_sensors > MAX_SENSORS)
		return "count of sensors";
	for (size_t i = 0; i < c->n_sensors; i++) {
		what = check_sensor(c->sensors[i]);
		if (what)
			return what;
		names[i] = c->sensors[i]->name;
	}
	qsort(names, c->n_sensors, sizeof(names[0]), compare_names);
	for (size_t i = 1; i < c->n_sensors; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return "sensor named twice";
	return NULL;
}

static const char *
check_readings(const Lifeboat__Readings *r)
{
	if (r->probe >= PROBES || r->generation == 0)
		return "readings";
	if (r->n_values > MAX_SENSORS || r->n_values != r->n_states)
		return "count of readings";
	for (size_t i = 0; i < r->n_values; i++) {
		if (!in_range(r->values[i]))
			return "reading";
		if ((r->states[i] & 15) > QUALITY_IMPLAUSIBLE ||
		    r->states[i] >> 4 > FLAGS)
			return "state of a reading";
	}
	return NULL;
}

const char *
wire_check_guest(const Lifeboat__Guest *g)
{
	if (g->uuid.len != sizeof(struct uuid))
		return "guest uuid";
	if (!wire_is_name(g->name, NAME_SIZE, false))
		return "guest name";
	if (g->type > GUEST_HVM || g->state > GUEST_DYING || g->master > MASTER_LIBVIRT)
		return "guest type, state or master";
	if (g->memory_kib > (uint64_t)max_value || g->max_kib > (uint64_t)max_value)
		return "guest memory";
	if (!are_names(g->disks, g->n_disks, MAX_GUEST_DISKS, DISK_SIZE, true))
		return "guest disks";
	if (!are_names(g->bridges, g->n_bridges, MAX_GUEST_BRIDGES, NAME_SIZE, false))
		return "guest bridges";
	if (!wire_is_name(g->kernel, FILE_SIZE, true) ||
	    !wire_is_name(g->ramdisk, FILE_SIZE, true))
		return "guest kernel or ramdisk";
	if (!wire_is_name(g->cpupool, NAME_SIZE, true) ||
	    !are_pins(g->pinned, g->n_pinned))
		return "guest cpupool or pins";
	return NULL;
}

const char *
wire_check_xen(const Lifeboat__Xen *x)
{
	const char *what;

	if (x->major > 99 || x->minor > 999)
		return "xen version";
	if (!wire_is_name(x->extra, NAME_SIZE, true) ||
	    !wire_is_name(x->capabilities, 1024, true))
		return "xen capabilities";
	if (x->total_kib > (uint64_t)max_value || x->free_kib > (uint64_t)max_value ||
	    x->dom0_kib > (uint64_t)max_value || x->dom0_max_kib > (uint64_t)max_value)
		return "xen memory";
	if (x->n_features_pv > MAX_FEATURES || x->n_features_hvm > MAX_FEATURES)
		return "cpu features";
	if (!are_names(x->bridges, x->n_bridges, MAX_BRIDGES, NAME_SIZE, false))
		return "bridges";
	if (x->n_guests > MAX_GUESTS)
		return "count of guests";
	for (size_t i = 0; i < x->n_guests; i++) {
		what = wire_check_guest(x->guests[i]);
		if (what)
			return what;
	}
	return NULL;
}

bool
wire_is_disk(const Lifeboat__Disk *d)
{
	return wire_is_name(d->identity, DISK_SIZE, false) && d->state <= 2 &&
	       wire_is_name(d->device, NAME_SIZE, true) &&
	       wire_is_name(d->portal, DISK_SIZE, true) &&
	       wire_is_name(d->iqn, DISK_SIZE, true);
}

static const char *
check_storage(const Lifeboat__Storage *s)
{
	if (s->n_disks > MAX_DISKS)
		return "count of disks";
	if (s->n_sessions > MAX_SESSIONS)
		return "count of sessions";
	for (size_t i = 0; i < s->n_disks; i++)
		if (!wire_is_disk(s->disks[i]))
			return "disk";
	for (size_t i = 0; i < s->n_sessions; i++) {
		const Lifeboat__Session *e = s->sessions[i];
		if (!wire_is_name(e->iqn, DISK_SIZE, false) ||
		    !wire_is_name(e->portal, DISK_SIZE, true) || e->state > 2)
			return "iscsi session";
	}
	return NULL;
}

static const char *
check_probes(const Lifeboat__Report *m)
{
	if (m->n_probes > PROBES)
		return "count of probes";
	for (size_t i = 0; i < m->n_probes; i++)
		if (m->probes[i]->id >= PROBES || m->probes[i]->state > PROBE_HUNG ||
		    !wire_is_name(m->probes[i]->why, 512, true))
			return "probe";
	return NULL;
}

static const char *
check_report(const Lifeboat__Report *m)
{
	const char *what;

	if (m->boot_id.len != sizeof(struct uuid))
		return "boot id";
	what = check_probes(m);
	if (what)
		return what;
	if (m->n_catalogues > PROBES || m->n_readings > PROBES)
		return "count of catalogues or readings";
	for (size_t i = 0; i < m->n_catalogues && !what; i++)
		what = check_catalogue(m->catalogues[i]);
	for (size_t i = 0; i < m->n_readings && !what; i++)
		what = check_readings(m->readings[i]);
	if (!what && m->xen)
		what = wire_check_xen(m->xen);
	if (!what && m->storage)
		what = check_storage(m->storage);
	return what;
}

enum frame_refusal
wire_report(Lifeboat__Report **out, struct wire_arena *a, const uint8_t *buf, size_t len,
    const char **what)
{
	ProtobufCMessage *m = wire_decode(&lifeboat__report__descriptor, a, buf, len);

	if (!m)
		return FRAME_E_DECODE;
	*out = (Lifeboat__Report *)m;
	*what = check_report(*out);
	return *what ? FRAME_E_VALUE : FRAME_OK;
}
