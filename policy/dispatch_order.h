/*
 * policy/dispatch_order: actions about orders become orders in the book, and their ends.
 *
 * An order is stored here, before the desk may hand it out.
 */
#ifndef POLICY_DISPATCH_ORDER_H
#define POLICY_DISPATCH_ORDER_H

#include "policy/engine.h"

/* Any action: those that give no order and end none are ignored. */
void dispatch_order(struct engine *e, mono_t now, const struct action *a);

/* Both the core and the actuator are done with it: close it. */
void dispatch_settle(struct engine *e, struct book_order *o);

#endif
