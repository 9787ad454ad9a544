/*
 * tests/sim/world: hosts that report to a core, second by second.
 *
 * A test sets what a host shows and lets time pass.  Every action is kept in a log, and
 * core_check() is asked after each step.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "policy/core/core.h"

enum { WORLD_HOSTS = 16, WORLD_LOG = 4096, WORLD_SENSORS = 3 };
enum { WORLD_CPU, WORLD_BOARD, WORLD_FAN };

struct world_host {
	struct reading reading[WORLD_SENSORS];
	uint8_t probes[PROBES];
	struct xen_facts xen;
	struct storage_facts storage;
	bool silent;
};

struct world {
	struct core *core;
	mono_t now;
	int n;
	struct world_host host[WORLD_HOSTS];
	int order[WORLD_HOSTS]; /* in which hosts report at one instant */
	int n_log;
	struct action log[WORLD_LOG];
	uint64_t sum; /* of every action so far, in order */
	struct event event;
	struct actions out;
};

/* n hosts n1, n2, ... that are well, with 8 GiB free and one shared disk (id 7). */
struct world *world_new(int n, mono_t start);
struct world *world_free(struct world *w);

/* A running guest that can go anywhere; its UUID is made from id. */
struct guest_facts *world_guest(struct world *w, int host, int id, uint64_t memory_kib);
struct uuid world_uuid(int id);
/* As that host shows it, or NULL. */
struct guest_facts *world_find(struct world *w, int host, int id);
/* Takes it off that host; false: it was not there. */
bool world_take(struct world *w, int host, int id, struct guest_facts *out);

/* Step w->event at w->now. */
void world_step(struct world *w, enum event_kind kind, int host);
void world_catalogue(struct world *w, int host);
void world_readings(struct world *w, int host);
void world_xen(struct world *w, int host);
void world_storage(struct world *w, int host);
void world_probes(struct world *w, int host);
void world_outcome(struct world *w, order_t order, enum outcome outcome);
void world_ended(struct world *w, order_t order, enum outcome outcome, enum why why);
void world_mode(struct world *w, enum mode mode);
/* Ticks as the core asks for them. */
void world_ticks(struct world *w, mono_t until);
/* Everything that all hosts have to say, now. */
void world_report(struct world *w);
/* Let whole seconds pass: readings each second, the rest each fifth. */
void world_run(struct world *w, int64_t ms);

enum health world_health(const struct world *w, int host);
/* The newest action of that kind, or NULL.  world_count: how many. */
const struct action *world_said(const struct world *w, enum action_kind kind);
int world_count(const struct world *w, enum action_kind kind);
void world_forget(struct world *w); /* the log */

#endif
