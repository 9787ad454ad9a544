/*
 * policy/core/place: where a guest could go.
 *
 * A target passes every gate, in the order of why.h.  Among those that pass, a numbered
 * comparator with a total order decides.
 */
#ifndef POLICY_CORE_PLACE_H
#define POLICY_CORE_PLACE_H

#include "policy/core/state.h"

/* What a guest looks for. */
struct wish {
	host_t from;
	int guest;
	int64_t back_kib; /* promised to this very guest, on back_to */
	host_t back_to;
};

/* WHY_NONE, or why this guest would not be moved at all. */
enum why place_stays(const struct core *core, host_t from, int guest);
/* The first gate that refuses, with its numbers. */
struct place_row place_judge(const struct core *core, const struct wish *wish, host_t to);
/* Negative: a is better. */
int place_compare(const struct place_row *a, const struct place_row *b);
/* The best target or HOST_NONE; refused[] counts the gates. */
host_t place_best(const struct core *core, const struct wish *wish, uint16_t *refused);

/* What a guest adds to the load of its host, in steps that do not wobble. */
uint32_t place_cpu(const struct guest_facts *g);
/* On that host, in whatever state; NULL: not there. */
const struct guest_facts *place_find(
    const struct core *core, host_t host, const struct uuid *guest);
/* The host's summary of its guests and its load, from new facts. */
void place_take(struct core *core, int32_t host);

#endif
