#include "base/service.h"

#include <signal.h>

#include "base/notify.h"

enum { STOP_MS = 2000 };

static void
on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	notify_send("WATCHDOG=1");
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle) && handle->type != UV_PROCESS &&
	    handle->type != UV_POLL)
		uv_close(handle, NULL);
}

/* A child in an uninterruptible call outlives SIGKILL; it is not waited for. */
static void
on_stop_late(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void
on_signal(uv_signal_t *handle, int number)
{
	struct service *s = handle->data;

	if (s->stopping)
		return;
	s->stopping = true;
	notify_send("STOPPING=1");
	s->on_stop(s->owner, number);
	uv_walk(s->loop, close_handle, NULL);
	uv_timer_init(s->loop, &s->stop);
	uv_timer_start(&s->stop, on_stop_late, STOP_MS, 0);
	uv_unref((uv_handle_t *)&s->stop);
}

static void
start_signal(struct service *s, uv_signal_t *handle, int number)
{
	uv_signal_init(s->loop, handle);
	handle->data = s;
	uv_signal_start(handle, on_signal, number);
}

void
service_start(struct service *s, uv_loop_t *loop, void *owner,
    void (*on_stop)(void *owner, int signal))
{
	const uint64_t every = (uint64_t)notify_watchdog_ms();

	s->loop = loop;
	s->owner = owner;
	s->on_stop = on_stop;
	uv_timer_init(loop, &s->watchdog);
	if (every > 0)
		uv_timer_start(&s->watchdog, on_watchdog, every, every);
	start_signal(s, &s->terminate, SIGTERM);
	start_signal(s, &s->interrupt, SIGINT);
	notify_send("READY=1");
}
