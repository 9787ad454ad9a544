/*
 * policy/store_order: the orders that were ever given, in the store.
 *
 * An order is stored before it leaves and its outcome before it is acknowledged.  Open
 * ones are read at start and never derived anew; of the ended ones the last
 * STORE_ENDED are kept for operators.
 */
#ifndef POLICY_STORE_ORDER_H
#define POLICY_STORE_ORDER_H

#include "base/wire.h"
#include "policy/core/event.h"
#include "policy/store.h"

enum { STORE_ENDED = 1000 };

struct store_berth {
	char address[64]; /* numeric; "": none */
	uint32_t port;
	uint8_t key[WIRE_KEY];
};

struct store_order {
	order_t id;
	order_t prepare; /* that it follows; number 0: it is one itself */
	enum order_kind kind;
	char host[NAME_SIZE]; /* whose actuator it is for: from or to */
	char from[NAME_SIZE], to[NAME_SIZE];
	struct uuid guest;
	char name[NAME_SIZE]; /* the guest's */
	char why[WHY_SIZE];   /* the rule that fired */
	uint8_t *packed;      /* the Order as it left */
	size_t len;
	uint8_t hash[WIRE_HASH];
	int64_t opened_ms; /* wall, only to be shown */

	/* What follows changes while it is open. */
	bool taken;        /* its actuator has shown it */
	bool held;         /* the core holds guest and hosts on its account */
	enum outcome said; /* by the actuator; OUTCOME_READY is not its last */
	char said_why[WHY_SIZE];
	char detail[DETAIL_SIZE];
	uint64_t bytes;            /* that its carrier has passed on */
	int64_t copy_ms, pause_ms; /* of the guest's, by its actuator; 0: not known */
	struct store_berth berth;
	enum outcome outcome; /* the engine's verdict; OUTCOME_NONE: open in the core */
	char verdict[WHY_SIZE];
	char by[NAME_SIZE]; /* the operator who settled or cancelled it, or "" */
	int64_t ended_ms;   /* wall; 0: not yet */
	bool closed;        /* nothing more is expected of anybody */
};

/* All 0, or -errno with a sentence: then nothing was changed. */
int store_add_order(struct store *s, const struct store_order *o, struct err *err);
int store_save_order(struct store *s, const struct store_order *o, struct err *err);

/*
 * Open ones in the order of their opening, or the newest n closed ones, newest first.
 * o and what it points to are the store's until each() returns.
 */
int store_each_open(
    struct store *s, void (*each)(void *to, const struct store_order *o), void *to);
int store_each_closed(struct store *s, int n,
    void (*each)(void *to, const struct store_order *o), void *to);

/* Calls each() with it: 1, 0 when there is none, -errno. */
int store_find_order(struct store *s, order_t id,
    void (*each)(void *to, const struct store_order *o), void *to);

#endif
