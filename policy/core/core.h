/*
 * policy/core: the whole decision, and nothing else.
 *
 * core_step() reads no clock, file, socket or environment, and allocates nothing.  All
 * it may know is in the core and in the event, so a recorded run can be replayed,
 * simulated and fuzzed, and acts the same every time.
 */
#ifndef POLICY_CORE_CORE_H
#define POLICY_CORE_CORE_H

#include "policy/core/event.h"

struct core;

struct core_limits {
	int32_t hosts;  /* 1..65536 */
	int32_t orders; /* open at once, 1..1024 */
};

/* The defaults of doc/man/lifeboat-policy.conf.5. */
struct rules rules_default(void);

/* Allocates once, everything.  0 or -ENOMEM, -EINVAL. */
int core_new(struct core **out, const struct core_limits *limits);
struct core *core_free(struct core *core);
/* A core that behaves exactly as this one from here on. */
int core_copy(struct core **out, const struct core *core);

/* Take in one event.  *out is overwritten, and may come back empty. */
void core_step(struct core *core, const struct event *event, struct actions *out);

/* When the core next wants an EVENT_TICK, if no other event comes first. */
mono_t core_deadline(const struct core *core);

/* Every invariant holds.  Tests, simulator and fuzzer ask after each step. */
bool core_check(const struct core *core);

/*
 * Queries: they change nothing.
 */
struct host_view {
	char name[NAME_SIZE];
	enum health health;
	enum why why;   /* of that health */
	int16_t sensor; /* it fired on, -1 */
	enum sensor_kind unit;
	int64_t seen, limit;
	mono_t since; /* when it turned so */
	mono_t heard; /* last report */
	mono_t wrong; /* last step with anything wrong there, however shortly */
	bool ever_heard, cordoned, drained, held;
	bool actuator; /* connected */
	uint8_t probes[PROBES];
	const struct xen_facts *xen; /* into the core, until the next step */
	mono_t xen_at;
	const struct storage_facts *storage;
	int n_sensors;
};

struct sensor_view {
	const struct sensor_facts *facts;
	struct reading reading;
	bool ever_read;
	enum why listed;  /* WHY_NONE: plausible */
	enum why crossed; /* WHY_HOT, WHY_CRITICAL, ... or WHY_NONE */
	mono_t crossed_at;
};

int32_t core_hosts(const struct core *core);
struct core_limits core_room(const struct core *core); /* what it was made with */
enum mode core_mode(const struct core *core);
uint64_t core_term(const struct core *core);
const struct rules *core_rules(const struct core *core);
bool core_host(const struct core *core, host_t host, struct host_view *out);
host_t core_find_host(const struct core *core, const char *name);
bool core_sensor(const struct core *core, host_t host, int i, struct sensor_view *out);
/* Where this guest is: number of hosts, the first n of them in out[]. */
int core_find_guest(
    const struct core *core, const struct uuid *guest, host_t *out, int n);
/* By name or by UUID as text; the first match.  False: no such guest. */
bool core_guest(const struct core *core, const char *name, host_t *host, int *index);

/* Every host judged as a target for a guest, best first: why-not, and the full list. */
struct place_row {
	host_t host;
	enum why gate;      /* WHY_NONE: it may go there */
	int64_t need, have; /* memory in KiB, versions as major * 1000 + minor, counts */
	uint32_t load;      /* permille of the host's CPUs */
};
struct place_list {
	struct place_row *rows; /* the caller's */
	int room, n;            /* of rows: there are, were written */
	enum why stays;         /* why it would not be moved at all, or WHY_NONE */
};
/* Fills the list, into the room that the caller has set. */
void core_place(const struct core *core, host_t from, int guest, struct place_list *list);

/*
 * What was decided last of a guest whose host is being emptied: where it would go, or why
 * it stays.  False: nothing is decided of it.
 */
bool core_plan(const struct core *core, host_t from, const struct uuid *guest, host_t *to,
    enum why *stays);

/* Open orders. */
struct order_view {
	order_t order, prepare, follow;
	enum outcome said, berth;
	enum { ORDER_PREPARING, ORDER_MOVING, ORDER_HOLDING } state;
	struct uuid guest;
	char name[NAME_SIZE];
	host_t from, to;
	enum why why;
	mono_t since;
};
int core_orders(const struct core *core);
bool core_order(const struct core *core, int i, struct order_view *out);

/* The rule table, for lifeboat-policy --rules: row i, false when there is none. */
struct rule_view {
	const char *from, *when, *to;
	enum why why;
};
bool core_rule(int i, struct rule_view *out);

/*
 * The whole state as bytes in a fixed order, independent of padding: to compare two
 * cores, and for the snapshot that opens a segment of a recording.  core_encode hands
 * chunks to put(); core_decode fills a core made with the same limits and returns false
 * when the bytes are damaged or of another version.
 */
void core_encode(const struct core *core,
    void (*put)(void *to, const void *data, size_t len), void *to);
bool core_decode(struct core *core, const uint8_t *data, size_t len);

/* Changes whenever the rules' code or tables change their meaning: opens a recording. */
enum { CORE_VERSION = 4 };

#endif
