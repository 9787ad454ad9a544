/*
 * base/service: the life of a host's daemon in its loop: it is alive, and is asked to
 * stop.
 */
#ifndef BASE_SERVICE_H
#define BASE_SERVICE_H

#include <stdbool.h>
#include <uv.h>

struct service {
	uv_loop_t *loop;
	uv_timer_t watchdog, stop;
	uv_signal_t terminate, interrupt;
	void *owner;
	void (*on_stop)(void *owner, int signal);
	bool stopping;
};

/*
 * Says READY=1, and WATCHDOG=1 as often as the service manager wants.  On the first
 * SIGTERM or SIGINT the owner stops what it has in the loop; then every handle is closed
 * but the processes and pipes of children, which end by themselves: the loop ends with
 * them, or two seconds later.  s, zeroed, outlives the loop.
 */
void service_start(struct service *s, uv_loop_t *loop, void *owner,
    void (*on_stop)(void *owner, int signal));

#endif
