/*
 * policy/desk_internal: shared by desk.c, which answers, and desk_take.c, which takes in.
 */
#ifndef POLICY_DESK_INTERNAL_H
#define POLICY_DESK_INTERNAL_H

#include "policy/engine.h"

struct desk_host {
	bool connected;
	order_t odd; /* the last that was logged as odd */
};

struct desk {
	struct desk_host *host; /* owned */
	int hosts;

	/* The reply that is being filled: owned until the next. */
	Lifeboat__Order *order[MAX_ORDERS_TOLD];
	Lifeboat__OrderId id[2 * MAX_ORDERS_TOLD];
	Lifeboat__OrderId *acknowledged[MAX_ORDERS_TOLD], *cancelled[MAX_ORDERS_TOLD];
	size_t n_orders, n_ids, n_acknowledged, n_cancelled;
};

/* Into the reply that is being filled. */
void desk_acknowledge(struct engine *e, order_t id);
void desk_cancel(struct engine *e, order_t id);

/* Orders may be gone from the book afterwards. */
void desk_tell_core(
    struct engine *e, order_t id, enum outcome outcome, enum why why, mono_t now);

/* One state of a host's actuator (desk_take.c). */
void desk_take(struct engine *e, int host, const Lifeboat__OrderState *s, mono_t now);

order_t desk_id(const Lifeboat__OrderId *id);

#endif
