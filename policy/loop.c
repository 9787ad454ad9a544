#include <errno.h>
#include <signal.h>
#include <string.h>
#include <uv.h>

#include "base/bus.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/notify.h"
#include "policy/core/core.h"
#include "policy/door.h"
#include "policy/hook.h"
#include "policy/loop.h"

enum {
	BATCH = 256,   /* frames taken at one wake-up, so that the door is served too */
	GAP_MS = 2000, /* we ourselves slept: what is queued comes before any silence */
	TICK_MAX_MS = 1000, /* the longest wait, so that a gap of ours is noticed */
};

struct loop {
	uv_loop_t uv;
	struct engine *engine;
	const char *conf_path;
	struct bus_server bus;
	struct door *door;
	struct hook *hook;
	uv_poll_t sub, rep;
	uv_timer_t tick, watchdog;
	uv_signal_t term, interrupt, hangup;
	mono_t last;  /* when the tick last ran */
	mono_t grace; /* no silence is concluded before this */
	uint8_t frame[FRAME_MAX + 1], reply[FRAME_MAX];
};

static void
schedule(struct loop *l)
{
	const mono_t now = clock_mono();
	int64_t wait = mono_since(core_deadline(l->engine->core), now);
	int64_t latest = mono_since(mono_add(l->last, TICK_MAX_MS), now);

	/* From the last tick on, so that news as often as that cannot put it off. */
	if (wait > latest)
		wait = latest;
	if (wait < mono_since(l->grace, now))
		wait = mono_since(l->grace, now);
	uv_timer_start(&l->tick, l->tick.timer_cb, wait < 0 ? 0 : (uint64_t)wait, 0);
}

static void
take_reports(struct loop *l)
{
	int n;

	for (int i = 0; i < BATCH; i++) {
		n = bus_server_take(l->bus.sub, l->frame, sizeof(l->frame));
		if (n < 0)
			return;
		engine_report(l->engine, l->frame, (size_t)n, clock_mono());
	}
}

/* A request that is refused gets an empty answer: REP must say something. */
static void
take_requests(struct loop *l)
{
	size_t len;
	int n;

	for (int i = 0; i < BATCH; i++) {
		n = bus_server_take(l->bus.rep, l->frame, sizeof(l->frame));
		if (n < 0)
			return;
		len = engine_request(
		    l->engine, l->frame, (size_t)n, clock_mono(), l->reply);
		bus_server_reply(&l->bus, l->reply, len);
	}
}

static void
on_report(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	take_reports(poll->data);
	schedule(poll->data);
}

static void
on_request(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	take_requests(poll->data);
	schedule(poll->data);
}

/*
 * Silence is only concluded while we ourselves are awake: after a gap of our own, what
 * waits in the sockets is taken in before time passes in the core.
 */
static void
on_tick(uv_timer_t *timer)
{
	struct loop *l = timer->data;
	mono_t now = clock_mono();
	int64_t gap = mono_since(now, l->last);

	l->last = now;
	if (gap > TICK_MAX_MS + GAP_MS) {
		log_line(LOG_LEVEL_WARNING, "engine-slept", "gap",
		    log_text("%lldms", (long long)gap), NULL);
		l->grace = mono_add(now, GAP_MS);
		take_reports(l);
		schedule(l);
		return;
	}
	if (mono_since(core_deadline(l->engine->core), now) <= 0)
		engine_tick(l->engine, now);
	engine_sweep(l->engine, now);
	schedule(l);
}

static void
on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	notify_send("WATCHDOG=1");
}

static void
on_stop(uv_signal_t *signal, int number)
{
	(void)number;
	uv_stop(signal->loop);
}

static void
on_hangup(uv_signal_t *signal, int number)
{
	struct loop *l = signal->data;
	struct policy_conf *conf = NULL;
	struct err err;
	int r = policy_conf_read(&conf, l->conf_path, &err);

	(void)number;
	if (r == 0) {
		r = engine_reload(l->engine, conf, clock_mono(), &err);
		if (r < 0)
			policy_conf_free(conf);
	}
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "reload-refused", "error", err.text, NULL);
	else
		log_line(LOG_LEVEL_NOTICE, "reloaded", "file", l->conf_path, NULL);
}

static void
start_signal(struct loop *l, uv_signal_t *s, uv_signal_cb then, int number)
{
	uv_signal_init(&l->uv, s);
	s->data = l;
	uv_signal_start(s, then, number);
}

static void
start_handles(struct loop *l)
{
	int64_t every = notify_watchdog_ms();

	uv_poll_init(&l->uv, &l->sub, l->bus.sub_fd);
	uv_poll_init(&l->uv, &l->rep, l->bus.rep_fd);
	uv_timer_init(&l->uv, &l->tick);
	uv_timer_init(&l->uv, &l->watchdog);
	l->sub.data = l->rep.data = l->tick.data = l;
	uv_poll_start(&l->sub, UV_READABLE, on_report);
	uv_poll_start(&l->rep, UV_READABLE, on_request);
	l->last = clock_mono();
	uv_timer_start(&l->tick, on_tick, 0, 0);
	if (every > 0)
		uv_timer_start(&l->watchdog, on_watchdog, 0, (uint64_t)every);
	start_signal(l, &l->term, on_stop, SIGTERM);
	start_signal(l, &l->interrupt, on_stop, SIGINT);
	start_signal(l, &l->hangup, on_hangup, SIGHUP);
}

static void
close_handle(uv_handle_t *handle, void *user)
{
	(void)user;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

int
loop_run(struct engine *engine, const char *conf_path, struct err *err)
{
	static struct loop l = { .bus = BUS_SERVER_NULL };
	int r;

	l.engine = engine;
	l.conf_path = conf_path;
	uv_loop_init(&l.uv);
	signal(SIGPIPE, SIG_IGN);
	r = bus_server_init(&l.bus, &engine->conf->at, err);
	if (r == 0)
		r = door_open(&l.door, &l.uv, engine, engine->conf->door, err);
	if (r == 0)
		r = hook_open(&l.hook, &l.uv, engine, err);
	if (r == 0) {
		start_handles(&l);
		log_line(LOG_LEVEL_NOTICE, "engine-start", "version", LIFEBOAT_VERSION,
		    "term", log_int((int64_t)store_term(engine->store)), "hosts",
		    log_int(engine->conf->n_hosts), "mode",
		    mode_name(core_mode(engine->core)), NULL);
		notify_send("READY=1");
		uv_run(&l.uv, UV_RUN_DEFAULT);
		notify_send("STOPPING=1");
		log_line(LOG_LEVEL_NOTICE, "engine-stop", NULL);
	}
	door_close(l.door);
	hook_close(l.hook);
	uv_walk(&l.uv, close_handle, NULL);
	uv_run(&l.uv, UV_RUN_DEFAULT);
	door_free(l.door);
	hook_free(l.hook);
	uv_loop_close(&l.uv);
	bus_server_deinit(&l.bus);
	return r;
}
