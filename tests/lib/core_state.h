/*
 * tests/lib/core_state: the whole state of a core, to be held against another's.
 */
#ifndef TESTS_LIB_CORE_STATE_H
#define TESTS_LIB_CORE_STATE_H

#include "policy/core/core.h"

enum { CORE_STATE_MAX = 4 << 20 };

/* As core_encode() writes it. */
struct core_state {
	size_t len;
	uint8_t data[CORE_STATE_MAX];
};

/* Ends the program when it does not fit. */
void core_state_take(struct core_state *s, const struct core *core);

/* FNV-1a of the same. */
uint64_t core_state_sum(const struct core *core);

#endif
