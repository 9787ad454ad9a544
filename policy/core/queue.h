/*
 * policy/core/queue: hosts by the time at which they want to be judged again.
 */
#ifndef POLICY_CORE_QUEUE_H
#define POLICY_CORE_QUEUE_H

#include "policy/core/state.h"

/* Append the newest host. */
void queue_add(struct core *core, int32_t host);
/* Set a host's due time. */
void queue_set(struct core *core, int32_t host, mono_t due);
/* Order everything anew from the hosts' due times. */
void queue_build(struct core *core);
/* The host that is due first, or -1. */
int32_t queue_first(const struct core *core);
/* A heap it is, with every host once. */
bool queue_check(const struct core *core);

#endif
