/*
 * policy/door_orders: what the door answers about orders.  As in policy/door_answer, what
 * is returned is the caller's.
 */
#ifndef POLICY_DOOR_ORDERS_H
#define POLICY_DOOR_ORDERS_H

#include <jansson.h>

#include "policy/engine.h"

/* The open ones, oldest first. */
json_t *door_open_orders(const struct engine *e);
/* The open ones of a guest. */
json_t *door_guest_orders(const struct engine *e, const struct uuid *guest);
/* Of the open ones the moves that have been taken. */
json_t *door_moves(const struct engine *e);
/* The open ones, oldest first; with all the ended ones behind them, newest first. */
json_t *door_orders(const struct engine *e, bool all);

/* Of "3.14"; false: no such text. */
bool door_order_id(order_t *out, const char *text);

#endif
