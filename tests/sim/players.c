#include "tests/sim/players.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void
players_fail(const struct sim *s, const char *what)
{
	(void)fprintf(stderr, "%lld ms: %s\n", (long long)s->w->now.ms, what);
	abort();
}

uint32_t
players_chance(struct weather *x, uint32_t n)
{
	x->seed ^= x->seed << 13;
	x->seed ^= x->seed >> 7;
	x->seed ^= x->seed << 17;
	return (uint32_t)(x->seed >> 33) % n;
}

/* Once a minute something may happen to each of the first HOSTS hosts. */
void
players_weather(struct sim *s)
{
	struct weather *x = &s->weather;

	for (int i = 0; i < HOSTS; i++) {
		uint32_t what = players_chance(x, 1200);

		if (what < 6)
			x->goal[i] = 70000 + players_chance(x, 30000);
		else if (what < 30)
			x->goal[i] = 40000 + players_chance(x, 15000);
		else if (what == 30)
			x->quiet[i] = 5 + (int)players_chance(x, 90);
		else if (what == 31)
			x->no_disk[i] = 5 + (int)players_chance(x, 300);
		else if (what == 32)
			x->no_fan[i] = 5 + (int)players_chance(x, 300);
	}
}

void
players_host(struct sim *s, int i)
{
	struct weather *x = &s->weather;
	struct world_host *h = &s->w->host[i];
	struct reading *cpu = &h->reading[WORLD_CPU];

	x->base[i] += (x->goal[i] - x->base[i]) / 8;
	cpu->value = x->base[i] + players_chance(x, 1000);
	cpu->quality = players_chance(x, 500) == 0 ? QUALITY_BAD : QUALITY_GOOD;
	if (players_chance(x, 2000) == 0)
		cpu->value = 127000;
	h->reading[WORLD_BOARD].value = 35000 + players_chance(x, 2000);
	h->reading[WORLD_FAN].value =
	    x->no_fan[i] > 0 ? 0 : 1200000 + players_chance(x, 50000);
	h->storage.disks[0].lost = x->no_disk[i] > 0;
	h->silent = x->quiet[i] > 0;
	x->quiet[i] -= x->quiet[i] > 0;
	x->no_disk[i] -= x->no_disk[i] > 0;
	x->no_fan[i] -= x->no_fan[i] > 0;
}

/*
 * Actuators
 */

static void
later(struct sim *s, const struct action *a, enum outcome outcome, uint32_t seconds)
{
	struct pending *p = &s->pending[s->n_pending++];

	if (s->n_pending > PENDING)
		players_fail(s, "more orders than the actuators can hold");
	*p = (struct pending){ .kind = a->kind,
		.order = a->order,
		.prepare = a->after,
		.at = mono_add(s->w->now, (int64_t)seconds * SECOND),
		.outcome = outcome,
		.guest = a->guest.b[15],
		.from = a->from.i,
		.to = a->to.i,
		.host = a->at.i,
		.moves = outcome == OUTCOME_MOVED };
}

/* One that is not carried out is given again, while the order is held. */
static void
obey_follow(struct sim *s, const struct action *a, uint32_t luck)
{
	bool *unmended = &s->unmended[a->guest.b[15]];

	s->again += *unmended;
	*unmended = luck < 10;
	if (*unmended) {
		later(s, a, luck < 5 ? OUTCOME_REFUSED : OUTCOME_UNDEFINED, 1);
		s->pending[s->n_pending - 1].trouble = TROUBLE_UNMENDED;
		return;
	}
	later(s, a, a->kind == ACTION_RESUME ? OUTCOME_STAYED : OUTCOME_ENDED, 1);
}

void
players_obey(struct sim *s, const struct action *a)
{
	uint32_t luck = players_chance(&s->weather, 20);

	if (a->kind == ACTION_PREPARE) {
		if (luck == 0)
			return; /* never answers */
		later(s, a, luck < 3 ? OUTCOME_REFUSED : OUTCOME_READY, 1 + luck % 3);
		return;
	}
	if (a->kind != ACTION_MOVE) {
		obey_follow(s, a, luck);
		return;
	}
	later(s, a, luck < 14 ? OUTCOME_MOVED : OUTCOME_STAYED, 2 + luck);
	if (luck == 19)
		s->pending[s->n_pending - 1].outcome = OUTCOME_NONE; /* says nothing */
	if (luck == 18 || luck == 13)
		s->pending[s->n_pending - 1].outcome = OUTCOME_UNDEFINED;
	if (luck == 17 || luck == 16)
		s->pending[s->n_pending - 1].trouble =
		    luck == 17 ? TROUBLE_SUSPENDED : TROUBLE_HALF;
}

/* A move that goes wrong in the middle: what both hosts then have, and say. */
static void
break_off(struct sim *s, const struct pending *p)
{
	struct guest_facts *g = world_find(s->w, p->from, p->guest);
	struct xen_facts *there = &s->w->host[p->to].xen;

	if (!g)
		players_fail(s, "a guest is moved from where it is not");
	if (p->trouble == TROUBLE_SUSPENDED) {
		g->state = GUEST_SUSPENDED;
		world_outcome(s->w, p->order, OUTCOME_STAYED_SUSPENDED);
		world_ended(s->w, p->prepare, OUTCOME_STAYED, WHY_ABORTED);
		return;
	}
	there->guests[there->n_guests] = *g;
	there->guests[there->n_guests++].state = GUEST_PAUSED;
	world_ended(s->w, p->prepare, OUTCOME_HELD, WHY_LEFTOVER);
	world_outcome(s->w, p->order, OUTCOME_STAYED);
}

/* A follow-up is carried out as it is told, right or wrong. */
static void
mend(struct sim *s, const struct pending *p)
{
	struct guest_facts *g = world_find(s->w, p->host, p->guest), gone;

	if (!g)
		return; /* an operator was faster */
	if (p->kind == ACTION_RESUME) {
		g->state = GUEST_RUNNING;
		s->resumed++;
	} else if (g->state == GUEST_RUNNING) {
		players_fail(s, "a running guest is cleaned up");
	} else {
		world_take(s->w, p->host, p->guest, &gone);
		s->cleaned++;
	}
}

/* Somebody looks after what is held, puts it right, and says where the guest runs. */
void
players_settle(struct sim *s)
{
	for (int g = 1; g <= GUESTS; g++) {
		struct order_view o;
		struct guest_facts half;

		if (s->held[g].number == 0 || players_chance(&s->weather, 900) != 0)
			continue;
		for (int i = 0; i < HOSTS; i++)
			if (i != s->where[g])
				world_take(s->w, i, g, &half);
		world_find(s->w, s->where[g], g)->state = GUEST_RUNNING;
		s->w->event.settle.order = s->held[g];
		s->w->event.settle.off = false;
		world_step(s->w, EVENT_SETTLE, s->where[g]);
		s->settled++;
		for (int i = 0; core_order(s->w->core, i, &o); i++)
			if (o.guest.b[15] == g && o.state == ORDER_HOLDING)
				players_fail(s, "a settled order is held on");
	}
}

static void
carry(struct sim *s, const struct pending *p)
{
	struct guest_facts g;
	struct xen_facts *x = &s->w->host[p->to].xen;

	if (!p->moves)
		return;
	if (s->where[p->guest] != p->from || !world_take(s->w, p->from, p->guest, &g))
		players_fail(s, "a guest is moved from where it is not");
	x->guests[x->n_guests++] = g;
	x->free_kib -= g.memory_kib;
	s->w->host[p->from].xen.free_kib += g.memory_kib;
	s->where[p->guest] = p->to;
}

void
players_act(struct sim *s)
{
	int kept = 0;

	for (int i = 0; i < s->n_pending; i++) {
		struct pending p = s->pending[i];

		if (p.at.ms > s->w->now.ms) {
			s->pending[kept++] = p;
			continue;
		}
		if (p.trouble == TROUBLE_UNMENDED) {
			world_outcome(s->w, p.order, p.outcome);
			continue;
		}
		if (p.kind == ACTION_RESUME || p.kind == ACTION_CLEAN)
			mend(s, &p);
		if (p.trouble != TROUBLE_NONE) {
			break_off(s, &p);
			continue;
		}
		carry(s, &p);
		if (p.outcome != OUTCOME_NONE)
			world_outcome(s->w, p.order, p.outcome);
	}
	s->n_pending = kept;
}
