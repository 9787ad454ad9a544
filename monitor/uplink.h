/*
 * monitor/uplink: the way to the engine: the bus child, and the exchange through it.
 */
#ifndef MONITOR_UPLINK_H
#define MONITOR_UPLINK_H

#include "monitor/child.h"
#include "monitor/exchange.h"

struct uplink {
	uv_loop_t *loop;
	const struct monitor_conf *conf;
	void *owner;
	void (*on_want_catalogue)(void *owner);

	struct child child;
	struct exchange exchange;
	uv_timer_t ask;
	uv_timer_t restart;
	mono_t started;
	int64_t delay_ms;
	bool stopping;
	uint8_t *frame; /* FRAME_MAX bytes */
};

/* exchange was initialised.  0 or -errno. */
int uplink_init(struct uplink *u, uv_loop_t *loop, const struct monitor_conf *conf);
void uplink_deinit(struct uplink *u);

/* Start the bus child and ask. */
int uplink_start(struct uplink *u, struct err *err);
void uplink_stop(struct uplink *u);

/* Seal and publish one report. */
void uplink_publish(struct uplink *u, const uint8_t *body, size_t len);

#endif
