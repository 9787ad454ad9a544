/*
 * policy/core/health: what becomes of a host's health.
 *
 * A judgement gathers the reasons that there are; a table of rules says what follows;
 * one function changes the state.
 */
#ifndef POLICY_CORE_HEALTH_H
#define POLICY_CORE_HEALTH_H

#include "policy/core/state.h"

/* Everything that a rule may look at.  A reason with WHY_NONE is none. */
struct judgement {
	struct reason by[WHY_CALM + 1];
	struct reason vital_lost; /* a sensor whose loss fails the host */
	bool cooled;              /* no reason to fail for the calm time */
};

/* The first row that fits, or -1. */
int health_match(enum health health, const struct judgement *j);
/* Its reason; the row's state in *to. */
struct reason health_row(int row, const struct judgement *j, enum health *to);

/* Judge this host now: change its health if a rule says so, and set when it is due
 * again. */
void health_judge(struct core *core, int32_t host);

/* What was known of this host holds no longer: it is not heard until it reports again. */
void health_forget(struct core *core, int32_t host);

#endif
