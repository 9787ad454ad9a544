/*
 * tests/sim/players: the weather, the actuators and the operators of a simulated pool.
 *
 * Whatever they do depends on the seed alone.
 */
#ifndef TESTS_SIM_PLAYERS_H
#define TESTS_SIM_PLAYERS_H

#include "tests/sim/world.h"

enum {
	HOSTS = 6,
	GUESTS = 14,
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	PENDING = 64,
	DAY_MINUTES = 24 * 60,
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

/* What goes wrong with a move. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_SUSPENDED, /* the link dies late: suspended here, nothing there */
	TROUBLE_HALF,      /* it goes on here, and a paused half is left there */
	TROUBLE_UNMENDED,  /* what was to mend it cannot be carried out */
};

/* What an actuator will say, and do, later. */
struct pending {
	enum action_kind kind;
	order_t order, prepare;
	mono_t at;
	enum outcome outcome;
	int guest, from, to, host;
	enum trouble trouble;
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
	order_t held[GUESTS + 1]; /* number 0: not held */
	bool unmended[GUESTS + 1];
	int moves, holds, would, stays, failing, resumed, cleaned, settled, again;
};

_Noreturn void players_fail(const struct sim *s, const char *what);
/* 0..n-1 */
uint32_t players_chance(struct weather *x, uint32_t n);

void players_weather(struct sim *s);
void players_host(struct sim *s, int i);
/* Take an order: what comes of it comes later. */
void players_obey(struct sim *s, const struct action *a);
/* Carry out and say what is due. */
void players_act(struct sim *s);
/* Operators look after what is held. */
void players_settle(struct sim *s);

#endif
