/*
 * actuator/orders: what this host has been told to do, and what it says of it.
 *
 * Orders live in their folders; this table only knows them.  It refuses what must not be
 * taken: a lower term, an engine other than the one this host is bound to, the same order
 * with another content, a second order for a guest.  Time is an argument; the effect,
 * starting a mover, is its owner's.
 */
#ifndef ACTUATOR_ORDERS_H
#define ACTUATOR_ORDERS_H

#include "actuator/conf.h"
#include "actuator/folder.h"
#include "actuator/keys.h"
#include "base/wire.h"

enum {
	ORDERS_START_MS = 5000,  /* a mover has so long to take its lock */
	ORDERS_BOUND_MS = 30000, /* an engine's silence after which another may speak */
};

struct order_entry {
	char name[FOLDER_NAME];
	struct uuid engine;
	uint64_t term;
	uint32_t number;
	enum order_kind kind;
	struct uuid guest;
	uint8_t hash[WIRE_HASH];
	mono_t started; /* its mover, last */
	bool ended;     /* its outcome is final, in its folder or below */
	bool no_folder; /* it was refused before it had one */
	bool cancel_failed;
	char why[WHY_SIZE], detail[DETAIL_SIZE];
	Lifeboat__OrderState *state; /* owned; as read last, or NULL */
	int64_t state_ns;            /* the file's time then */
	uint64_t state_ino;          /* and which file */
};

/* What the table serves; pointers are its owner's and outlive it. */
struct orders_owner {
	const struct actuator_conf *conf;
	void *owner;
	/* Start a mover on that folder; one that lives already makes it end at once. */
	void (*start)(void *owner, const char *folder);
};

struct orders {
	struct orders_owner of;
	struct order_entry entry[MAX_ORDERS_TOLD];
	int n;
	struct keys_pair carrier;
	uint64_t term; /* the highest that was heard of */
	bool bound;
	struct uuid engine;
	mono_t heard;
	bool changed; /* a folder, and orders_look() has not said so yet */
	bool stranger_told, lower_told;
	Lifeboat__OrderState *told[MAX_ORDERS_TOLD]; /* of the last request */
	Lifeboat__OrderState scratch[MAX_ORDERS_TOLD];
	Lifeboat__OrderId scratch_id[MAX_ORDERS_TOLD];
};

/* Take up what an earlier actuator of this boot left, and start movers for it.  0, or
 * -errno with a sentence. */
int orders_init(struct orders *o, const struct orders_owner *of,
    const struct uuid *boot_id, mono_t now, struct err *err);
void orders_deinit(struct orders *o);

/* Add everything known to a request.  It points into o until the next call of any. */
void orders_fill(struct orders *o, Lifeboat__Request *request);

/* What an engine that has admitted us says. */
void orders_take(struct orders *o, const Lifeboat__Reply *reply, mono_t now);

/* Look into the folders.  True: something has changed since the last look. */
bool orders_look(struct orders *o);

/* How many have not ended. */
int orders_open(const struct orders *o);

/* Movers that died are started again, to prove how their orders ended. */
void orders_revive(struct orders *o, mono_t now);

#endif
