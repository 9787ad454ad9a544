/*
 * Bytes become events; core_check() is the oracle.  Now and then the core is encoded,
 * decoded into another, and both must go on alike.
 */
#include "policy/core/core.h"
#include "tests/lib/core_state.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOSTS = 3, ORDERS = 2 };

struct input {
	const uint8_t *data;
	size_t left;
};

static struct event event;
static struct actions actions, others;
static struct core_state encoded, again;

static uint8_t
byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->data++;
}

/* Small numbers often, any number sometimes. */
static int64_t
number(struct input *in)
{
	uint8_t kind = byte(in);
	uint64_t v = 0;

	if (kind < 0x80)
		return kind;
	if (kind < 0xe0)
		return (int64_t)kind * 1000 - 90000;
	if (kind < 0xf0)
		return NO_LIMIT;
	for (int i = 0; i < 8; i++)
		v = v << 8 | byte(in);
	return (int64_t)v;
}

static bool
coin(struct input *in)
{
	return byte(in) & 1;
}

static void
fill_catalogue(struct input *in)
{
	event.catalogue.n = byte(in) % 6;
	if (byte(in) == 0xff)
		event.catalogue.n = MAX_SENSORS + 1;
	for (int i = 0; i < event.catalogue.n && i < MAX_SENSORS; i++) {
		struct sensor_facts *f = &event.catalogue.sensor[i];

		memset(f, 0, sizeof(*f));
		f->name[0] = (char)('a' + byte(in) % 8);
		f->kind = byte(in) % 10;
		for (int k = 0; k < LIMITS; k++) {
			f->limit[k] = number(in);
			f->clear[k] = number(in);
		}
		f->ignored = byte(in) == 1;
		f->lost_fails = byte(in) == 1;
	}
}

static void
fill_readings(struct input *in)
{
	event.readings.first = byte(in) % 4;
	event.readings.n = byte(in) % 6;
	for (int i = 0; i < event.readings.n; i++) {
		event.readings.reading[i] =
		    (struct reading){ number(in), byte(in) % 5, byte(in) % 8 };
	}
}

static void
fill_xen(struct input *in)
{
	struct xen_facts *x = &event.xen;

	memset(x, 0, sizeof(*x));
	x->state = byte(in) % 5;
	x->minor = byte(in) % 3;
	x->free_kib = (uint64_t)number(in);
	x->cpus = byte(in) % 3;
	x->cpu_permille = (uint32_t)number(in);
	x->live_pv = coin(in);
	x->live_hvm = true;
	x->n_guests = byte(in) % 4;
	if (byte(in) == 0xff)
		x->n_guests = MAX_GUESTS + 1;
	for (int i = 0; i < x->n_guests && i < MAX_GUESTS; i++) {
		struct guest_facts *g = &x->guests[i];

		g->uuid.b[0] = byte(in) % 5;
		g->name[0] = (char)('a' + byte(in) % 5);
		g->type = byte(in) % 5;
		g->state = byte(in) % 2 ? 0 : byte(in) % 7;
		g->memory_kib = (uint64_t)number(in);
		g->cpu_permille = (uint32_t)number(in);
		g->n_disks = byte(in) % 18;
		g->disks[0].v = 1;
		g->move = byte(in) != 0;
	}
}

static void
fill_storage(struct input *in)
{
	memset(&event.storage, 0, sizeof(event.storage));
	event.storage.state = byte(in) % 5;
	event.storage.n_disks = byte(in) % 4;
	for (int i = 0; i < event.storage.n_disks; i++) {
		event.storage.disks[i].disk.v = byte(in) % 4;
		event.storage.disks[i].lost = coin(in);
	}
}

static void
fill_rules(struct input *in)
{
	event.rules = rules_default();
	event.rules.hold_ms = number(in);
	event.rules.calm_ms = number(in);
	event.rules.stuck_ms = number(in);
	event.rules.cooldown_ms = number(in);
	event.rules.in_flight_pool = number(in);
}

static void
fill_order(struct input *in)
{
	struct order_facts *o = &event.order;

	memset(o, 0, sizeof(*o));
	o->prepare = (order_t){ byte(in) % 3, byte(in) % 8 };
	o->move = (order_t){ byte(in) % 3, byte(in) % 8 };
	o->follow = (order_t){ byte(in) % 3, byte(in) % 8 };
	o->held = coin(in);
	o->said = byte(in) % 10;
	o->berth = byte(in) % 10;
	o->berth_why = byte(in) % (WHYS + 1);
	o->why = byte(in) % (WHYS + 1);
	o->guest.b[0] = byte(in) % 5;
	o->name[0] = (char)('a' + byte(in) % 5);
	o->to.i = byte(in) % (HOSTS + 2) - 1;
	o->memory_kib = (uint64_t)number(in);
}

static void
fill(struct input *in)
{
	switch (event.kind) {
	case EVENT_RULES:
		fill_rules(in);
		break;
	case EVENT_HOST:
		memset(event.host_name, byte(in) % 2 ? 'x' : 'y', NAME_SIZE);
		break;
	case EVENT_RESTART:
		event.term = byte(in);
		break;
	case EVENT_CATALOGUE:
		fill_catalogue(in);
		break;
	case EVENT_READINGS:
		fill_readings(in);
		break;
	case EVENT_PROBES:
		for (int i = 0; i < PROBES; i++)
			event.probes[i] = byte(in) % 6;
		break;
	case EVENT_XEN:
		fill_xen(in);
		break;
	case EVENT_STORAGE:
		fill_storage(in);
		break;
	case EVENT_MODE:
		event.mode = byte(in) % 4;
		break;
	case EVENT_OUTCOME:
		event.outcome.order = (order_t){ byte(in) % 3, byte(in) % 8 };
		event.outcome.outcome = byte(in) % 10;
		event.outcome.why = byte(in) % (WHYS + 1);
		break;
	case EVENT_ACTUATOR:
		event.connected = coin(in);
		break;
	case EVENT_ORDER:
		fill_order(in);
		break;
	case EVENT_CANCEL:
		event.cancel = (order_t){ byte(in) % 3, byte(in) % 8 };
		break;
	case EVENT_APPROVE:
		memset(&event.approve, 0, sizeof(event.approve));
		event.approve.b[0] = byte(in) % 5;
		break;
	case EVENT_SETTLE:
		event.settle.order = (order_t){ byte(in) % 3, byte(in) % 8 };
		event.settle.off = coin(in);
		break;
	default:
		break;
	}
}

static void
expect(bool truth)
{
	if (!truth)
		abort();
}

/* Another core with the same state steps alike. */
static struct core *
reborn(const struct core *core)
{
	const struct core_limits limits = { HOSTS, ORDERS };
	struct core *other;

	expect(core_new(&other, &limits) == 0);
	core_state_take(&encoded, core);
	expect(core_decode(other, encoded.data, encoded.len));
	return other;
}

static void
same(const struct core *a, const struct core *b)
{
	core_state_take(&encoded, a);
	core_state_take(&again, b);
	expect(encoded.len == again.len);
	expect(memcmp(encoded.data, again.data, encoded.len) == 0);
	expect(actions.n == others.n);
}

int
/* NOLINTNEXTLINE(readability-identifier-naming) */
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct core_limits limits = { HOSTS, ORDERS };
	struct input in = { data, size };
	struct core *core, *other = NULL;

	expect(core_new(&core, &limits) == 0);
	for (int i = 0; i < HOSTS; i++) {
		event.kind = EVENT_HOST;
		event.now.ms = 0;
		memset(event.host_name, 0, NAME_SIZE);
		event.host_name[0] = (char)('1' + i);
		core_step(core, &event, &actions);
	}
	while (in.left > 0) {
		event.kind = byte(&in) % (EVENT_KINDS + 1);
		event.now.ms += number(&in) % 100000;
		event.host.i = byte(&in) % (HOSTS + 2) - 1;
		fill(&in);
		core_step(core, &event, &actions);
		expect(core_check(core));
		expect(actions.n >= 0 && actions.n <= MAX_ACTIONS);
		if (other) {
			core_step(other, &event, &others);
			same(core, other);
			other = core_free(other);
		} else if (byte(&in) == 0x77) {
			other = reborn(core);
		}
	}
	core_free(other);
	core_free(core);
	return 0;
}
