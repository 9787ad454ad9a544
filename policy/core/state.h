/*
 * policy/core/state: what the core remembers, shared by its modules alone.
 *
 * Everything is allocated once and addressed by index.  What every reading touches
 * (sensor_state) lies apart from names and limits (sensor_facts), and unused slots are
 * never touched, so that their pages cost nothing.
 */
#ifndef POLICY_CORE_STATE_H
#define POLICY_CORE_STATE_H

#include "policy/core/core.h"

enum {
	BUSY_WORDS = MAX_SENSORS / 64,
	MAX_PATHS = MAX_DISKS + MAX_SESSIONS,
	RESTS_PER_ORDER = 4,
	IN_A_ROW = 2, /* readings that make an alarm, a stopped fan, a lost probe */
	JUMP_SETTLES = 3,
	PLAN_MS = 1000,
};

/* Quantities are cut to what sums and differences can hold. */
#define QUANTITY_MAX INT64_C(1000000000000000)
#define TIME_MAX     INT64_C(1000000000000000)
#define NEVER        ((mono_t){ INT64_MAX })

enum level { LEVEL_HOT, LEVEL_CRITICAL, LEVELS };

/* A limit that is crossed: which (LIMIT_* + 1, 0: none), and readings over it. */
struct crossing {
	uint8_t limit;
	uint8_t count;
};

/* 96 bytes: those of 76 sensors fill two pages, and a pool has many. */
struct sensor_state {
	int64_t raw;       /* as last reported */
	int64_t value;     /* the last that was believed */
	int64_t low, high; /* strictly between: no limit is crossed */
	int64_t jump_value;
	mono_t value_at, changed_at;
	mono_t over_since[LEVELS];
	struct crossing over[LEVELS];
	uint8_t kind, quality, flags;
	uint8_t listed;  /* enum why */
	uint8_t dropped; /* enum why: the last reading was not believed */
	uint8_t limits;  /* bit LIMIT_*: usable */
	uint8_t latched; /* FLAG_*: set since the first reading, never a reason */
	uint8_t lost, odd, stopped, alarm, crit, jumps; /* readings in a row */
	bool ever_read, turned, limits_cross, stuck, ignored, lost_fails;
};

/* Why a host is judged as it is, with its numbers. */
struct reason {
	enum why why; /* WHY_NONE: no reason */
	int16_t sensor;
	enum sensor_kind unit;
	int64_t seen, limit;
	int64_t held_ms;
	mono_t since;
};

/* A disk or session that this host has, or had. */
struct path {
	id64_t id;
	mono_t since; /* lost since */
	bool session, lost, present;
	uint8_t verdict; /* enum why, once lost for the hold */
};

/* What was last said of a guest of an emptying host. */
struct said {
	struct uuid guest;
	host_t to;
	int16_t sensor;
	uint8_t why, stays; /* enum why */
};

struct host {
	char name[NAME_SIZE];
	enum health health;
	struct reason reason;
	mono_t since;
	mono_t heard_at, readings_at, xen_at, storage_at;
	mono_t wrong_at, failing_at, stuck_at;
	bool heard, ever_heard, returned; /* returned: it had been silent */
	bool cordoned, drained, held, evacuates;
	bool actuator; /* connected */
	bool catalogue_in, readings_in, xen_in, storage_in, probes_in;
	uint8_t probes[PROBES], probe_bad[PROBES];
	bool probe_ok[PROBES];
	uint16_t n_sensors, n_paths, n_said;
	uint16_t leaving, coming;  /* open orders */
	uint64_t busy[BUSY_WORDS]; /* sensors with anything but peace */
	uint64_t uuids, names;     /* one bit a guest: a quick "not here" */
	uint64_t promised_kib;
	uint32_t promised_cpu;
	uint32_t load; /* permille, in steps that do not wobble */
	mono_t due;
	int32_t slot; /* in the queue */
};

struct sensors {
	struct sensor_state state[MAX_SENSORS];
};

struct names {
	struct sensor_facts facts[MAX_SENSORS];
};

struct paths {
	struct path path[MAX_PATHS];
};

struct sayings {
	struct said said[MAX_GUESTS];
};

struct order {
	order_t prepare, move;
	order_t follow;     /* ACTION_RESUME or ACTION_CLEAN, once it was given */
	bool follow_failed; /* at since; another is given after a while */
	uint8_t said;       /* enum outcome: the move's, once the source has ended it */
	uint8_t said_why;   /* enum why */
	uint8_t berth;      /* enum outcome: of the prepare, once it has ended */
	uint8_t berth_why;  /* enum why */
	uint8_t state;      /* ORDER_* */
	bool moved;         /* the actuator says so; facts have yet to prove it */
	struct uuid guest;
	char name[NAME_SIZE];
	host_t from, to;
	struct reason reason;
	mono_t since;
	uint64_t memory_kib;
	uint32_t cpu;
};

/* No order for this guest (to that target, or HOST_NONE: to any) before then. */
struct rest {
	struct uuid guest;
	host_t to;
	mono_t until;
};

struct core {
	struct core_limits limits;
	struct rules rules;
	enum mode mode;
	uint64_t term;
	uint32_t number; /* of the last order */
	mono_t now;
	mono_t plan_at;
	int32_t n_hosts, n_evacuates, n_orders, n_rests;
	struct host *host;
	struct sensors *sensors;
	struct names *names;
	struct xen_facts *xen;
	struct storage_facts *storage;
	struct paths *paths;
	struct sayings *sayings;
	struct order *order;
	struct rest *rest;
	int32_t *queue;        /* heap of hosts by due, then index */
	struct sensors *spare; /* while a catalogue replaces another */
	struct actions *out;   /* during a step */
};

/* One that has no numbers, and no duration. */
static inline struct reason
reason_plain(enum why why, mono_t since)
{
	return (struct reason){
		.why = why,
		.sensor = -1,
		.seen = NO_LIMIT,
		.limit = NO_LIMIT,
		.held_ms = -1,
		.since = since,
	};
}

static inline bool
host_valid(const struct core *core, host_t h)
{
	return h.i >= 0 && h.i < core->n_hosts;
}

static inline mono_t
mono_min(mono_t a, mono_t b)
{
	return a.ms < b.ms ? a : b;
}

/* Xen facts of that host that may be acted on. */
static inline bool
xen_fresh(const struct core *core, int32_t i)
{
	const struct host *h = &core->host[i];

	return h->xen_in && mono_since(core->now, h->xen_at) <= core->rules.facts_ms;
}

static inline bool
storage_fresh(const struct core *core, int32_t i)
{
	const struct host *h = &core->host[i];

	return h->storage_in &&
	       mono_since(core->now, h->storage_at) <= core->rules.facts_ms;
}

#endif
