/*
 * base/uplink: a host's way to the engine: the bus child, and the exchange through it.
 *
 * A bus child that dies is started again after 1 s, doubling to 30 s.  Nothing waits for
 * it: what is published or asked meanwhile is lost.
 */
#ifndef BASE_UPLINK_H
#define BASE_UPLINK_H

#include "base/bus.h"
#include "base/child.h"
#include "base/exchange.h"

/* What the daemon gives; pointers are its own and outlive the uplink. */
struct uplink_owner {
	void *owner;
	const char *program; /* argv[0] of the bus child */
	enum role role;
	const char *key_path;      /* this host's key; read once */
	const uint8_t *engine_key; /* SEAL_KEY bytes */
	const void *conf;          /* its first record */
	size_t conf_size;
	const struct bus_address *engine;
	int64_t ask_every_ms;
	void (*on_want_catalogue)(void *owner);
	/* NULL, or: add to a request; take a reply of an engine that has admitted us. */
	void (*fill)(void *owner, Lifeboat__Request *request);
	void (*on_reply)(void *owner, const Lifeboat__Reply *reply);
};

struct uplink {
	uv_loop_t *loop;
	struct uplink_owner of;
	struct child child;
	struct exchange exchange;
	uv_timer_t ask;
	uv_timer_t restart;
	mono_t started;   /* the bus child, last */
	int64_t delay_ms; /* before it is started again */
	bool stopping;
	uint8_t *frame; /* FRAME_MAX bytes */
};

/* u is zeroed; seal_start() was called.  0, or -errno with a sentence: -ENOKEY if the
 * keys cannot be used. */
int uplink_init(struct uplink *u, uv_loop_t *loop, const struct uplink_owner *of,
    const struct uuid *boot_id, struct err *err);
/* After uplink_stop(), when the loop has let go of child and timers. */
void uplink_deinit(struct uplink *u);

/* Start the bus child and ask.  0, or -errno with a sentence. */
int uplink_start(struct uplink *u, struct err *err);
/* Kill the bus child and never start it again. */
void uplink_stop(struct uplink *u);

/* Seal and publish one report. */
void uplink_publish(struct uplink *u, const uint8_t *body, size_t len);

/* Ask in ms milliseconds instead of when it is due; the rhythm goes on from there. */
void uplink_ask_in(struct uplink *u, int64_t ms);

#endif
