/*
 * policy/core/rules: the numbers that a site may set.
 */
#ifndef POLICY_CORE_RULES_H
#define POLICY_CORE_RULES_H

#include "policy/core/event.h"

/* The same, within what the core's arithmetic can hold. */
struct rules rules_cut(const struct rules *wanted);

#endif
