#include "policy/core/orders.h"
#include "policy/core/orders_internal.h"
#include "policy/core/place.h"
#include "policy/core/say.h"

#include <string.h>

bool
orders_of(const struct core *core, const struct uuid *guest)
{
	for (int i = 0; i < core->n_orders; i++) {
		if (uuid_equal(&core->order[i].guest, guest))
			return true;
	}
	return false;
}

enum why
orders_cause(const struct host *h)
{
	return h->health == HEALTH_FAILING ? h->reason.why : WHY_DRAIN;
}

bool
orders_room(const struct core *core)
{
	return core->n_orders < core->limits.orders &&
	       core->n_rests + core->n_orders < core->limits.orders * RESTS_PER_ORDER;
}

bool
orders_resting(const struct core *core, const struct uuid *guest)
{
	for (int i = 0; i < core->n_rests; i++) {
		if (uuid_equal(&core->rest[i].guest, guest))
			return true;
	}
	return false;
}

static void
rest(struct core *core, const struct uuid *guest, host_t to)
{
	if (core->rules.cooldown_ms <= 0 ||
	    core->n_rests >= core->limits.orders * RESTS_PER_ORDER)
		return;
	core->rest[core->n_rests++] =
	    (struct rest){ *guest, to, mono_add(core->now, core->rules.cooldown_ms) };
}

static void
wake_rested(struct core *core)
{
	int32_t kept = 0;

	for (int i = 0; i < core->n_rests; i++) {
		if (mono_since(core->now, core->rest[i].until) < 0)
			core->rest[kept++] = core->rest[i];
	}
	core->n_rests = kept;
}

order_t
orders_new_id(struct core *core)
{
	return (order_t){ core->term, ++core->number };
}

struct action *
orders_say(struct core *core, enum action_kind kind, enum why why, const struct order *o)
{
	struct action *a = say(core, kind, why);

	a->guest = o->guest;
	memcpy(a->name, o->name, sizeof(o->name));
	a->from = o->from;
	a->to = o->to;
	a->order = o->move.number ? o->move : o->prepare;
	return a;
}

void
orders_open(struct core *core, host_t from, int guest, host_t to, const uint16_t *refused)
{
	const struct guest_facts *g = &core->xen[from.i].guests[guest];
	const struct host *h = &core->host[from.i];
	struct order *o = &core->order[core->n_orders++];
	enum why why = orders_cause(h);
	struct action *a;

	memset(o, 0, sizeof(*o));
	o->prepare = orders_new_id(core);
	o->state = ORDER_PREPARING;
	o->guest = g->uuid;
	memcpy(o->name, g->name, sizeof(o->name));
	o->from = from;
	o->to = to;
	o->reason = h->reason;
	o->reason.why = why;
	o->since = core->now;
	o->memory_kib = g->memory_kib;
	o->cpu = place_cpu(g);

	a = orders_say(core, ACTION_PREPARE, why, o);
	a->at = to;
	memcpy(a->refused, refused, sizeof(a->refused));
	if (why != WHY_DRAIN)
		say_reason(a, &o->reason);
}

/* The guest rests: from that target, or from all. */
void
orders_end(struct core *core, int i, enum outcome outcome, enum why why)
{
	struct order *o = &core->order[i];
	struct action *a = orders_say(core, ACTION_OUTCOME, why, o);

	a->outcome = outcome;
	a->after = o->prepare;
	if (o->state == ORDER_HOLDING)
		orders_say(core, ACTION_RELEASE, why, o)->outcome = outcome;
	if (why != WHY_SOURCE_CALM)
		rest(core, &o->guest,
		    outcome == OUTCOME_MOVED || why == WHY_OPERATOR ? HOST_NONE : o->to);
	core->n_orders--;
	memmove(o, o + 1, (size_t)(core->n_orders - i) * sizeof(*o));
}

void
orders_hold(struct core *core, int i, enum outcome outcome, enum why why)
{
	struct order *o = &core->order[i];

	o->state = ORDER_HOLDING;
	o->since = core->now;
	orders_say(core, ACTION_HOLD, why, o)->outcome = outcome;
}

/* The berth is open: send the guest, unless the world has changed meanwhile. */
static void
take_ready(struct core *core, int i)
{
	struct order *o = &core->order[i];
	const struct guest_facts *g = place_find(core, o->from, &o->guest);
	struct wish wish = {
		.from = o->from, .back_to = o->to, .back_kib = (int64_t)o->memory_kib
	};
	enum why gate;
	struct action *a;

	if (!core->host[o->from.i].evacuates || core->mode == MODE_OBSERVE) {
		orders_end(core, i, OUTCOME_STAYED, WHY_SOURCE_CALM);
		return;
	}
	if (!g || !xen_fresh(core, o->from.i)) {
		orders_end(core, i, OUTCOME_STAYED, g ? WHY_NOT_FRESH : WHY_NOT_RUNNING);
		return;
	}
	wish.guest = (int)(g - core->xen[o->from.i].guests);
	gate = place_stays(core, o->from, wish.guest);
	if (gate == WHY_NONE)
		gate = place_judge(core, &wish, o->to).gate;
	/* Its own order makes the target busy, and only a hold is more than that. */
	if (gate == WHY_BUSY && !core->host[o->to.i].held)
		gate = WHY_NONE;
	if (gate != WHY_NONE) {
		orders_end(core, i, OUTCOME_STAYED, gate);
		return;
	}

	o->move = orders_new_id(core);
	o->state = ORDER_MOVING;
	o->since = core->now;
	a = orders_say(core, ACTION_MOVE, o->reason.why, o);
	a->at = o->from;
	a->after = o->prepare;
	if (o->reason.why != WHY_DRAIN)
		say_reason(a, &o->reason);
}

/* Something was left at the target, so that nothing has ended there. */
static bool
left_over(const struct order *o)
{
	return o->berth == OUTCOME_HELD || o->berth == OUTCOME_UNDEFINED;
}

/* Each says that it has the guest, or neither does: only their lists are believed. */
static bool
contradict(const struct order *o)
{
	bool kept = o->said == OUTCOME_REFUSED || o->said == OUTCOME_STAYED ||
		    o->said == OUTCOME_ENDED;

	if (o->berth == OUTCOME_MOVED)
		return kept;
	return o->said == OUTCOME_MOVED &&
	       (o->berth == OUTCOME_REFUSED || o->berth == OUTCOME_STAYED);
}

/* The source has kept it; the target, which may have half of it, has yet to say so. */
static bool
awaits_berth(const struct order *o)
{
	return o->state == ORDER_MOVING && o->berth == OUTCOME_NONE &&
	       (o->said == OUTCOME_STAYED || o->said == OUTCOME_ENDED);
}

/* The order never reached the source: nothing of the guest has travelled. */
static bool
never_began(enum why why)
{
	return why == WHY_LATE || why == WHY_NOT_GIVEN;
}

static bool
may_answer(const struct core *core, host_t host)
{
	const struct host *h = &core->host[host.i];

	return h->actuator && h->health != HEALTH_UNKNOWN;
}

static void
take_move_outcome(struct core *core, int i, enum outcome outcome, enum why why)
{
	struct order *o = &core->order[i];

	o->said = (uint8_t)outcome;
	o->said_why = (uint8_t)why;
	if (contradict(o)) {
		orders_hold(core, i, OUTCOME_UNDEFINED, WHY_HELD);
		return;
	}
	switch (outcome) {
	case OUTCOME_NONE:
		o->since = core->now;
		break;
	case OUTCOME_MOVED:
		if (!o->moved)
			o->since = core->now;
		o->moved = true;
		break;
	case OUTCOME_REFUSED:
	case OUTCOME_STAYED:
	case OUTCOME_ENDED:
		if (left_over(o))
			orders_hold(core, i, (enum outcome)o->berth, WHY_HELD);
		else if (!never_began(why) && awaits_berth(o) && may_answer(core, o->to))
			o->since = core->now;
		else
			orders_end(core, i, outcome, why);
		break;
	case OUTCOME_STAYED_SUSPENDED:
	case OUTCOME_HELD:
	case OUTCOME_UNDEFINED:
		orders_hold(core, i, outcome, WHY_HELD);
		break;
	default:
		break;
	}
}

/* Of an order that is held: a better word than the one it was held for. */
static void
take_held_outcome(struct core *core, int i, enum outcome outcome, enum why why)
{
	struct order *o = &core->order[i];

	if (outcome == OUTCOME_ENDED && !left_over(o) && o->berth != OUTCOME_MOVED)
		orders_end(core, i, outcome, why);
	else if (outcome != OUTCOME_NONE)
		o->said = (uint8_t)outcome;
}

/* The target's end of it, while the source's is open or held. */
static void
take_berth_outcome(struct core *core, int i, enum outcome outcome, enum why why)
{
	struct order *o = &core->order[i];
	bool awaited = awaits_berth(o);

	if (outcome == OUTCOME_NONE || outcome == OUTCOME_READY)
		return;
	o->berth = (uint8_t)outcome;
	o->berth_why = (uint8_t)why;
	if (awaited && left_over(o))
		orders_hold(core, i, outcome, WHY_HELD);
	else if (o->state == ORDER_MOVING && contradict(o))
		orders_hold(core, i, OUTCOME_UNDEFINED, WHY_HELD);
	else if (awaited)
		orders_end(core, i, (enum outcome)o->said, (enum why)o->said_why);
}

/* Only facts that are younger prove what the follow-up has mended. */
static void
take_follow_outcome(struct core *core, struct order *o, enum outcome outcome)
{
	bool mended = outcome == OUTCOME_STAYED || outcome == OUTCOME_ENDED;

	if (outcome == OUTCOME_NONE || (o->follow_failed && !mended))
		return;
	o->since = core->now;
	o->follow_failed = !mended;
	/* The original was brought back: what the target has left may go after it. */
	if (outcome == OUTCOME_STAYED && o->said == OUTCOME_STAYED_SUSPENDED) {
		o->said = OUTCOME_STAYED;
		o->follow = (order_t){ 0, 0 };
	}
}

static void
take_outcome(struct core *core, int i, const struct event *event, enum why why)
{
	struct order *o = &core->order[i];
	enum outcome outcome = event->outcome.outcome;

	if (orders_same(o->follow, event->outcome.order)) {
		take_follow_outcome(core, o, outcome);
	} else if (o->state == ORDER_PREPARING) {
		if (outcome == OUTCOME_READY)
			take_ready(core, i);
		else if (outcome != OUTCOME_NONE)
			/* The source was told nothing, so nothing is in doubt. */
			orders_end(core, i,
			    outcome == OUTCOME_UNDEFINED ? OUTCOME_STAYED : outcome, why);
	} else if (orders_same(o->prepare, event->outcome.order)) {
		take_berth_outcome(core, i, outcome, why);
	} else if (o->state == ORDER_MOVING) {
		take_move_outcome(core, i, outcome, why);
	} else {
		take_held_outcome(core, i, outcome, why);
	}
}

void
orders_outcome(struct core *core, const struct event *event)
{
	int i = orders_find(core, event->outcome.order);
	enum why why =
	    (unsigned)event->outcome.why < WHYS ? event->outcome.why : WHY_NONE;

	if (i < 0 || (unsigned)event->outcome.outcome > OUTCOME_UNDEFINED)
		return;
	if (why == WHY_NONE && event->outcome.outcome == OUTCOME_REFUSED)
		why = WHY_REFUSED;
	take_outcome(core, i, event, why);
}

static mono_t
patience(const struct core *core, const struct order *o)
{
	if (o->state == ORDER_PREPARING)
		return mono_add(o->since, core->rules.prepare_ms);
	if (awaits_berth(o))
		return mono_add(o->since, core->rules.silence_ms);
	if (o->state == ORDER_MOVING)
		return mono_add(o->since, core->rules.move_silence_ms);
	return NEVER;
}

/* True when order i is gone. */
static bool
tend(struct core *core, int i)
{
	struct order *o = &core->order[i];
	bool late = core->now.ms >= patience(core, o).ms;
	enum outcome outcome;

	if (o->state == ORDER_PREPARING) {
		bool calm = !core->host[o->from.i].evacuates;

		if (calm || late)
			orders_end(
			    core, i, OUTCOME_STAYED, calm ? WHY_SOURCE_CALM : WHY_LATE);
		return calm || late;
	}

	if (awaits_berth(o)) {
		late |= !may_answer(core, o->to);
		if (late)
			orders_end(core, i, (enum outcome)o->said, (enum why)o->said_why);
		return late;
	}

	outcome = orders_proven(core, o);
	if (o->state == ORDER_HOLDING ? outcome != OUTCOME_NONE
				      : o->moved && outcome == OUTCOME_MOVED) {
		orders_end(core, i, outcome, WHY_PROVEN);
		return true;
	}
	if (late)
		orders_hold(core, i, OUTCOME_UNDEFINED, WHY_LATE);
	if (o->state == ORDER_HOLDING)
		orders_follow(core, o);
	return false;
}

void
orders_tend(struct core *core)
{
	wake_rested(core);
	for (int i = 0; i < core->n_orders && say_room(core, ACTIONS_PER_ORDER);) {
		if (!tend(core, i))
			i++;
	}
}

mono_t
orders_due(const struct core *core)
{
	mono_t due = NEVER;

	for (int i = 0; i < core->n_orders; i++)
		due = mono_min(due, patience(core, &core->order[i]));
	return due;
}

void
orders_restart(struct core *core)
{
	for (int i = 0; i < core->n_orders; i++)
		core->order[i].since = core->now;
}

void
orders_count(struct core *core)
{
	for (int32_t i = 0; i < core->n_hosts; i++) {
		struct host *h = &core->host[i];

		h->promised_kib = 0;
		h->promised_cpu = 0;
		h->leaving = 0;
		h->coming = 0;
		h->held = false;
	}
	for (int i = 0; i < core->n_orders; i++) {
		const struct order *o = &core->order[i];
		struct host *from = &core->host[o->from.i], *to = &core->host[o->to.i];

		from->leaving++;
		to->coming++;
		from->held |= o->state == ORDER_HOLDING;
		to->held |= o->state == ORDER_HOLDING;
		if (!place_find(core, o->to, &o->guest)) {
			to->promised_kib += o->memory_kib;
			to->promised_cpu += o->cpu;
		}
	}
}
