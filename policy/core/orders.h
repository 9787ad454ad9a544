/*
 * policy/core/orders: orders from prepare to a proven ending.
 *
 *   preparing --ready--> moving --moved, and facts prove it--> done
 *   preparing --refused, late, source calm--> done
 *   moving    --stayed, ended--> done
 *   moving    --silence, undefined, held, stayed suspended--> holding
 *   moving    --source and target contradict each other--> holding
 *   holding   --facts of both hosts prove where the guest runs--> done
 *   holding   --an operator has seen it--> done
 *
 * While it is held one follow-up at a time may be ordered: the source resumes its
 * original, when it has it suspended and the target has ended with nothing; and the half
 * that is left on one host is cleaned up, when the guest is seen to run on the other.
 */
#ifndef POLICY_CORE_ORDERS_H
#define POLICY_CORE_ORDERS_H

#include "policy/core/state.h"

/* The guest has an open order. */
bool orders_of(const struct core *core, const struct uuid *guest);
/* Why the guests of an emptying host leave it: what it fails for, or the drain. */
enum why orders_cause(const struct host *h);
/* The table and the cooldowns have room for one more. */
bool orders_room(const struct core *core);
/* Open an order: a prepare to the target.  There must be room. */
void orders_open(
    struct core *core, host_t from, int guest, host_t to, const uint16_t *refused);
/* EVENT_OUTCOME */
void orders_outcome(struct core *core, const struct event *event);
/* EVENT_ORDER, EVENT_CANCEL, EVENT_SETTLE: what cannot be is ignored. */
void orders_restore(struct core *core, const struct event *event);
void orders_cancel(struct core *core, order_t id);
void orders_settle(struct core *core, const struct event *event);
/* What time and facts make of open orders. */
void orders_tend(struct core *core);
/* The first moment at which time alone makes something of them. */
mono_t orders_due(const struct core *core);
/* After EVENT_RESTART: every silence begins anew. */
void orders_restart(struct core *core);
/* Promises, in-flight counts and holds of every host, from the open orders alone. */
void orders_count(struct core *core);
/* It was moved, or tried, less than the cooldown ago. */
bool orders_resting(const struct core *core, const struct uuid *guest);

#endif
