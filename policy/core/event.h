/*
 * policy/core/event: what goes into the core, and what comes out.
 *
 * Plain values without pointers.  An event's now is the engine's monotonic clock at its
 * arrival; hosts' clocks never get here.
 */
#ifndef POLICY_CORE_EVENT_H
#define POLICY_CORE_EVENT_H

#include "base/types.h"
#include "policy/core/why.h"

/* An index into the core's hosts, in the order of the inventory. */
typedef struct {
	int32_t i;
} host_t;

#define HOST_NONE ((host_t){ -1 })

/* Names an order for ever: an actuator carries an order out once. */
typedef struct {
	uint64_t term;
	uint32_t number;
} order_t;

enum { LIMIT_LOW_CRITICAL, LIMIT_LOW, LIMIT_HIGH, LIMIT_HIGH_CRITICAL, LIMITS };

#define NO_LIMIT INT64_MIN

/* What is known of a sensor beforehand.  Site limits have already replaced the chip's. */
struct sensor_facts {
	char name[SENSOR_SIZE];
	enum sensor_kind kind;
	int64_t limit[LIMITS]; /* NO_LIMIT where there is none */
	int64_t clear[LIMITS]; /* where the crossing ends; NO_LIMIT: hysteresis of the
				  rules */
	bool ignored;          /* by configuration: shown, never a reason */
	bool lost_fails;       /* by configuration: losing it fails the host */
};

struct reading {
	int64_t value;
	uint8_t quality; /* enum quality */
	uint8_t flags;   /* FLAG_* */
};

struct guest_facts {
	struct uuid uuid;
	char name[NAME_SIZE];
	uint32_t domid;
	enum guest_type type;
	enum guest_state state;
	enum master master;
	uint64_t memory_kib; /* what a target must have free for it */
	uint32_t vcpus;
	uint32_t cpu_permille; /* of one CPU, over the last interval */
	uint16_t pci_devices;
	uint16_t n_disks, n_bridges;
	id64_t disks[MAX_GUEST_DISKS]; /* 0: not shared */
	id64_t bridges[MAX_GUEST_BRIDGES];
	bool move; /* false: "move = no" in the engine's configuration */
};

struct xen_facts {
	enum probe_state state; /* the facts below hold only for PROBE_OK */
	uint32_t major, minor;
	uint64_t total_kib;
	uint64_t free_kib; /* free plus what dom0 may give back */
	uint32_t cpus;
	uint32_t cpu_permille; /* of all CPUs together, over the last interval */
	bool live_pv, live_hvm;
	uint16_t n_features_pv, n_features_hvm, n_bridges, n_guests;
	uint32_t features_pv[MAX_FEATURES];
	uint32_t features_hvm[MAX_FEATURES];
	id64_t bridges[MAX_BRIDGES];
	struct guest_facts guests[MAX_GUESTS];
};

struct disk_facts {
	id64_t disk;
	uint8_t lost; /* blocked, offline, stuck, or its session is not logged in */
};

struct storage_facts {
	enum probe_state state;
	uint16_t n_disks, n_sessions;
	struct disk_facts sessions[MAX_SESSIONS]; /* id of "iqn@portal" */
	struct disk_facts disks[MAX_DISKS];       /* last: what is unused costs no page */
};

/* Times in ms, memory in KiB.  Defaults in rules_default(). */
struct rules {
	int64_t silence_ms; /* no report for this long: unknown */
	int64_t facts_ms;   /* a target's facts may be this old */
	int64_t hold_ms;    /* a limit must be crossed for this long */
	int64_t calm_ms;    /* nothing wrong for this long: sound again */
	int64_t temp_hysteresis_mc;
	int64_t percent_hysteresis; /* of the limit, for what is no temperature */
	int64_t lost_sweeps;     /* a sensor is lost after this many sweeps without it */
	int64_t jump_mc_per_s;   /* a temperature cannot change faster */
	int64_t stuck_ms;        /* 0: do not look for stuck sensors */
	int64_t dom0_floor_kib;  /* of a target's free memory, never given to guests */
	int64_t cooldown_ms;     /* of a guest, after an order for it */
	int64_t prepare_ms;      /* an unanswered prepare is given up */
	int64_t move_silence_ms; /* a move without word from its actuator is undefined */
	int64_t in_flight_pool, in_flight_source, in_flight_target;
};

enum event_kind {
	EVENT_TICK,
	EVENT_RULES,     /* rules: at start and on reload */
	EVENT_HOST,      /* host_name: a line of the inventory, at start */
	EVENT_RESTART,   /* the engine began a term: all is unknown */
	EVENT_CATALOGUE, /* catalogue: all sensors of a host, replacing those before */
	EVENT_READINGS,
	EVENT_PROBES,
	EVENT_XEN,
	EVENT_STORAGE,
	EVENT_MODE,
	EVENT_CORDON, /* host */
	EVENT_UNCORDON,
	EVENT_DRAIN,
	EVENT_UNDRAIN,
	EVENT_OUTCOME,  /* what an actuator says of an order */
	EVENT_ACTUATOR, /* host's actuator is connected, or no longer */
	EVENT_ORDER,   /* open before the engine began, or held again; host: the source */
	EVENT_CANCEL,  /* an operator gives up what no source was told to move */
	EVENT_APPROVE, /* in advise: this guest may go */
	EVENT_SETTLE,  /* an operator has seen how a held order ended */
	EVENT_KINDS,
};

/* An order that the core does not know, or no longer. */
struct order_facts {
	order_t prepare;
	order_t move;   /* number 0: there is none, as with follow */
	order_t follow; /* what was ordered to mend the end of it */
	bool held;
	enum outcome said;  /* of the move, as far as it is known */
	enum outcome berth; /* of the prepare, once it has ended */
	enum why berth_why;
	enum why why; /* it was opened */
	struct uuid guest;
	char name[NAME_SIZE];
	host_t to;
	uint64_t memory_kib;
};

struct event {
	enum event_kind kind;
	mono_t now;
	host_t host;
	union {
		struct rules rules;
		char host_name[NAME_SIZE];
		uint64_t term; /* EVENT_RESTART */
		enum mode mode;
		struct {
			uint16_t n;
			struct sensor_facts sensor[MAX_SENSORS];
		} catalogue;
		struct {
			uint16_t first, n; /* of the catalogue */
			struct reading reading[MAX_SENSORS];
		} readings;
		uint8_t probes[PROBES]; /* enum probe_state */
		struct xen_facts xen;
		struct storage_facts storage;
		struct {
			order_t order;
			enum outcome outcome;
			enum why why; /* WHY_REFUSED: the actuator's own reason */
		} outcome;
		bool connected; /* EVENT_ACTUATOR */
		struct order_facts order;
		order_t cancel;
		struct uuid approve; /* the guest */
		struct {
			order_t order;
			bool off; /* host is off; else: the guest runs on host */
		} settle;
	};
};

enum action_kind {
	ACTION_HEALTH,     /* host turned from health_from to health_to */
	ACTION_LISTED,     /* a sensor is listed (why), or WHY_NONE: no longer */
	ACTION_WOULD_MOVE, /* observe: guest would go from -> to */
	ACTION_STAYS,   /* guest of a failing or drained host cannot be moved, with why */
	ACTION_PREPARE, /* order to the target */
	ACTION_MOVE,    /* order to the source; after: the prepare it follows */
	ACTION_RESUME,  /* order to the source; after: the prepare it follows */
	ACTION_CLEAN,   /* order to either; after: the prepare it follows */
	ACTION_OUTCOME, /* an order ended; after: the prepare it follows, or is */
	ACTION_HOLD,    /* guest and both hosts are held */
	ACTION_RELEASE,
	ACTION_MODE,
	ACTION_CORDON, /* cordoned; from = host */
	ACTION_UNCORDON,
	ACTION_DRAIN,
	ACTION_UNDRAIN,
	ACTION_REFUSED, /* an event could not be taken in: full table */
	ACTION_KINDS,
};

struct action {
	enum action_kind kind;
	enum why why;    /* the rule that fired */
	host_t from, to; /* ACTION_HEALTH and the like: from is the host */
	struct uuid guest;
	char name[SENSOR_SIZE]; /* the guest's or the sensor's */
	enum health health_from, health_to;
	enum mode mode;
	int16_t sensor;        /* index of the sensor it fired on, -1 */
	enum sensor_kind unit; /* of seen and limit, when sensor >= 0 */
	int64_t seen, limit; /* the number, and what it was held against; else NO_LIMIT */
	int64_t held_ms;     /* for how long it had been so; -1: not said */
	order_t order, after;
	host_t at; /* whose actuator is to carry it out */
	enum outcome outcome;
	uint16_t refused[GATES]; /* how many hosts each gate refused */
};

enum { MAX_ACTIONS = 512 };

/* n never exceeds MAX_ACTIONS; what did not fit is decided at the next step, not lost. */
struct actions {
	int n;
	struct action action[MAX_ACTIONS];
};

#endif
