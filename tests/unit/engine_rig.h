/*
 * tests/unit/engine_rig: a real engine in a temporary folder, and hosts that speak to it
 * over the sealed exchange: a monitor and an actuator each, played by the test.
 */
#ifndef TESTS_UNIT_ENGINE_RIG_H
#define TESTS_UNIT_ENGINE_RIG_H

#include "base/exchange.h"
#include "policy/engine.h"

enum { RIG_HOSTS = 3 };

struct rig_host {
	struct seal_pair pair;
	struct exchange monitor, actuator;
	uint8_t carrier_key[WIRE_KEY];
	bool guest;     /* web runs here */
	int64_t temp;   /* of its one sensor, in milli-degrees */
	uint32_t state; /* enum guest_state of it */
	uint32_t domid; /* of it */
	uint64_t term;
	Lifeboat__OrderState *states[4]; /* of the test */
	size_t n_states;
	const Lifeboat__Reply *reply; /* the actuator's last, until its next */
};

struct rig {
	char folder[64];
	struct engine *engine;
	struct seal_pair pair;
	struct rig_host host[RIG_HOSTS];
	mono_t now;
};

/* n1 has a guest "web" of 1 GiB; n1, n2 and n3 are sound. */
void rig_init(struct rig *r);
void rig_deinit(struct rig *r);
/* cmocka's fixtures: *state is a rig that has run for 3 s. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* The engine dies and begins again on the same store. */
void rig_restart(struct rig *r);

/* The monitor of a host reports, now. */
void rig_report(struct rig *r, int host);
/* The actuator asks with its states, and keeps the reply. */
void rig_ask(struct rig *r, int host);
/* All report and ask, each second for so long. */
void rig_run(struct rig *r, int64_t ms);

/* State i of a host's actuator: of the order as it was given. */
Lifeboat__OrderState *rig_take(struct rig *r, int host, const Lifeboat__Order *order);
void rig_drop(struct rig *r, int host);

/* The door's answer as text; the caller frees. */
char *rig_door(struct rig *r, const char *request);
/* Fails the test unless that part is in the answer. */
void rig_door_says(struct rig *r, const char *request, const char *part);

/* The log is kept from the one to the other, which returns it: until the next. */
void rig_log_begin(void);
const char *rig_log_end(void);

/* n1 is drained in mode act: the prepare is with n2's actuator; its state there. */
Lifeboat__OrderState *rig_prepare(struct rig *r);
/* It is ready, for the next rig_ask(). */
void rig_open_berth(Lifeboat__OrderState *prepared);
/* n2 has said that it is ready, and n1's actuator has the move: its state there. */
Lifeboat__OrderState *rig_move(struct rig *r, Lifeboat__OrderState *prepared);

#endif
