/*
 * usage: sim laws|pool [SEED [DAYS]]
 *
 * A seeded world of hosts that heat and cool, fall silent, lose disks and fans, with
 * actuators that succeed, refuse, hang or do not know.  After each step core_check() is
 * asked; pool judges every action, laws compares whole runs.
 */
#include "tests/lib/core_state.h"
#include "tests/sim/players.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
		world_guest(
		    s->w, g % HOSTS, g, 256 * MIB * (1 + players_chance(&s->weather, 6)));
	}
	world_report(s->w);
}

static void
end(struct sim *s)
{
	s->w = world_free(s->w);
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
		players_fail(s, "a guest is moved to its own host");
	if (to.health != HEALTH_SOUND)
		players_fail(s, "a guest is sent to a host that is not sound");
	if (from.health == HEALTH_UNKNOWN)
		players_fail(s, "a guest is moved from a host that is unknown");
	if (mono_since(s->w->now, to.xen_at) > core_rules(s->w->core)->facts_ms)
		players_fail(s, "decided on stale facts");
	if (a->kind == ACTION_WOULD_MOVE)
		return;
	if (to.xen->free_kib <
	    (uint64_t)core_rules(s->w->core)->dom0_floor_kib + 256 * MIB)
		players_fail(s, "a guest is sent where there is no room");
	if (s->ever_moved[guest] && mono_since(s->w->now, s->moved_at[guest]) <
					core_rules(s->w->core)->cooldown_ms)
		players_fail(s, "a guest is moved again within its cooldown");
}

/* Nothing may start a second copy, or destroy the only one. */
static void
judge_follow(struct sim *s, const struct action *a)
{
	int guest = a->guest.b[15];

	if (a->kind == ACTION_RESUME && s->where[guest] != a->at.i)
		players_fail(s, "a guest is resumed where it is not");
	if (a->kind == ACTION_CLEAN && s->where[guest] == a->at.i)
		players_fail(s, "a guest is cleaned up where it runs");
}

static void
judge_order_counts(const struct sim *s)
{
	int moving = 0, from[WORLD_HOSTS] = { 0 }, to[WORLD_HOSTS] = { 0 };
	struct order_view o;

	for (int i = 0; core_order(s->w->core, i, &o); i++) {
		moving++;
		if (++from[o.from.i] > 1 || ++to[o.to.i] > 1)
			players_fail(s, "more moves at once than allowed");
	}
	if (moving > 4)
		players_fail(s, "more moves in the pool than allowed");
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
		players_obey(s, a);
		break;
	case ACTION_RESUME:
	case ACTION_CLEAN:
		judge_follow(s, a);
		players_obey(s, a);
		break;
	case ACTION_RELEASE:
		s->held[a->guest.b[15]] = (order_t){ 0, 0 };
		s->unmended[a->guest.b[15]] = false;
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
		s->held[a->guest.b[15]] = a->order;
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
		players_weather(s);
	for (int i = 0; i < HOSTS; i++)
		players_host(s, i);
	world_run(s->w, SECOND);
	judge_all(s);
	players_act(s);
	judge_all(s);
	players_settle(s);
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
	       "%d resumed, %d cleaned, %d again, %d settled, %d stays in %.1f s\n",
	    (unsigned long long)seed, days, s->failing, would, moves, s->holds,
	    s->resumed, s->cleaned, s->again, s->settled, s->stays,
	    (double)(clock() - from) / CLOCKS_PER_SEC);
	if (would == 0 || moves == 0 || s->holds == 0 || s->resumed == 0 ||
	    s->cleaned == 0 || s->again == 0 || s->settled == 0)
		players_fail(s, "too little happened to prove anything");
	end(s);
	free(s);
	return 0;
}

/*
 * Laws
 */

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
	static struct core_state e;
	const struct core_limits limits = { WORLD_HOSTS, 16 };
	struct core *other;

	core_state_take(&e, s->w->core);
	if (core_new(&other, &limits) < 0 || !core_decode(other, e.data, e.len))
		players_fail(s, "what was encoded does not decode");
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
		int k = (int)players_chance(&x, (uint32_t)i + 1), t = order[i];

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
	int days = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 4;

	if (argc > 1 && strcmp(argv[1], "laws") == 0)
		return laws(seed);
	if (argc > 1 && strcmp(argv[1], "pool") == 0)
		return pool(seed, days);
	(void)fprintf(stderr, "usage: sim laws|pool [SEED [DAYS]]\n");
	return 2;
}
