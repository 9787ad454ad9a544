/*
 * policy/core/plan: the emptying of hosts that fail or are drained.
 *
 * In observe and advise every guest is told where it would go, the largest first, each
 * taking its memory from the target in the plan.  In act orders are opened, the smallest
 * guest first, so that most guests leave early.
 */
#ifndef POLICY_CORE_PLAN_H
#define POLICY_CORE_PLAN_H

#include "policy/core/state.h"

/* Whether this host is being emptied, after anything about it changed. */
void plan_watch(struct core *core, int32_t host);
/* Forget what was said of guests that are no longer there. */
void plan_prune(struct core *core, int32_t host);
/* In advise an operator lets this guest go, if the plan has a place for it. */
void plan_approve(struct core *core, const struct uuid *guest);
/* Tend open orders, and look at every guest of every host that is being emptied. */
void plan_run(struct core *core);

#endif
