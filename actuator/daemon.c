#include "actuator/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "actuator/orders.h"
#include "actuator/self.h"
#include "base/boot.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/service.h"
#include "base/uplink.h"

enum { ASK_EVERY_MS = 1000, LOOK_EVERY_MS = 100, REVIVE_EVERY_MS = 2000 };

struct daemon {
	const struct actuator_conf *conf;
	uv_loop_t loop;
	uv_timer_t look, revive;
	struct service service;
	struct uplink uplink;
	struct orders orders;
	bool news;
	char program[256];
};

static void
on_mover_exit(uv_process_t *process, int64_t status, int signal_number)
{
	if (status != 0 || signal_number != 0)
		log_line(LOG_LEVEL_ERROR, "mover-failed", "status", log_int(status),
		    "signal", log_int(signal_number), NULL);
	uv_close((uv_handle_t *)process, (uv_close_cb)free);
}

static int
spawn(struct daemon *d, char *const args[])
{
	uv_stdio_container_t stdio[] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
	};
	uv_process_options_t options = {
		.exit_cb = on_mover_exit,
		.file = args[0],
		.args = (char **)(uintptr_t)args,
		.stdio_count = 3,
		.stdio = stdio,
		.flags = UV_PROCESS_DETACHED,
	};
	uv_process_t *process = calloc(1, sizeof(*process));
	int r = process ? uv_spawn(&d->loop, process, &options) : -ENOMEM;

	if (r < 0 && process)
		uv_close((uv_handle_t *)process, (uv_close_cb)free);
	else if (process)
		uv_unref((uv_handle_t *)process);
	return r;
}

/*
 * Under systemd a mover is a unit of its own: neither a restart of the actuator nor its
 * limits touch it, nor what xl leaves running for a guest.
 */
static void
start_mover(void *owner, const char *folder)
{
	struct daemon *d = owner;
	const char *name = strrchr(folder, '/') + 1;
	char role[FOLDER_SIZE + 16], unit[FOLDER_NAME + 32], text[128];
	char *const as_unit[] = { "/usr/bin/systemd-run", "--quiet", "--collect",
		"--property=KillMode=process", "--property=Type=exec", unit, d->program,
		role, NULL };
	char *const as_child[] = { d->program, role, NULL };
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const char *invocation = getenv("INVOCATION_ID");
	bool is_unit = invocation && access("/run/systemd/system", F_OK) == 0;
	int r;

	snprintf(role, sizeof(role), "--role=mover:%s", folder);
	snprintf(unit, sizeof(unit), "--unit=lifeboat-order-%.24s-%06llx", name,
	    (unsigned long long)clock_mono().ms & 0xffffff);
	r = spawn(d, is_unit ? as_unit : as_child);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "mover-not-started", "order", name, "why",
		    err_text(text, sizeof(text), r), NULL);
}

static void
fill(void *owner, Lifeboat__Request *request)
{
	struct daemon *d = owner;

	d->news = false;
	orders_fill(&d->orders, request);
}

static void
on_reply(void *owner, const Lifeboat__Reply *reply)
{
	struct daemon *d = owner;

	orders_take(&d->orders, reply, clock_mono());
	if (d->news)
		uplink_ask_in(&d->uplink, 0);
	else if (reply->ask_in_ms > 0 && reply->ask_in_ms < ASK_EVERY_MS)
		uplink_ask_in(&d->uplink, reply->ask_in_ms);
}

/* News waits for the reply that is under way: a new request would cancel it. */
static void
on_look(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	if (d->orders.n == 0 || !orders_look(&d->orders))
		return;
	d->news = true;
	if (!d->uplink.exchange.waiting)
		uplink_ask_in(&d->uplink, 0);
}

static void
on_revive(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	orders_revive(&d->orders, clock_mono());
}

static void
on_stop(void *owner, int number)
{
	struct daemon *d = owner;

	log_line(LOG_LEVEL_INFO, "actuator-stopping", "signal", log_int(number), "open",
	    log_int(orders_open(&d->orders)), NULL);
	uplink_stop(&d->uplink);
}

static void
start_timers(struct daemon *d)
{
	uv_timer_init(&d->loop, &d->look);
	uv_timer_init(&d->loop, &d->revive);
	d->look.data = d->revive.data = d;
	uv_timer_start(&d->look, on_look, LOOK_EVERY_MS, LOOK_EVERY_MS);
	uv_timer_start(&d->revive, on_revive, REVIVE_EVERY_MS, REVIVE_EVERY_MS);
}

static void
close_rest(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, handle->type == UV_PROCESS && handle->data == NULL
				     ? (uv_close_cb)free
				     : NULL);
}

static void
deinit(struct daemon *d)
{
	uplink_stop(&d->uplink);
	uv_walk(&d->loop, close_rest, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uplink_deinit(&d->uplink);
	orders_deinit(&d->orders);
	uv_loop_close(&d->loop);
	free(d);
}

int
daemon_run(const struct actuator_conf *conf, struct err *err)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct uuid boot_id;
	int r;

	if (!d || uv_loop_init(&d->loop) < 0) {
		free(d);
		return err_set(err, -ENOMEM, "not enough memory");
	}
	d->conf = conf;
	signal(SIGPIPE, SIG_IGN);
	r = boot_id_read(&boot_id);
	if (r < 0)
		err_set(err, r, "cannot read the boot id");
	else
		r = self_path(d->program, sizeof(d->program), err);
	if (r == 0)
		r = uplink_init(&d->uplink, &d->loop,
		    &(struct uplink_owner){ .owner = d,
			.program = ACTUATOR_PROGRAM,
			.role = ROLE_ACTUATOR,
			.key_path = conf->key_path,
			.engine_key = conf->engine_key,
			.conf = conf,
			.conf_size = sizeof(*conf),
			.engine = &conf->engine,
			.ask_every_ms = ASK_EVERY_MS,
			.fill = fill,
			.on_reply = on_reply },
		    &boot_id, err);
	if (r == 0)
		r = orders_init(&d->orders,
		    &(struct orders_owner){ conf, d, start_mover }, &boot_id,
		    clock_mono(), err);
	if (r == 0)
		r = uplink_start(&d->uplink, err);
	if (r < 0)
		goto out;
	start_timers(d);
	log_line(LOG_LEVEL_INFO, "actuator-started", "engine", conf->engine.exchange,
	    "arrivals", conf->address, "open", log_int(orders_open(&d->orders)), NULL);
	service_start(&d->service, &d->loop, d, on_stop);
	uv_run(&d->loop, UV_RUN_DEFAULT);
out:
	deinit(d);
	return r;
}
