/*
 * policy/core/plausible: which readings and limits can be true.
 *
 * What cannot is listed for the operator and is never a reason.
 */
#ifndef POLICY_CORE_PLAUSIBLE_H
#define POLICY_CORE_PLAUSIBLE_H

#include "policy/core/state.h"

/* What broken sensors give lies below the first, or at the second and above; in mC. */
enum { TEMP_SURE_FROM = -60000, TEMP_SURE_BELOW = 127000 };

/* The limits that may be used, as bits 1 << LIMIT_*.  *cross: they contradict each
 * other, and none may. */
uint8_t plausible_limits(const struct sensor_facts *f, bool *cross);
/* WHY_NONE, WHY_NOT_FINITE or WHY_SENTINEL. */
enum why plausible_reading(enum sensor_kind kind, const struct reading *r);
/* A good temperature against the last that was believed.  Counts readings on the new
 * level in s; the third in a row is believed. */
bool plausible_jump(
    struct sensor_state *s, int64_t value, mono_t now, const struct rules *rules);
/* Which temperatures of a host have not changed while most of its others did. */
void plausible_stuck(
    struct sensor_state *s, int n, mono_t now, const struct rules *rules);

#endif
