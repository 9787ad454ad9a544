#include "policy/core/core.h"
#include "policy/core/health.h"
#include "policy/core/orders.h"
#include "policy/core/place.h"
#include "policy/core/plan.h"
#include "policy/core/queue.h"
#include "policy/core/rules.h"
#include "policy/core/say.h"
#include "policy/core/sensor.h"
#include "policy/core/storage.h"

#include <string.h>

/* Room that an event may need after the hosts that were due have had their say. */
enum { ROOM_FOR_EVENT = MAX_SENSORS + 8 };

static void
take_host(struct core *core, const struct event *event)
{
	struct host *h;
	char name[NAME_SIZE];

	memcpy(name, event->host_name, sizeof(name));
	name[NAME_SIZE - 1] = '\0';
	if (core_find_host(core, name).i >= 0)
		return;
	if (core->n_hosts >= core->limits.hosts) {
		say_refused(core, WHY_TOO_MANY_HOSTS, HOST_NONE, core->n_hosts + 1,
		    core->limits.hosts);
		return;
	}
	h = &core->host[core->n_hosts++];
	memcpy(h->name, name, sizeof(name));
	h->health = HEALTH_UNKNOWN;
	h->reason = reason_plain(WHY_RESTARTED, core->now);
	h->since = core->now;
	h->due = NEVER;
	queue_add(core, core->n_hosts - 1);
}

static void
take_restart(struct core *core, uint64_t term)
{
	if (term != core->term)
		core->number = 0;
	core->term = term;
	for (int32_t i = 0; i < core->n_hosts; i++) {
		health_forget(core, i);
		core->host[i].returned = false;
		plan_watch(core, i);
		core->host[i].due = core->now;
	}
	queue_build(core);
	orders_restart(core);
	core->plan_at = core->now;
}

static void
take_rules(struct core *core, const struct rules *rules)
{
	core->rules = rules_cut(rules);
	for (int32_t i = 0; i < core->n_hosts; i++)
		core->host[i].due = core->now;
	queue_build(core);
	core->plan_at = core->now;
}

static void
take_mode(struct core *core, enum mode mode)
{
	if ((unsigned)mode > MODE_ACT || mode == core->mode)
		return;
	core->mode = mode;
	(void)say(core, ACTION_MODE, WHY_NONE);
	/* What was said belongs to the mode in which it was said. */
	for (int32_t i = 0; i < core->n_hosts; i++)
		core->host[i].n_said = 0;
	core->plan_at = core->now;
}

/* A mark that an operator sets or takes away. */
static void
take_mark(struct core *core, int32_t host, bool *mark, bool on, enum action_kind kind)
{
	if (*mark == on)
		return;
	*mark = on;
	(void)say_host(core, kind, WHY_NONE, host);
	plan_watch(core, host);
	core->plan_at = core->now;
}

static void
take_probes(struct core *core, int32_t host, const uint8_t *probes)
{
	struct host *h = &core->host[host];

	for (int i = 0; i < PROBES; i++) {
		uint8_t state =
		    probes[i] <= PROBE_HUNG ? probes[i] : (uint8_t)PROBE_FAILED;
		bool bad = state == PROBE_FAILED || state == PROBE_HUNG;

		h->probes[i] = state;
		h->probe_ok[i] |= state == PROBE_OK;
		if (!bad)
			h->probe_bad[i] = 0;
		else if (h->probe_ok[i] && h->probe_bad[i] < UINT8_MAX)
			h->probe_bad[i]++;
	}
	h->probes_in = true;
}

static void
cut_count(uint16_t *n, int max)
{
	*n = *n > max ? (uint16_t)max : *n;
}

static void
copy_guest(struct guest_facts *to, const struct guest_facts *from)
{
	*to = *from;
	to->name[NAME_SIZE - 1] = '\0';
	cut_count(&to->n_disks, MAX_GUEST_DISKS);
	cut_count(&to->n_bridges, MAX_GUEST_BRIDGES);
	if ((unsigned)to->type > GUEST_HVM)
		to->type = GUEST_UNKNOWN;
	if ((unsigned)to->state > GUEST_DYING)
		to->state = GUEST_DYING;
	if ((unsigned)to->master > MASTER_LIBVIRT)
		to->master = MASTER_LIBVIRT;
	if (to->memory_kib > (uint64_t)QUANTITY_MAX)
		to->memory_kib = (uint64_t)QUANTITY_MAX;
	if (to->cpu_permille > 1000000)
		to->cpu_permille = 1000000;
}

static void
take_xen(struct core *core, const struct event *event)
{
	int32_t host = event->host.i;
	struct host *h = &core->host[host];
	struct xen_facts *x = &core->xen[host];
	const struct xen_facts *news = &event->xen;

	if (news->n_guests > MAX_GUESTS) {
		say_refused(
		    core, WHY_TOO_MANY_GUESTS, event->host, news->n_guests, MAX_GUESTS);
		return;
	}
	memcpy(x, news, offsetof(struct xen_facts, guests));
	if ((unsigned)x->state > PROBE_HUNG)
		x->state = PROBE_FAILED;
	cut_count(&x->n_features_pv, MAX_FEATURES);
	cut_count(&x->n_features_hvm, MAX_FEATURES);
	cut_count(&x->n_bridges, MAX_BRIDGES);
	if (x->free_kib > (uint64_t)QUANTITY_MAX)
		x->free_kib = (uint64_t)QUANTITY_MAX;
	if (x->cpu_permille > 1000000)
		x->cpu_permille = 1000000;
	for (int i = 0; i < x->n_guests; i++)
		copy_guest(&x->guests[i], &news->guests[i]);
	h->xen_in = true;
	h->xen_at = core->now;
	place_take(core, host);
	if (h->n_said > 0)
		plan_prune(core, host);
	if (h->evacuates || h->leaving > 0 || h->coming > 0)
		core->plan_at = core->now;
}

static void
take_report(struct core *core, const struct event *event)
{
	int32_t i = event->host.i;
	struct host *h = &core->host[i];

	h->heard = h->ever_heard = true;
	h->heard_at = core->now;
	switch (event->kind) {
	case EVENT_CATALOGUE:
		sensor_catalogue(core, i, event);
		break;
	case EVENT_READINGS:
		sensor_readings(core, i, event);
		break;
	case EVENT_PROBES:
		take_probes(core, i, event->probes);
		break;
	case EVENT_XEN:
		take_xen(core, event);
		break;
	default:
		storage_take(core, i, &event->storage);
		break;
	}
}

static void
judge(struct core *core, int32_t host)
{
	health_judge(core, host);
	plan_watch(core, host);
}

static void
take_host_event(struct core *core, const struct event *event)
{
	struct host *h;

	if (!host_valid(core, event->host))
		return;
	h = &core->host[event->host.i];
	switch (event->kind) {
	case EVENT_CORDON:
		take_mark(core, event->host.i, &h->cordoned, true, ACTION_CORDON);
		break;
	case EVENT_UNCORDON:
		take_mark(core, event->host.i, &h->cordoned, false, ACTION_UNCORDON);
		break;
	case EVENT_DRAIN:
		take_mark(core, event->host.i, &h->drained, true, ACTION_DRAIN);
		break;
	case EVENT_UNDRAIN:
		take_mark(core, event->host.i, &h->drained, false, ACTION_UNDRAIN);
		break;
	case EVENT_ACTUATOR:
		h->actuator = event->connected;
		core->plan_at = core->now;
		break;
	case EVENT_ORDER:
		orders_restore(core, event);
		core->plan_at = core->now;
		break;
	case EVENT_SETTLE:
		orders_settle(core, event);
		core->plan_at = core->now;
		break;
	default:
		take_report(core, event);
		break;
	}
	judge(core, event->host.i);
}

static void
take(struct core *core, const struct event *event)
{
	switch (event->kind) {
	case EVENT_TICK:
		break;
	case EVENT_RULES:
		take_rules(core, &event->rules);
		break;
	case EVENT_HOST:
		take_host(core, event);
		break;
	case EVENT_RESTART:
		take_restart(core, event->term);
		break;
	case EVENT_MODE:
		take_mode(core, event->mode);
		break;
	case EVENT_OUTCOME:
		orders_outcome(core, event);
		core->plan_at = core->now;
		break;
	case EVENT_CANCEL:
		orders_cancel(core, event->cancel);
		core->plan_at = core->now;
		break;
	case EVENT_APPROVE:
		plan_approve(core, &event->approve);
		core->plan_at = core->now;
		break;
	default:
		if ((unsigned)event->kind < EVENT_KINDS)
			take_host_event(core, event);
		break;
	}
}

/* Judge the hosts whose time has come, while there is room for what they say. */
static void
judge_due(struct core *core, int room)
{
	for (;;) {
		int32_t i = queue_first(core);

		if (i < 0 || core->host[i].due.ms > core->now.ms || !say_room(core, room))
			return;
		judge(core, i);
	}
}

static void
set_now(struct core *core, mono_t now)
{
	if (now.ms > TIME_MAX)
		now.ms = TIME_MAX;
	if (now.ms > core->now.ms)
		core->now = now;
}

void
core_step(struct core *core, const struct event *event, struct actions *out)
{
	out->n = 0;
	core->out = out;
	set_now(core, event->now);

	/* A restart says that time has passed unobserved: nobody was silent. */
	if (event->kind != EVENT_RESTART && event->kind != EVENT_RULES)
		judge_due(core, ROOM_FOR_EVENT);
	take(core, event);
	judge_due(core, 2);
	if (core->now.ms >= core->plan_at.ms || core->now.ms >= orders_due(core).ms)
		plan_run(core);
	core->out = NULL;
}

mono_t
core_deadline(const struct core *core)
{
	int32_t first = queue_first(core);
	mono_t due = mono_min(core->plan_at, orders_due(core));

	if (first >= 0)
		due = mono_min(due, core->host[first].due);
	return due;
}
