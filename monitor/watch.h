/*
 * monitor/watch: one probe as the daemon sees it: its child, its deadline, its last word.
 *
 * A child that misses the deadline is killed, and not started again before the kernel
 * lets go of it.  What a probe wrote is kept as bytes and never decoded here.
 */
#ifndef MONITOR_WATCH_H
#define MONITOR_WATCH_H

#include "base/child.h"
#include "monitor/conf.h"
#include "monitor/report.h"

/* argv[0] of its children. */
#define MONITOR_PROGRAM "lifeboat-monitor"

struct watch {
	enum probe_id id;
	const struct monitor_conf *conf;
	uv_loop_t *loop;
	void *owner;
	/* There is an answer, or a reason for there being none. */
	void (*on_news)(struct watch *w, bool urgent);

	char role[32];
	struct child child;
	uv_timer_t deadline;
	bool busy;           /* asked, and neither answered nor given up */
	bool fresh;          /* what it said has not been published */
	bool urgent;         /* its last answer was */
	bool want_catalogue; /* at the next sweep */
	bool stopping;
	enum probe_state state;
	mono_t started, asked, restart;
	int64_t delay_ms; /* before the next restart */
	uint8_t *said;    /* an encoded Report; FRAME_BODY_MAX bytes */
	size_t said_len;
};

/* Loop and conf outlive it; owner and on_news are set afterwards.  0 or -errno, and
 * watch_deinit() follows either way. */
int watch_init(
    struct watch *w, uv_loop_t *loop, enum probe_id id, const struct monitor_conf *conf);
void watch_deinit(struct watch *w);

/* Time to sweep: asks, starts, or lets the last word stand. */
void watch_tick(struct watch *w, mono_t now);

/* Kill the child and never start it again. */
void watch_stop(struct watch *w);

#endif
