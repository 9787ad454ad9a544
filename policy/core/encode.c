/*
 * One walk over the whole state, field by field, serves both ways: what is written is
 * what is read.  Integers are 8 bytes, little end first.
 */
#include "policy/core/queue.h"

#include <string.h>

enum { CODEC_BUF = 4096 };

#define MAGIC UINT64_C(0x65726f632d66696c)

struct codec {
	void (*put)(void *to, const void *data, size_t len); /* NULL: reading */
	void *to;
	const uint8_t *data;
	size_t len, at;
	uint64_t sum; /* of everything before */
	size_t used;
	uint8_t buf[CODEC_BUF];
	bool ok;
};

/* FNV-1a, begun with 0. */
static uint64_t
sum_on(uint64_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ data[i]) * UINT64_C(1099511628211);
	return sum;
}

static void
flush(struct codec *c)
{
	if (c->used > 0)
		c->put(c->to, c->buf, c->used);
	c->used = 0;
}

static void
bytes(struct codec *c, void *data, size_t len)
{
	uint8_t *b = data;

	if (c->put) {
		if (c->used + len > sizeof(c->buf))
			flush(c);
		memcpy(c->buf + c->used, b, len);
		c->used += len;
	} else if (!c->ok || c->len - c->at < len) {
		c->ok = false;
		memset(b, 0, len);
		return;
	} else {
		memcpy(b, c->data + c->at, len);
		c->at += len;
	}
	c->sum = sum_on(c->sum, b, len);
}

static uint64_t
word(struct codec *c, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	bytes(c, b, sizeof(b));
	v = 0;
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)b[i] << 8 * i;
	return v;
}

/* A number that must lie in min..max; anything else is damage. */
static int64_t
within(struct codec *c, int64_t v, int64_t min, int64_t max)
{
	v = (int64_t)word(c, (uint64_t)v);
	if (v >= min && v <= max)
		return v;
	c->ok = false;
	return min;
}

static void
i64(struct codec *c, int64_t *v)
{
	*v = (int64_t)word(c, (uint64_t)*v);
}

static void
u64(struct codec *c, uint64_t *v)
{
	*v = word(c, *v);
}

static void
u32(struct codec *c, uint32_t *v)
{
	*v = (uint32_t)within(c, *v, 0, UINT32_MAX);
}

static void
u16(struct codec *c, uint16_t *v, uint16_t max)
{
	*v = (uint16_t)within(c, *v, 0, max);
}

static void
u8(struct codec *c, uint8_t *v, uint8_t max)
{
	*v = (uint8_t)within(c, *v, 0, max);
}

static void
flag(struct codec *c, bool *v)
{
	*v = within(c, *v, 0, 1) != 0;
}

static void
text(struct codec *c, char *s, size_t size)
{
	size_t len = (size_t)within(c, (int64_t)strlen(s), 0, (int64_t)size - 1);

	bytes(c, s, len);
	memset(s + len, 0, size - len);
}

static void
host_ref(struct codec *c, host_t *h, int32_t hosts)
{
	h->i = (int32_t)within(c, h->i, -1, hosts - 1);
}

static void
reason(struct codec *c, struct reason *r)
{
	r->why = (enum why)within(c, r->why, 0, WHYS - 1);
	r->sensor = (int16_t)within(c, r->sensor, -1, MAX_SENSORS - 1);
	r->unit = (enum sensor_kind)within(c, r->unit, 0, SENSOR_INTRUSION);
	i64(c, &r->seen);
	i64(c, &r->limit);
	i64(c, &r->held_ms);
	i64(c, &r->since.ms);
}

static void
sensor_state(struct codec *c, struct sensor_state *s)
{
	i64(c, &s->raw);
	i64(c, &s->value);
	i64(c, &s->low);
	i64(c, &s->high);
	i64(c, &s->jump_value);
	i64(c, &s->value_at.ms);
	i64(c, &s->changed_at.ms);
	for (int i = 0; i < LEVELS; i++) {
		i64(c, &s->over_since[i].ms);
		u8(c, &s->over[i].limit, LIMITS);
		u8(c, &s->over[i].count, UINT8_MAX);
	}
	u8(c, &s->kind, SENSOR_INTRUSION);
	u8(c, &s->quality, QUALITY_IMPLAUSIBLE);
	u8(c, &s->flags, UINT8_MAX);
	u8(c, &s->listed, WHYS - 1);
	u8(c, &s->dropped, WHYS - 1);
	u8(c, &s->limits, (1 << LIMITS) - 1);
	u8(c, &s->latched, UINT8_MAX);
	u8(c, &s->lost, UINT8_MAX);
	u8(c, &s->odd, UINT8_MAX);
	u8(c, &s->stopped, UINT8_MAX);
	u8(c, &s->alarm, UINT8_MAX);
	u8(c, &s->crit, UINT8_MAX);
	u8(c, &s->jumps, UINT8_MAX);
	flag(c, &s->ever_read);
	flag(c, &s->turned);
	flag(c, &s->limits_cross);
	flag(c, &s->stuck);
	flag(c, &s->ignored);
	flag(c, &s->lost_fails);
}

static void
sensor_facts(struct codec *c, struct sensor_facts *f)
{
	text(c, f->name, sizeof(f->name));
	f->kind = (enum sensor_kind)within(c, f->kind, 0, SENSOR_INTRUSION);
	for (int i = 0; i < LIMITS; i++) {
		i64(c, &f->limit[i]);
		i64(c, &f->clear[i]);
	}
	flag(c, &f->ignored);
	flag(c, &f->lost_fails);
}

static void
guest_facts(struct codec *c, struct guest_facts *g)
{
	bytes(c, g->uuid.b, sizeof(g->uuid.b));
	text(c, g->name, sizeof(g->name));
	u32(c, &g->domid);
	g->type = (enum guest_type)within(c, g->type, 0, GUEST_HVM);
	g->state = (enum guest_state)within(c, g->state, 0, GUEST_DYING);
	g->master = (enum master)within(c, g->master, 0, MASTER_LIBVIRT);
	g->memory_kib = (uint64_t)within(c, (int64_t)g->memory_kib, 0, QUANTITY_MAX);
	u32(c, &g->vcpus);
	g->cpu_permille = (uint32_t)within(c, g->cpu_permille, 0, 1000000);
	u16(c, &g->pci_devices, UINT16_MAX);
	u16(c, &g->n_disks, MAX_GUEST_DISKS);
	u16(c, &g->n_bridges, MAX_GUEST_BRIDGES);
	for (int i = 0; i < g->n_disks; i++)
		u64(c, &g->disks[i].v);
	for (int i = 0; i < g->n_bridges; i++)
		u64(c, &g->bridges[i].v);
	flag(c, &g->move);
}

static void
xen_facts(struct codec *c, struct xen_facts *x)
{
	x->state = (enum probe_state)within(c, x->state, 0, PROBE_HUNG);
	u32(c, &x->major);
	u32(c, &x->minor);
	u64(c, &x->total_kib);
	x->free_kib = (uint64_t)within(c, (int64_t)x->free_kib, 0, QUANTITY_MAX);
	u32(c, &x->cpus);
	x->cpu_permille = (uint32_t)within(c, x->cpu_permille, 0, 1000000);
	flag(c, &x->live_pv);
	flag(c, &x->live_hvm);
	u16(c, &x->n_features_pv, MAX_FEATURES);
	u16(c, &x->n_features_hvm, MAX_FEATURES);
	u16(c, &x->n_bridges, MAX_BRIDGES);
	u16(c, &x->n_guests, MAX_GUESTS);
	for (int i = 0; i < x->n_features_pv; i++)
		u32(c, &x->features_pv[i]);
	for (int i = 0; i < x->n_features_hvm; i++)
		u32(c, &x->features_hvm[i]);
	for (int i = 0; i < x->n_bridges; i++)
		u64(c, &x->bridges[i].v);
	for (int i = 0; i < x->n_guests; i++)
		guest_facts(c, &x->guests[i]);
}

static void
storage_facts(struct codec *c, struct storage_facts *s)
{
	s->state = (enum probe_state)within(c, s->state, 0, PROBE_HUNG);
	u16(c, &s->n_disks, MAX_DISKS);
	u16(c, &s->n_sessions, MAX_SESSIONS);
	for (int i = 0; i < s->n_disks; i++) {
		u64(c, &s->disks[i].disk.v);
		u8(c, &s->disks[i].lost, UINT8_MAX);
	}
	for (int i = 0; i < s->n_sessions; i++) {
		u64(c, &s->sessions[i].disk.v);
		u8(c, &s->sessions[i].lost, UINT8_MAX);
	}
}

static void
path(struct codec *c, struct path *p)
{
	u64(c, &p->id.v);
	i64(c, &p->since.ms);
	flag(c, &p->session);
	flag(c, &p->lost);
	flag(c, &p->present);
	u8(c, &p->verdict, WHYS - 1);
}

static void
said(struct codec *c, struct said *s, int32_t hosts)
{
	bytes(c, s->guest.b, sizeof(s->guest.b));
	host_ref(c, &s->to, hosts);
	s->sensor = (int16_t)within(c, s->sensor, -1, MAX_SENSORS - 1);
	u8(c, &s->why, WHYS - 1);
	u8(c, &s->stays, WHYS - 1);
}

static void
host_times(struct codec *c, struct host *h)
{
	mono_t *times[] = { &h->since, &h->heard_at, &h->readings_at, &h->xen_at,
		&h->storage_at, &h->wrong_at, &h->failing_at, &h->stuck_at, &h->due };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		i64(c, &times[i]->ms);
}

static void
host_flags(struct codec *c, struct host *h)
{
	bool *flags[] = { &h->heard, &h->ever_heard, &h->returned, &h->cordoned,
		&h->drained, &h->held, &h->evacuates, &h->actuator, &h->catalogue_in,
		&h->readings_in, &h->xen_in, &h->storage_in, &h->probes_in };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		flag(c, flags[i]);
	for (int i = 0; i < PROBES; i++) {
		u8(c, &h->probes[i], PROBE_HUNG);
		u8(c, &h->probe_bad[i], UINT8_MAX);
		flag(c, &h->probe_ok[i]);
	}
}

static void
host_head(struct codec *c, struct host *h)
{
	text(c, h->name, sizeof(h->name));
	h->health = (enum health)within(c, h->health, 0, HEALTH_FAILING);
	reason(c, &h->reason);
	host_times(c, h);
	host_flags(c, h);
	u16(c, &h->n_sensors, MAX_SENSORS);
	u16(c, &h->n_paths, MAX_PATHS);
	u16(c, &h->n_said, MAX_GUESTS);
	u16(c, &h->leaving, UINT16_MAX);
	u16(c, &h->coming, UINT16_MAX);
	for (int i = 0; i < BUSY_WORDS; i++)
		u64(c, &h->busy[i]);
	u64(c, &h->uuids);
	u64(c, &h->names);
	u64(c, &h->promised_kib);
	u32(c, &h->promised_cpu);
	u32(c, &h->load);
}

static void
whole_host(struct codec *c, struct core *core, int32_t i)
{
	struct host *h = &core->host[i];

	host_head(c, h);
	for (int k = 0; k < h->n_sensors && c->ok; k++) {
		sensor_state(c, &core->sensors[i].state[k]);
		sensor_facts(c, &core->names[i].facts[k]);
	}
	xen_facts(c, &core->xen[i]);
	storage_facts(c, &core->storage[i]);
	for (int k = 0; k < h->n_paths && c->ok; k++)
		path(c, &core->paths[i].path[k]);
	for (int k = 0; k < h->n_said && c->ok; k++)
		said(c, &core->sayings[i].said[k], core->n_hosts);
}

static void
order_id(struct codec *c, order_t *id)
{
	u64(c, &id->term);
	u32(c, &id->number);
}

static void
order(struct codec *c, struct order *o, int32_t hosts)
{
	order_id(c, &o->prepare);
	order_id(c, &o->move);
	order_id(c, &o->follow);
	flag(c, &o->follow_failed);
	u8(c, &o->said, OUTCOME_UNDEFINED);
	u8(c, &o->said_why, WHYS - 1);
	u8(c, &o->berth, OUTCOME_UNDEFINED);
	u8(c, &o->berth_why, WHYS - 1);
	u8(c, &o->state, ORDER_HOLDING);
	flag(c, &o->moved);
	bytes(c, o->guest.b, sizeof(o->guest.b));
	text(c, o->name, sizeof(o->name));
	o->from.i = (int32_t)within(c, o->from.i, 0, hosts - 1);
	o->to.i = (int32_t)within(c, o->to.i, 0, hosts - 1);
	reason(c, &o->reason);
	i64(c, &o->since.ms);
	u64(c, &o->memory_kib);
	u32(c, &o->cpu);
}

static void
rules(struct codec *c, struct rules *r)
{
	int64_t *fields[] = { &r->silence_ms, &r->facts_ms, &r->hold_ms, &r->calm_ms,
		&r->temp_hysteresis_mc, &r->percent_hysteresis, &r->lost_sweeps,
		&r->jump_mc_per_s, &r->stuck_ms, &r->dom0_floor_kib, &r->cooldown_ms,
		&r->prepare_ms, &r->move_silence_ms, &r->in_flight_pool,
		&r->in_flight_source, &r->in_flight_target };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		i64(c, fields[i]);
}

static void
whole(struct codec *c, struct core *core)
{
	within(c, (int64_t)MAGIC, (int64_t)MAGIC, (int64_t)MAGIC);
	within(c, CORE_VERSION, CORE_VERSION, CORE_VERSION);
	within(c, core->limits.hosts, core->limits.hosts, core->limits.hosts);
	within(c, core->limits.orders, core->limits.orders, core->limits.orders);
	rules(c, &core->rules);
	core->mode = (enum mode)within(c, core->mode, 0, MODE_ACT);
	u64(c, &core->term);
	u32(c, &core->number);
	i64(c, &core->now.ms);
	i64(c, &core->plan_at.ms);
	core->n_hosts = (int32_t)within(c, core->n_hosts, 0, core->limits.hosts);
	core->n_evacuates = (int32_t)within(c, core->n_evacuates, 0, core->n_hosts);
	core->n_orders = (int32_t)within(c, core->n_orders, 0, core->limits.orders);
	core->n_rests = (int32_t)within(
	    c, core->n_rests, 0, (int64_t)core->limits.orders * RESTS_PER_ORDER);
	for (int32_t i = 0; i < core->n_hosts && c->ok; i++)
		whole_host(c, core, i);
	for (int i = 0; i < core->n_orders && c->ok; i++)
		order(c, &core->order[i], core->n_hosts);
	for (int i = 0; i < core->n_rests && c->ok; i++) {
		bytes(c, core->rest[i].guest.b, sizeof(core->rest[i].guest.b));
		host_ref(c, &core->rest[i].to, core->n_hosts);
		i64(c, &core->rest[i].until.ms);
	}
	within(c, (int64_t)c->sum, INT64_MIN, INT64_MAX);
}

void
core_encode(const struct core *core, void (*put)(void *to, const void *data, size_t len),
    void *to)
{
	struct codec c = { .put = put, .to = to, .ok = true };

	/* The walk writes each field back as it was. */
	whole(&c, (struct core *)core);
	flush(&c);
}

/* The sum of everything but itself, at the end. */
static bool
sum_fits(const uint8_t *data, size_t len)
{
	uint64_t last = 0;

	if (len < sizeof(last))
		return false;
	for (size_t i = 0; i < sizeof(last); i++)
		last |= (uint64_t)data[len - sizeof(last) + i] << 8 * i;
	return sum_on(0, data, len - sizeof(last)) == last;
}

bool
core_decode(struct core *core, const uint8_t *data, size_t len)
{
	struct codec c = { .data = data, .len = len, .ok = true };

	if (!sum_fits(data, len))
		return false;
	whole(&c, core);
	if (!c.ok || c.at != len) {
		core->n_hosts = 0;
		core->n_evacuates = 0;
		core->n_orders = 0;
		core->n_rests = 0;
		return false;
	}
	queue_build(core);
	return core_check(core);
}
