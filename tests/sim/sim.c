/*
 * usage: sim laws|pool [SEED [DAYS]]
 *
 * A seeded world of hosts that heat and cool, fall silent, lose disks and fans, with
 * actuators that succeed, refuse, hang or do not know.  After each step core_check() is
 * asked; pool judges every action, laws compares whole runs.
 */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HOSTS = 6,
	GUESTS = 14,
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	PENDING = 64,
	DAY_MINUTES = 24 * 60,
	ENCODED_MAX = 4 << 20,
};

#define MIB (UINT64_C(1) << 10)

struct weather {
	uint64_t seed;
	int64_t base[WORLD_HOSTS]; /* mC, drifts towards goal */
	int64_t goal[WORLD_HOSTS];
	int quiet[WORLD_HOSTS]; /* seconds of silence left */
	int no_disk[WORLD_HOSTS];
	int no_fan[WORLD_HOSTS];
};

/* What an actuator will say, and do, later. */
struct pending {
	order_t order;
	mono_t at;
	enum outcome outcome;
	int guest, from, to;
	bool moves; /* whatever is said */
};

struct sim {
	struct world *w;
	struct weather weather;
	struct pending pending[PENDING];
	int n_pending, judged;
	int where[GUESTS + 1]; /* the truth */
	mono_t moved_at[GUESTS + 1];
	bool ever_moved[GUESTS + 1];
	int moves, holds, would, stays, failing;
};

static _Noreturn void
fail(const struct sim *s, const char *what)
{
	(void)fprintf(stderr, "%lld ms: %s\n", (long long)s->w->now.ms, what);
	abort();
}

static uint32_t
chance(struct weather *x, uint32_t n)
{
	x->seed ^= x->seed << 13;
	x->seed ^= x->seed >> 7;
	x->seed ^= x->seed << 17;
	return (uint32_t)(x->seed >> 33) % n;
}

static void
begin(struct sim *s, uint64_t seed, mono_t start, int hosts)
{
	memset(s, 0, sizeof(*s));
	s->weather.seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	s->w = world_new(hosts, start);
	for (int i = 0; i < hosts; i++)
		s->weather.base[i] = s->weather.goal[i] = 45000;
	for (int g = 1; g <= GUESTS; g++) {
		s->where[g] = g % HOSTS;
		world_guest(s->w, g % HOSTS, g, 256 * MIB * (1 + chance(&s->weather, 6)));
	}
	world_report(s->w);
}

static void
end(struct sim *s)
{
	s->w = world_free(s->w);
}

/* Once a minute something may happen to each of the first HOSTS hosts. */
static void
change_weather(struct sim *s)
{
	struct weather *x = &s->weather;

	for (int i = 0; i < HOSTS; i++) {
		uint32_t what = chance(x, 1200);

		if (what < 6)
			x->goal[i] = 70000 + chance(x, 30000);
		else if (what < 30)
			x->goal[i] = 40000 + chance(x, 15000);
		else if (what == 30)
			x->quiet[i] = 5 + (int)chance(x, 90);
		else if (what == 31)
			x->no_disk[i] = 5 + (int)chance(x, 300);
		else if (what == 32)
			x->no_fan[i] = 5 + (int)chance(x, 300);
	}
}

static void
set_host(struct sim *s, int i)
{
	struct weather *x = &s->weather;
	struct world_host *h = &s->w->host[i];
	struct reading *cpu = &h->reading[WORLD_CPU];

	x->base[i] += (x->goal[i] - x->base[i]) / 8;
	cpu->value = x->base[i] + chance(x, 1000);
	cpu->quality = chance(x, 500) == 0 ? QUALITY_BAD : QUALITY_GOOD;
	if (chance(x, 2000) == 0)
		cpu->value = 127000;
	h->reading[WORLD_BOARD].value = 35000 + chance(x, 2000);
	h->reading[WORLD_FAN].value = x->no_fan[i] > 0 ? 0 : 1200000 + chance(x, 50000);
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
		fail(s, "more orders than the actuators can hold");
	*p = (struct pending){ a->order, mono_add(s->w->now, (int64_t)seconds * SECOND),
		outcome, a->guest.b[15], a->from.i, a->to.i, outcome == OUTCOME_MOVED };
}

static void
obey(struct sim *s, const struct action *a)
{
	uint32_t luck = chance(&s->weather, 20);

	if (a->kind == ACTION_PREPARE) {
		if (luck == 0)
			return; /* never answers */
		later(s, a, luck < 3 ? OUTCOME_REFUSED : OUTCOME_READY, 1 + luck % 3);
		return;
	}
	later(s, a, luck < 14 ? OUTCOME_MOVED : OUTCOME_STAYED, 2 + luck);
	if (luck == 19)
		s->pending[s->n_pending - 1].outcome = OUTCOME_NONE; /* says nothing */
	if (luck == 18 || luck == 13)
		s->pending[s->n_pending - 1].outcome = OUTCOME_UNDEFINED;
}

static void
carry(struct sim *s, const struct pending *p)
{
	struct guest_facts g;
	struct xen_facts *x = &s->w->host[p->to].xen;

	if (!p->moves)
		return;
	if (s->where[p->guest] != p->from || !world_take(s->w, p->from, p->guest, &g))
		fail(s, "a guest is moved from where it is not");
	x->guests[x->n_guests++] = g;
	x->free_kib -= g.memory_kib;
	s->w->host[p->from].xen.free_kib += g.memory_kib;
	s->where[p->guest] = p->to;
}

static void
act(struct sim *s)
{
	int kept = 0;

	for (int i = 0; i < s->n_pending; i++) {
		struct pending p = s->pending[i];

		if (p.at.ms > s->w->now.ms) {
			s->pending[kept++] = p;
			continue;
		}
		carry(s, &p);
		if (p.outcome != OUTCOME_NONE)
			world_outcome(s->w, p.order, p.outcome);
	}
	s->n_pending = kept;
}

/*
 * Judging every action
 */

static void
judge_move(struct sim *s, const struct action *a)
{
	struct host_view to, from;
	int guest = a->guest.b[15];

	(void)core_host(s->w->core, a->to, &to);
	(void)core_host(s->w->core, a->from, &from);
	if (a->from.i == a->to.i)
		fail(s, "a guest is moved to its own host");
	if (to.health != HEALTH_SOUND)
		fail(s, "a guest is sent to a host that is not sound");
	if (from.health == HEALTH_UNKNOWN)
		fail(s, "a guest is moved from a host that is unknown");
	if (mono_since(s->w->now, to.xen_at) > core_rules(s->w->core)->facts_ms)
		fail(s, "decided on stale facts");
	if (a->kind == ACTION_WOULD_MOVE)
		return;
	if (to.xen->free_kib <
	    (uint64_t)core_rules(s->w->core)->dom0_floor_kib + 256 * MIB)
		fail(s, "a guest is sent where there is no room");
	if (s->ever_moved[guest] && mono_since(s->w->now, s->moved_at[guest]) <
					core_rules(s->w->core)->cooldown_ms)
		fail(s, "a guest is moved again within its cooldown");
}

static void
judge_order_counts(const struct sim *s)
{
	int moving = 0, from[WORLD_HOSTS] = { 0 }, to[WORLD_HOSTS] = { 0 };
	struct order_view o;

	for (int i = 0; core_order(s->w->core, i, &o); i++) {
		moving++;
		if (++from[o.from.i] > 1 || ++to[o.to.i] > 1)
			fail(s, "more moves at once than allowed");
	}
	if (moving > 4)
		fail(s, "more moves in the pool than allowed");
}

static void
judge(struct sim *s, const struct action *a)
{
	switch (a->kind) {
	case ACTION_WOULD_MOVE:
		s->would++;
		judge_move(s, a);
		break;
	case ACTION_PREPARE:
	case ACTION_MOVE:
		judge_move(s, a);
		obey(s, a);
		break;
	case ACTION_OUTCOME:
		if (a->outcome != OUTCOME_MOVED)
			break;
		s->moves++;
		s->ever_moved[a->guest.b[15]] = true;
		s->moved_at[a->guest.b[15]] = s->w->now;
		break;
	case ACTION_HOLD:
		s->holds++;
		break;
	case ACTION_STAYS:
		s->stays++;
		break;
	case ACTION_HEALTH:
		s->failing += a->health_to == HEALTH_FAILING;
		break;
	default:
		break;
	}
}

static void
judge_all(struct sim *s)
{
	for (; s->judged < s->w->n_log; s->judged++) {
		struct action a = s->w->log[s->judged];

		judge(s, &a);
	}
	judge_order_counts(s);
	s->judged = 0;
	world_forget(s->w);
}

static void
second(struct sim *s)
{
	if (s->w->now.ms % MINUTE == 0)
		change_weather(s);
	for (int i = 0; i < HOSTS; i++)
		set_host(s, i);
	world_run(s->w, SECOND);
	judge_all(s);
	act(s);
	judge_all(s);
}

static void
run_for(struct sim *s, int minutes)
{
	for (int i = 0; i < minutes * 60; i++)
		second(s);
}

static int
pool(uint64_t seed, int days)
{
	struct sim *s = calloc(1, sizeof(*s));
	clock_t from = clock();
	int moves, would;

	if (!s)
		return 1;
	begin(s, seed, (mono_t){ 0 }, HOSTS);
	run_for(s, days * DAY_MINUTES / 2);
	would = s->would;
	world_mode(s->w, MODE_ACT);
	run_for(s, days * DAY_MINUTES / 2);
	moves = s->moves;
	printf("seed %llu: %d days, %d times failing, %d would-move, %d moved, %d held, "
	       "%d stays in %.1f s\n",
	    (unsigned long long)seed, days, s->failing, would, moves, s->holds, s->stays,
	    (double)(clock() - from) / CLOCKS_PER_SEC);
	if (would == 0 || moves == 0 || s->holds == 0)
		fail(s, "too little happened to prove anything");
	end(s);
	free(s);
	return 0;
}

/*
 * Laws
 */

struct encoded {
	size_t len;
	uint8_t data[ENCODED_MAX];
};

static void
put(void *to, const void *data, size_t len)
{
	struct encoded *e = to;

	if (len > sizeof(e->data) - e->len)
		abort();
	memcpy(e->data + e->len, data, len);
	e->len += len;
}

static void
law(bool holds, const char *what, uint64_t seed)
{
	if (holds)
		return;
	(void)fprintf(stderr, "seed %llu: broken: %s\n", (unsigned long long)seed, what);
	abort();
}

/* Two hours in observe, two in act; what is done in between must not matter. */
static uint64_t
story(uint64_t seed, mono_t start, void (*middle)(struct sim *s))
{
	struct sim *s = calloc(1, sizeof(*s));
	uint64_t sum;

	if (!s)
		abort();
	begin(s, seed, start, HOSTS);
	for (int i = 0; i < HOSTS; i++)
		s->weather.goal[i] = i % 3 == 0 ? 96000 : 45000;
	for (int t = 0; t < 4 * 60 * 60; t++) {
		if (t == 2 * 60 * 60)
			world_mode(s->w, MODE_ACT);
		if (middle && t % 97 == 50)
			middle(s);
		second(s);
	}
	sum = s->w->sum;
	end(s);
	free(s);
	return sum;
}

static void
copy_in_the_middle(struct sim *s)
{
	struct core *copy;

	if (core_copy(&copy, s->w->core) < 0)
		abort();
	core_free(s->w->core);
	s->w->core = copy;
}

static void
encode_in_the_middle(struct sim *s)
{
	static struct encoded e;
	const struct core_limits limits = { WORLD_HOSTS, 16 };
	struct core *other;

	e.len = 0;
	core_encode(s->w->core, put, &e);
	if (core_new(&other, &limits) < 0 || !core_decode(other, e.data, e.len))
		fail(s, "what was encoded does not decode");
	core_free(s->w->core);
	s->w->core = other;
}

/* Where each guest would go in the end: host, -1 stays, -2 nothing was said. */
struct fates {
	int of[GUESTS + 1];
};

/* The hosts of a bit set overheat within a minute; ten minutes, in observe. */
static struct fates
heat(uint64_t seed, unsigned hot, int hosts, const int *order)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct fates f;

	if (!s)
		abort();
	begin(s, seed, (mono_t){ 0 }, hosts);
	for (int i = 0; order && i < hosts; i++)
		s->w->order[i] = order[i];
	for (int g = 0; g <= GUESTS; g++)
		f.of[g] = -2;
	for (int t = 0; t < 600; t++) {
		for (int i = 0; i < HOSTS; i++) {
			if (t > 30 && (hot >> i & 1) && t < 60)
				s->w->host[i].reading[WORLD_CPU].value += 2000;
		}
		world_run(s->w, SECOND);
	}
	for (int i = 0; i < s->w->n_log; i++) {
		const struct action *a = &s->w->log[i];

		if (a->kind == ACTION_WOULD_MOVE)
			f.of[a->guest.b[15]] = a->to.i;
		if (a->kind == ACTION_STAYS)
			f.of[a->guest.b[15]] = -1;
	}
	end(s);
	free(s);
	return f;
}

static int
count_fates(const struct fates *f, int min)
{
	int n = 0;

	for (int g = 1; g <= GUESTS; g++)
		n += f->of[g] >= min;
	return n;
}

static void
shuffle(int *order, int n, uint64_t seed)
{
	struct weather x = { .seed = seed * 77 + 5 };

	for (int i = 0; i < n; i++)
		order[i] = i;
	for (int i = n - 1; i > 0; i--) {
		int k = (int)chance(&x, (uint32_t)i + 1), t = order[i];

		order[i] = order[k];
		order[k] = t;
	}
}

static int
laws(uint64_t seed)
{
	int seen = 0;

	for (uint64_t k = seed; k < seed + 4; k++) {
		uint64_t sum = story(k, (mono_t){ 0 }, NULL);

		law(sum != 0, "something is said", k);
		law(story(k, (mono_t){ 0 }, NULL) == sum, "replayed twice, the same", k);
		law(story(k, (mono_t){ 0 }, copy_in_the_middle) == sum,
		    "copied in the middle, the same", k);
		law(story(k, (mono_t){ 0 }, encode_in_the_middle) == sum,
		    "encoded in the middle, the same", k);
		law(story(k, (mono_t){ INT64_C(36000000000) }, NULL) == sum,
		    "at another time, the same", k);
	}
	for (uint64_t k = seed; k < seed + 40; k++) {
		unsigned hot = (unsigned)(k * 2654435761U >> 7) % (1 << HOSTS);
		struct fates here = heat(k, hot, HOSTS, NULL), there, more;
		int order[WORLD_HOSTS];

		shuffle(order, HOSTS, k);
		there = heat(k, hot, HOSTS, order);
		law(memcmp(&here, &there, sizeof(here)) == 0,
		    "reports of one instant in another order, the same", k);
		more = heat(k, hot, HOSTS + 1, NULL);
		law(count_fates(&more, -1) == count_fates(&here, -1),
		    "an idle cool host more, and no other guest is to leave", k);
		law(count_fates(&more, 0) >= count_fates(&here, 0),
		    "an idle cool host more, and no guest stays that went before", k);
		seen += count_fates(&here, 0);
	}
	law(seen > 0, "some guest would move", seed);
	printf("laws hold for seeds from %llu; %d would-moves compared\n",
	    (unsigned long long)seed, seen);
	return 0;
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	int days = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 2;

	if (argc > 1 && strcmp(argv[1], "laws") == 0)
		return laws(seed);
	if (argc > 1 && strcmp(argv[1], "pool") == 0)
		return pool(seed, days);
	(void)fprintf(stderr, "usage: sim laws|pool [SEED [DAYS]]\n");
	return 2;
}
