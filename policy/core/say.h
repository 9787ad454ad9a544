/*
 * policy/core/say: actions, one by one.
 */
#ifndef POLICY_CORE_SAY_H
#define POLICY_CORE_SAY_H

#include "policy/core/state.h"

/* Room for n more.  Whoever changes state asks first, and comes back if it is false. */
bool say_room(const struct core *core, int n);
/* A blank action, to be filled.  There must be room. */
struct action *say(struct core *core, enum action_kind kind, enum why why);
struct action *say_host(
    struct core *core, enum action_kind kind, enum why why, int32_t host);
/* The numbers of a reason. */
void say_reason(struct action *a, const struct reason *r);
/* An event was not taken in.  Left out when there is no room. */
void say_refused(
    struct core *core, enum why why, host_t host, int64_t seen, int64_t limit);

#endif
