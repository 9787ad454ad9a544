/*
 * Text is replayed as a recording that somebody damaged, and its lines are taken one by
 * one.  What begins with a control character becomes events of any content.  Either way
 * an event that is written and read back must lead a second core to the same state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "policy/replay.h"
#include "tests/lib/core_state.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 4096, LINES_MAX = 64 };

struct input {
	const uint8_t *data;
	size_t left;
};

static struct event event, again;
static struct actions actions;
static struct trace *names, *names_again;
static struct core *core, *core_again;
static int steps;

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
fail(const char *line, const char *sentence)
{
	fprintf(stderr, "%s: %s", sentence, line);
	abort();
}

static void
step_both(void)
{
	struct err err = { "" };
	char prose[4096];
	char *line = NULL;
	size_t size;
	int n;
	FILE *f = open_memstream(&line, &size);

	expect(f != NULL);
	trace_event(names, f, core, &event);
	expect(fclose(f) == 0);
	if (trace_parse(names_again, &again, core_again, line, &err) != 0)
		fail(line, err.text);

	core_step(core, &event, &actions);
	for (int i = 0; i < actions.n; i++)
		expect(strlen(trace_prose(
			   prose, sizeof(prose), core, &actions.action[i])) > 0);
	n = actions.n;
	core_step(core_again, &again, &actions);
	expect(core_check(core));
	/* States are large: now and then, and at the end. */
	if (n != actions.n ||
	    (++steps % 16 == 0 && core_state_sum(core) != core_state_sum(core_again)))
		fail(line, "read back it is another event, or one before it was");
	free(line);
}

static void
read_line(const char *line)
{
	struct err err = { "" };
	int r = trace_parse(names, &event, core, line, &err);

	if (r == 0)
		step_both();
	expect(r >= 0 || err.text[0] != '\0');
}

/*
 * Bytes as events
 */

static uint8_t
byte(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->data++;
}

static uint64_t
number(struct input *in)
{
	uint8_t kind = byte(in);
	uint64_t v = 0;

	if (kind < 0xe0)
		return (uint64_t)kind * 1000;
	for (int i = 0; i < 8; i++)
		v = v << 8 | byte(in);
	return v;
}

static int64_t
quantity(struct input *in)
{
	uint64_t v = number(in);

	return v % 7 == 0 ? NO_LIMIT : (int64_t)v;
}

static void
name(struct input *in, char *to, size_t size)
{
	size_t n = byte(in) % 8;

	memset(to, 0, size);
	if (n == 7)
		n = size - 1;
	for (size_t i = 0; i < n && in->left > 0; i++)
		to[i] = (char)byte(in);
}

static void
fill_catalogue(struct input *in)
{
	event.catalogue.n = (uint16_t)(byte(in) % 5);
	if (byte(in) == 0xff)
		event.catalogue.n = (uint16_t)(MAX_SENSORS + byte(in));
	for (int i = 0; i < event.catalogue.n && i < MAX_SENSORS; i++) {
		struct sensor_facts *s = &event.catalogue.sensor[i];

		name(in, s->name, sizeof(s->name));
		s->kind = byte(in) % (SENSOR_INTRUSION + 1);
		for (int l = 0; l < LIMITS; l++) {
			s->limit[l] = quantity(in);
			s->clear[l] = quantity(in);
		}
		s->ignored = byte(in) & 1;
		s->lost_fails = byte(in) & 1;
	}
}

static void
fill_readings(struct input *in)
{
	event.readings.first = byte(in) % 3;
	event.readings.n = (uint16_t)(byte(in) % 5);
	if (byte(in) == 0xff)
		event.readings.n = (uint16_t)(MAX_SENSORS + byte(in));
	for (int i = 0; i < event.readings.n && i < MAX_SENSORS; i++)
		event.readings.reading[i] = (struct reading){ (int64_t)number(in),
			byte(in) % (QUALITY_IMPLAUSIBLE + 1), byte(in) % 8 };
}

static void
fill_ids(struct input *in, id64_t *ids, uint16_t *n, uint16_t max)
{
	*n = (uint16_t)(byte(in) % (max + 2));
	for (int i = 0; i < *n && i < max && i < 4; i++)
		ids[i].v = number(in);
}

static void
fill_guest(struct input *in, struct guest_facts *g)
{
	name(in, g->name, sizeof(g->name));
	memset(g->uuid.b, byte(in), sizeof(g->uuid.b));
	g->domid = (uint32_t)number(in);
	g->type = byte(in) % (GUEST_HVM + 1);
	g->state = byte(in) % (GUEST_DYING + 1);
	g->master = byte(in) % (MASTER_LIBVIRT + 1);
	g->memory_kib = number(in) & INT64_MAX;
	g->vcpus = (uint32_t)number(in);
	g->cpu_permille = (uint32_t)number(in);
	g->pci_devices = byte(in) % 3;
	fill_ids(in, g->disks, &g->n_disks, MAX_GUEST_DISKS);
	fill_ids(in, g->bridges, &g->n_bridges, MAX_GUEST_BRIDGES);
	g->move = byte(in) & 1;
}

static void
fill_xen(struct input *in)
{
	struct xen_facts *x = &event.xen;

	x->state = byte(in) % (PROBE_HUNG + 1);
	x->major = byte(in);
	x->minor = (uint32_t)number(in);
	x->total_kib = number(in) & INT64_MAX;
	x->free_kib = number(in) & INT64_MAX;
	x->cpus = byte(in) % 3;
	x->cpu_permille = (uint32_t)number(in);
	x->live_pv = byte(in) & 1;
	x->live_hvm = byte(in) & 1;
	x->n_features_pv = byte(in) % 3;
	x->n_features_hvm = byte(in) % (MAX_FEATURES + 3);
	x->features_hvm[0] = (uint32_t)number(in);
	fill_ids(in, x->bridges, &x->n_bridges, MAX_BRIDGES);
	x->n_guests = byte(in) % 4;
	if (byte(in) == 0xff)
		x->n_guests = (uint16_t)(MAX_GUESTS + byte(in));
	for (int i = 0; i < x->n_guests && i < MAX_GUESTS; i++)
		fill_guest(in, &x->guests[i]);
}

static void
fill_storage(struct input *in)
{
	struct storage_facts *s = &event.storage;

	s->state = byte(in) % (PROBE_HUNG + 1);
	s->n_disks = byte(in) % 4;
	s->n_sessions = byte(in) % (MAX_SESSIONS + 3);
	for (int i = 0; i < s->n_disks; i++) {
		s->disks[i].disk.v = number(in);
		s->disks[i].lost = byte(in) % 2;
	}
}

static void
fill_outcome(struct input *in)
{
	event.outcome.order.term = byte(in) % 2 ? number(in) : 1;
	event.outcome.order.number = byte(in);
	event.outcome.outcome = byte(in) % (OUTCOME_UNDEFINED + 1);
	event.outcome.why = byte(in) % WHYS;
}

static void
fill_order(struct input *in)
{
	struct order_facts *o = &event.order;

	memset(o, 0, sizeof(*o));
	o->prepare = (order_t){ number(in), byte(in) };
	o->move = (order_t){ byte(in), byte(in) };
	o->follow = (order_t){ byte(in), byte(in) };
	o->held = byte(in) & 1;
	o->said = byte(in) % (OUTCOME_UNDEFINED + 1);
	o->berth = byte(in) % (OUTCOME_UNDEFINED + 1);
	o->berth_why = byte(in) % WHYS;
	o->why = byte(in) % WHYS;
	memset(o->guest.b, byte(in), sizeof(o->guest.b));
	name(in, o->name, sizeof(o->name));
	o->to.i = byte(in) % 4 - 1;
	o->memory_kib = number(in) & INT64_MAX;
}

static void
fill_operator(struct input *in)
{
	switch (event.kind) {
	case EVENT_ACTUATOR:
		event.connected = byte(in) & 1;
		break;
	case EVENT_CANCEL:
		event.cancel = (order_t){ number(in), byte(in) };
		break;
	case EVENT_APPROVE:
		memset(event.approve.b, byte(in), sizeof(event.approve.b));
		break;
	case EVENT_SETTLE:
		event.settle.order = (order_t){ number(in), byte(in) };
		event.settle.off = byte(in) & 1;
		break;
	default:
		break;
	}
}

static void
fill(struct input *in)
{
	switch (event.kind) {
	case EVENT_HOST:
		name(in, event.host_name, sizeof(event.host_name));
		break;
	case EVENT_RULES:
		event.rules = rules_default();
		event.rules.hold_ms = byte(in) * INT64_C(100);
		break;
	case EVENT_RESTART:
		event.term = number(in);
		break;
	case EVENT_MODE:
		event.mode = byte(in) % (MODE_ACT + 1);
		break;
	case EVENT_CATALOGUE:
		fill_catalogue(in);
		break;
	case EVENT_READINGS:
		fill_readings(in);
		break;
	case EVENT_PROBES:
		for (int i = 0; i < PROBES; i++)
			event.probes[i] = byte(in) % (PROBE_HUNG + 2);
		break;
	case EVENT_XEN:
		fill_xen(in);
		break;
	case EVENT_STORAGE:
		fill_storage(in);
		break;
	case EVENT_OUTCOME:
		fill_outcome(in);
		break;
	case EVENT_ORDER:
		fill_order(in);
		break;
	default:
		fill_operator(in);
		break;
	}
}

static void
play_events(struct input *in)
{
	int64_t now = 0;

	for (int i = 0; i < LINES_MAX && in->left > 0; i++) {
		memset(&event, 0, sizeof(event));
		event.kind = byte(in) % EVENT_KINDS;
		event.host = (host_t){ byte(in) % 3 };
		now += byte(in) * INT64_C(50);
		event.now = (mono_t){ now };
		fill(in);
		step_both();
	}
}

static void
replay_text(const struct input *in)
{
	struct err err = { "" };
	char *text = NULL;
	size_t size;
	FILE *f = fmemopen((void *)(uintptr_t)in->data, in->left, "r");
	FILE *out = open_memstream(&text, &size);
	int r;

	expect(f && out);
	r = replay(f, out, &err);
	expect(r != -ENOTRECOVERABLE && (r == 0 || err.text[0] != '\0'));
	fclose(f);
	fclose(out);
	free(text);
}

static void
play_lines(struct input *in)
{
	char line[LINE_MAX_BYTES];
	size_t n = 0;

	for (; in->left > 0; in->left--, in->data++) {
		if (*in->data != '\n' && *in->data != '\0' && n + 1 < sizeof(line)) {
			line[n++] = (char)*in->data;
			continue;
		}
		line[n] = '\0';
		read_line(line);
		n = 0;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const world[] = {
		"@0s rules hold=1s calm=2s",
		"@0s host n1",
		"@0s host n2",
		"@0s restart term=1",
		"@0s sensors n1 cpu/temp1 temp high=75C ; fan/fan1 fan low=300RPM",
		"@0s readings n1 cpu/temp1=50C fan/fan1=900RPM",
		"@0s xen n1 4.17 free=8GiB cpus=8 live=hvm ; guest web disks=l",
		"@0s sensors n2 cpu/temp1 temp high=75C",
		"@0s readings n2 cpu/temp1=50C",
		"@0s xen n2 4.17 memory=16GiB free=8GiB cpus=8 live=hvm",
	};
	struct core_limits limits = { 3, 2 };
	struct input in = { data, size };

	expect(seal_start() == 0);
	steps = 0;
	expect(trace_new(&names) == 0 && trace_new(&names_again) == 0);
	expect(core_new(&core, &limits) == 0 && core_new(&core_again, &limits) == 0);
	for (size_t i = 0; i < sizeof(world) / sizeof(world[0]); i++)
		read_line(world[i]);
	if (size > 0 && *data < ' ') {
		play_events(&in);
	} else if (size > 0) {
		replay_text(&in);
		play_lines(&in);
	}
	expect(core_state_sum(core) == core_state_sum(core_again));
	core = core_free(core);
	core_again = core_free(core_again);
	names = trace_free(names);
	names_again = trace_free(names_again);
	return 0;
}
