/*
 * policy/trace_internal: shared by the trace's writers and readers.
 */
#ifndef POLICY_TRACE_INTERNAL_H
#define POLICY_TRACE_INTERNAL_H

#include "policy/trace.h"

enum { TRACE_NAMES = 1 << 15, TRACE_WORD = 4 * DISK_SIZE + 8 };

struct trace {
	char *name[TRACE_NAMES]; /* owned; open addressing by id */
	id64_t id[TRACE_NAMES];
	int n;
};

/* Where the fields of struct rules stand, and how they are written. */
enum rule_type { RULE_DURATION, RULE_TEMP, RULE_PERCENT, RULE_COUNT, RULE_MEMORY };
struct rule_field {
	const char *name;
	size_t offset;
	enum rule_type type;
};
extern const struct rule_field trace_rules[];
extern const size_t trace_n_rules;

/* "readings"; NULL for kinds that are not written. */
extern const char *const trace_events[EVENT_KINDS];

extern const char *const trace_limits[LIMITS];
extern const char *const trace_clears[LIMITS];

/* The UUID of a guest whose line names none: made of its name. */
struct uuid trace_uuid(const char *name);

/* What a guest is unless its line says otherwise. */
struct guest_facts trace_guest(const char *name);

/* The last reading of a sensor; gone when it never had one. */
struct reading trace_last_reading(const struct core *core, host_t host, int sensor);
/* The sensor of that name, looked for from there on and then from the first; or -1. */
int trace_find_sensor(const struct core *core, host_t host, int from, const char *name);
/* The first guest of that name, or -1. */
int trace_find_guest(const struct xen_facts *x, const char *name);

/*
 * Writers of one part, called by trace_event().
 */
/* A name as reader_text() takes it: never empty, never a word with a meaning. */
void trace_put_word(FILE *f, const char *text);
/* After a blank; "?" for none, which no name is written as. */
void trace_put_host(FILE *f, const struct core *core, host_t host);
void trace_put_xen(
    FILE *f, const struct trace *t, const struct core *core, const struct event *e);
/* EVENT_OUTCOME and what else names an order, behind the host's name. */
void trace_put_order(FILE *f, const struct core *core, const struct event *e);
void trace_put_storage(
    FILE *f, const struct trace *t, const struct core *core, const struct event *e);

#endif
