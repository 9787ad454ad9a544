/*
 * policy/core/orders_internal: shared by orders.c and orders_hold.c, which has what
 * becomes of orders that are held or were before.
 */
#ifndef POLICY_CORE_ORDERS_INTERNAL_H
#define POLICY_CORE_ORDERS_INTERNAL_H

#include "policy/core/state.h"

/* What one order may say in one step, at most. */
enum { ACTIONS_PER_ORDER = 4 };

bool orders_same(order_t a, order_t b);
/* The order with that prepare, move or follow-up; -1: none. */
int orders_find(const struct core *core, order_t id);
/* The next of this term. */
order_t orders_new_id(struct core *core);
/* An action about it, filled but for its kind's own fields.  There must be room. */
struct action *orders_say(
    struct core *core, enum action_kind kind, enum why why, const struct order *o);

/* Order i is done with, and gone: those behind it move up. */
void orders_end(struct core *core, int i, enum outcome outcome, enum why why);
void orders_hold(struct core *core, int i, enum outcome outcome, enum why why);

/* Where both hosts' facts prove the guest to be: OUTCOME_NONE while they do not. */
enum outcome orders_proven(const struct core *core, const struct order *o);
/* For an order that is held: again a cooldown after it failed, while facts call for it.
 */
void orders_follow(struct core *core, struct order *o);

#endif
