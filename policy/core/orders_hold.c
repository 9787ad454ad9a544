#include "policy/core/orders.h"
#include "policy/core/orders_internal.h"
#include "policy/core/say.h"

#include <string.h>

bool
orders_same(order_t a, order_t b)
{
	return a.term == b.term && a.number == b.number && a.number != 0;
}

int
orders_find(const struct core *core, order_t id)
{
	for (int i = 0; i < core->n_orders; i++) {
		const struct order *o = &core->order[i];

		if (orders_same(o->prepare, id) || orders_same(o->move, id) ||
		    orders_same(o->follow, id))
			return i;
	}
	return -1;
}

static uint8_t
outcome_cut(enum outcome outcome)
{
	return (unsigned)outcome > OUTCOME_UNDEFINED ? (uint8_t)OUTCOME_UNDEFINED
						     : (uint8_t)outcome;
}

static enum why
why_cut(enum why why)
{
	return (unsigned)why < WHYS ? why : WHY_NONE;
}

static order_t
id_cut(order_t id)
{
	return id.number ? id : (order_t){ 0, 0 };
}

static void
fill_restored(struct core *core, struct order *o, const struct event *event)
{
	const struct order_facts *f = &event->order;

	memset(o, 0, sizeof(*o));
	o->prepare = f->prepare;
	o->move = id_cut(f->move);
	o->state = f->move.number ? ORDER_MOVING : ORDER_PREPARING;
	o->berth = outcome_cut(f->berth);
	o->berth_why = (uint8_t)why_cut(f->berth_why);
	o->guest = f->guest;
	memcpy(o->name, f->name, sizeof(o->name));
	o->name[NAME_SIZE - 1] = '\0';
	o->from = event->host;
	o->to = f->to;
	o->reason = reason_plain(why_cut(f->why), core->now);
	o->since = core->now;
	o->memory_kib = f->memory_kib > (uint64_t)QUANTITY_MAX ? (uint64_t)QUANTITY_MAX
							       : f->memory_kib;
}

void
orders_restore(struct core *core, const struct event *event)
{
	const struct order_facts *f = &event->order;
	struct order *o = &core->order[core->n_orders];

	if (!host_valid(core, f->to) || f->to.i == event->host.i ||
	    f->prepare.number == 0 || orders_of(core, &f->guest) || !orders_room(core) ||
	    orders_find(core, f->prepare) >= 0 || !say_room(core, ACTIONS_PER_ORDER))
		return;
	fill_restored(core, o, event);
	core->n_orders++;
	if (!f->held)
		return;
	o->said = outcome_cut(f->said);
	orders_hold(core, core->n_orders - 1,
	    o->said == OUTCOME_NONE ? OUTCOME_UNDEFINED : (enum outcome)o->said,
	    WHY_HELD);
	o->follow = id_cut(f->follow);
}

void
orders_cancel(struct core *core, order_t id)
{
	int i = orders_find(core, id);

	if (i >= 0 && core->order[i].state != ORDER_HOLDING &&
	    core->order[i].said == OUTCOME_NONE)
		orders_end(core, i, OUTCOME_STAYED, WHY_OPERATOR);
}

/* The guest there, if it may ever run: what is dying will not, however long it lasts. */
static const struct guest_facts *
living(const struct core *core, host_t host, const struct uuid *guest)
{
	const struct xen_facts *x = &core->xen[host.i];

	for (int i = 0; i < x->n_guests; i++)
		if (uuid_equal(&x->guests[i].uuid, guest) &&
		    x->guests[i].state != GUEST_DYING)
			return &x->guests[i];
	return NULL;
}

/* One host is off: what the other one's list says is all there is. */
static enum outcome
left_on(const struct core *core, const struct order *o, host_t other)
{
	const struct guest_facts *g = living(core, other, &o->guest);

	if (!xen_fresh(core, other.i) || core->xen[other.i].state != PROBE_OK)
		return OUTCOME_NONE;
	if (!g)
		return OUTCOME_ENDED;
	if (g->state != GUEST_RUNNING)
		return OUTCOME_NONE;
	return other.i == o->to.i ? OUTCOME_MOVED : OUTCOME_STAYED;
}

void
orders_settle(struct core *core, const struct event *event)
{
	int i = orders_find(core, event->settle.order);
	const struct order *o = &core->order[i < 0 ? 0 : i];
	bool here, there;
	enum outcome outcome;

	if (i < 0 || o->state != ORDER_HOLDING)
		return;
	here = event->host.i == o->from.i;
	there = event->host.i == o->to.i;
	if (!here && !there)
		return;
	if (event->settle.off)
		outcome = left_on(core, o, here ? o->to : o->from);
	else
		outcome = there ? OUTCOME_MOVED : OUTCOME_STAYED;
	if (outcome != OUTCOME_NONE)
		orders_end(core, i, outcome, WHY_OPERATOR);
}

/* Facts of that host that are younger than the order's last turn. */
static bool
has_answered(const struct core *core, const struct order *o, host_t host)
{
	const struct host *h = &core->host[host.i];

	return xen_fresh(core, host.i) && core->xen[host.i].state == PROBE_OK &&
	       h->xen_at.ms > o->since.ms;
}

enum outcome
orders_proven(const struct core *core, const struct order *o)
{
	const struct guest_facts *here, *there;

	if (!has_answered(core, o, o->from) || !has_answered(core, o, o->to))
		return OUTCOME_NONE;
	here = living(core, o->from, &o->guest);
	there = living(core, o->to, &o->guest);
	if (there && !here && there->state == GUEST_RUNNING)
		return OUTCOME_MOVED;
	if (here && !there && here->state == GUEST_RUNNING)
		return OUTCOME_STAYED;
	if (!here && !there && o->state == ORDER_HOLDING &&
	    mono_since(core->now, o->since) >= core->rules.cooldown_ms)
		return OUTCOME_ENDED;
	return OUTCOME_NONE;
}

static void
give_follow(struct core *core, struct order *o, const struct action *what)
{
	struct action *a = orders_say(core, what->kind, what->why, o);

	o->follow = orders_new_id(core);
	o->follow_failed = false;
	a->order = o->follow;
	a->after = o->prepare;
	a->at = what->at;
}

static bool
has_actuator(const struct core *core, host_t host)
{
	return core->host[host.i].actuator;
}

static bool
is_half(const struct guest_facts *g)
{
	return g && (g->state == GUEST_PAUSED || g->state == GUEST_SUSPENDED);
}

static bool
is_running(const struct guest_facts *g)
{
	return g && g->state == GUEST_RUNNING;
}

/* By its journal the target will never start what it has, or has nothing. */
static bool
is_void(const struct order *o, const struct guest_facts *there)
{
	if (o->berth == OUTCOME_STAYED)
		return !there;
	return o->berth == OUTCOME_HELD && o->berth_why == WHY_LEFTOVER && is_half(there);
}

/* Somebody has started it on a third host meanwhile. */
static bool
is_elsewhere(const struct core *core, const struct order *o)
{
	for (int32_t i = 0; i < core->n_hosts; i++)
		if (i != o->from.i && i != o->to.i &&
		    living(core, (host_t){ i }, &o->guest))
			return true;
	return false;
}

/* What would mend the end of an order, and nothing while that is not proven. */
static struct action
mend(const struct core *core, const struct order *o)
{
	const struct guest_facts *here = living(core, o->from, &o->guest);
	const struct guest_facts *there = living(core, o->to, &o->guest);
	bool source = has_answered(core, o, o->from),
	     target = has_answered(core, o, o->to);

	/* The source has it suspended; the target has ended, and will never start it. */
	if (o->said == OUTCOME_STAYED_SUSPENDED && target && is_void(o, there) &&
	    !is_elsewhere(core, o))
		return (struct action){ ACTION_RESUME, WHY_ABORTED, .at = o->from };
	if (!source || !target)
		return (struct action){ ACTION_KINDS, WHY_NONE, .at = HOST_NONE };
	/* The target has a half that will never be started, and the original runs. */
	if (o->berth == OUTCOME_HELD && o->berth_why == WHY_LEFTOVER &&
	    is_running(here) && is_half(there))
		return (struct action){ ACTION_CLEAN, WHY_LEFTOVER, .at = o->to };
	/* It runs at the target, and the source has ended, and still has the old half. */
	if (o->berth == OUTCOME_MOVED && o->said != OUTCOME_NONE && is_running(there) &&
	    is_half(here))
		return (struct action){ ACTION_CLEAN, WHY_LEFTOVER, .at = o->from };
	return (struct action){ ACTION_KINDS, WHY_NONE, .at = HOST_NONE };
}

/* What kept an actuator from it may have gone: a full /run, an xl that failed. */
static bool
may_follow(const struct core *core, const struct order *o)
{
	int64_t pause = core->rules.cooldown_ms > core->rules.prepare_ms
			    ? core->rules.cooldown_ms
			    : core->rules.prepare_ms;

	if (core->mode == MODE_OBSERVE)
		return false;
	return o->follow.number == 0 ||
	       (o->follow_failed && mono_since(core->now, o->since) >= pause);
}

void
orders_follow(struct core *core, struct order *o)
{
	struct action what;

	if (!may_follow(core, o))
		return;
	what = mend(core, o);
	if (what.kind != ACTION_KINDS && has_actuator(core, what.at))
		give_follow(core, o, &what);
}
