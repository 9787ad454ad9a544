#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/boot.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "base/uplink.h"
#include "monitor/daemon.h"
#include "monitor/report.h"
#include "monitor/watch.h"

enum { GROUP_MAX = 2, GROUPS = 2, WATCHES = GROUPS * GROUP_MAX, ASK_EVERY_MS = 5000 };

/* Probes that are swept together and reported together. */
struct group {
	struct daemon *daemon;
	struct watch watch[GROUP_MAX];
	uv_timer_t timer;
};

struct daemon {
	const struct monitor_conf *conf;
	uv_loop_t loop;
	struct service service;
	struct group group[GROUPS];
	struct uplink uplink;
	struct uuid boot_id;
	uint8_t body[FRAME_BODY_MAX];
};

static const enum probe_id members[GROUPS][GROUP_MAX] = {
	{ PROBE_SENSORS, PROBE_FILE },
	{ PROBE_XEN, PROBE_ISCSI },
};

static void
emit(void *ctx, const uint8_t *body, size_t len)
{
	struct daemon *d = ctx;

	uplink_publish(&d->uplink, body, len);
}

/* Publish what was said since the last time; nothing when nothing was. */
static void
publish(struct group *g)
{
	struct daemon *d = g->daemon;
	struct report_own own = { d->boot_id, report_uptime_ms() };
	struct report_parts parts = { .n = 0 };

	for (size_t i = 0; i < GROUP_MAX; i++) {
		struct watch *w = &g->watch[i];

		if (!w->fresh)
			continue;
		parts.part[parts.n++] = (struct report_part){ w->said, w->said_len };
		w->fresh = false;
	}
	if (parts.n > 0)
		report_join(&own, &parts, d->body, emit, d);
}

static bool
is_busy(const struct group *g)
{
	for (size_t i = 0; i < GROUP_MAX; i++) {
		if (g->watch[i].busy)
			return true;
	}
	return false;
}

static void
on_news(struct watch *w, bool urgent)
{
	struct group *g = w->owner;

	if (urgent || !is_busy(g))
		publish(g);
}

/* A probe still busy from the round before joins whichever round it answers in. */
static void
on_sweep(uv_timer_t *timer)
{
	struct group *g = timer->data;
	mono_t now = clock_mono();

	publish(g);
	for (size_t i = 0; i < GROUP_MAX; i++)
		watch_tick(&g->watch[i], now);
	if (!is_busy(g))
		publish(g);
}

static void
on_want_catalogue(void *owner)
{
	struct daemon *d = owner;

	for (size_t i = 0; i < GROUP_MAX; i++)
		d->group[0].watch[i].want_catalogue = true;
}

static void
on_stop(void *owner, int number)
{
	struct daemon *d = owner;

	log_line(LOG_LEVEL_INFO, "monitor-stopping", "signal", log_int(number), NULL);
	for (size_t i = 0; i < WATCHES; i++)
		watch_stop(&d->group[i / GROUP_MAX].watch[i % GROUP_MAX]);
	uplink_stop(&d->uplink);
}

static int
init_groups(struct daemon *d)
{
	int r;

	for (size_t i = 0; i < GROUPS; i++) {
		struct group *g = &d->group[i];

		g->daemon = d;
		g->timer.data = g;
		uv_timer_init(&d->loop, &g->timer);
		for (size_t j = 0; j < GROUP_MAX; j++) {
			r = watch_init(&g->watch[j], &d->loop, members[i][j], d->conf);
			if (r < 0)
				return r;
			g->watch[j].owner = g;
			g->watch[j].on_news = on_news;
		}
	}
	return 0;
}

static void
close_rest(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void
deinit(struct daemon *d)
{
	uplink_stop(&d->uplink);
	uv_walk(&d->loop, close_rest, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < WATCHES; i++)
		watch_deinit(&d->group[i / GROUP_MAX].watch[i % GROUP_MAX]);
	uplink_deinit(&d->uplink);
	uv_loop_close(&d->loop);
	free(d);
}

int
daemon_run(const struct monitor_conf *conf, struct err *err)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int r;

	if (!d || uv_loop_init(&d->loop) < 0) {
		free(d);
		return err_set(err, -ENOMEM, "not enough memory");
	}
	d->conf = conf;
	signal(SIGPIPE, SIG_IGN);
	r = boot_id_read(&d->boot_id);
	if (r < 0) {
		err_set(err, r, "cannot read the boot id");
		goto out;
	}
	r = init_groups(d);
	if (r < 0) {
		err_set(err, r, "not enough memory");
		goto out;
	}
	r = uplink_init(&d->uplink, &d->loop,
	    &(struct uplink_owner){ .owner = d,
		.program = MONITOR_PROGRAM,
		.role = ROLE_MONITOR,
		.key_path = conf->key_path,
		.engine_key = conf->engine_key,
		.conf = conf,
		.conf_size = sizeof(*conf),
		.engine = &conf->engine,
		.ask_every_ms = ASK_EVERY_MS,
		.on_want_catalogue = on_want_catalogue },
	    &d->boot_id, err);
	if (r == 0)
		r = uplink_start(&d->uplink, err);
	if (r < 0)
		goto out;

	uv_timer_start(&d->group[0].timer, on_sweep, 0, (uint64_t)conf->sensors_every_ms);
	uv_timer_start(&d->group[1].timer, on_sweep, 0, (uint64_t)conf->rest_every_ms);
	log_line(LOG_LEVEL_INFO, "monitor-started", "engine", conf->engine.report, NULL);
	service_start(&d->service, &d->loop, d, on_stop);
	uv_run(&d->loop, UV_RUN_DEFAULT);
out:
	deinit(d);
	return r;
}
