/*
 * policy/door_orders: what the door answers about orders.
 */
#ifndef POLICY_DOOR_ORDERS_H
#define POLICY_DOOR_ORDERS_H

#include <jansson.h>

#include "policy/engine.h"

/* Open orders, oldest first; with all the ended ones behind them, newest first. */
json_t *door_open_orders(const struct engine *e);
/* The open ones of a guest. */
json_t *door_guest_orders(const struct engine *e, const struct uuid *guest);
/* Of the open ones the moves that have been taken. */
json_t *door_moves(const struct engine *e);
json_t *door_orders(const struct engine *e, bool all);

/* "3.14" */
bool door_order_id(order_t *out, const char *text);

#endif
