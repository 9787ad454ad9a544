/*
 * policy/desk: what actuators say of orders, and what they are told.
 *
 * Takes in the order states of each admitted request and fills its reply.  A word of an
 * actuator is stored before it is acknowledged.  An order is in every reply until its
 * actuator shows it, on the boot on which it was told first and no longer than the
 * core waits for a prepare; after that it is withdrawn, and once no reply that carried
 * it can be believed any more, it is known that nobody has it.
 */
#ifndef POLICY_DESK_H
#define POLICY_DESK_H

#include "policy/engine.h"

enum {
	DESK_CONNECTED_MS = 10000, /* an actuator silent for so long is lost */
	DESK_ASK_MS = 100,         /* one that has an order is to ask so often */
	DESK_TROUBLE_MS = 250,     /* one whose host may soon have to be emptied */
	DESK_WRONG_MS = 2000, /* that may be so with anything wrong, for two reports */
	DESK_NEWS_MS = 1000,  /* the core hears so often that a move goes on */
};

/* 0 or -ENOMEM. */
int desk_new(struct desk **out, int hosts);
struct desk *desk_free(struct desk *d);

/* For intake_serve(); to is the engine. */
void desk_asked(void *to, int host, const Lifeboat__Request *request, mono_t now,
    Lifeboat__Reply *reply);

/* Tell the core of actuators that have fallen silent. */
void desk_sweep(struct engine *e, mono_t now);
bool desk_connected(const struct engine *e, int host);

#endif
