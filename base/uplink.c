#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uplink.h"

enum { DELAY_MAX_MS = 30000, STEADY_MS = 60000 };

static void
ask(struct uplink *u)
{
	Lifeboat__Request request = LIFEBOAT__REQUEST__INIT;
	size_t len;

	if (u->of.fill)
		u->of.fill(u->of.owner, &request);
	len = exchange_ask(&u->exchange, clock_mono(), &request, u->frame);
	if (len > 0)
		child_send(&u->child, BUS_ASK, u->frame, len);
}

static void
say_news(const struct uplink *u, unsigned int news)
{
	const char *at = u->of.engine->exchange;

	if (news & EXCHANGE_REACHED)
		log_line(LOG_LEVEL_NOTICE, "engine-reached", "engine", at, NULL);
	if (news & EXCHANGE_LOST)
		log_line(LOG_LEVEL_WARNING, "engine-lost", "engine", at, "why",
		    "three requests without a reply", NULL);
	if (news & EXCHANGE_REPORTS_LOST)
		log_line(LOG_LEVEL_WARNING, "reports-lost", "engine",
		    u->of.engine->report, "why", "the engine answers and sees no reports",
		    NULL);
	if (news & EXCHANGE_REFUSED)
		log_line(LOG_LEVEL_ERROR, "reports-refused", "engine", at, "why",
		    u->exchange.refused, NULL);
	if (news & EXCHANGE_ACCEPTED)
		log_line(LOG_LEVEL_NOTICE, "reports-accepted", "engine", at, NULL);
}

static void
act_on(struct uplink *u, unsigned int news)
{
	say_news(u, news);
	if (news & EXCHANGE_REDIAL)
		child_send(&u->child, BUS_REDIAL, NULL, 0);
	if (news & EXCHANGE_CATALOGUE && u->of.on_want_catalogue)
		u->of.on_want_catalogue(u->of.owner);
	if (news & EXCHANGE_ASK_AGAIN)
		ask(u);
}

static void
on_record(struct child *c, uint8_t tag, uint8_t *data, size_t len)
{
	struct uplink *u = c->owner;
	unsigned int news;
	enum frame_refusal r;

	if (tag != BUS_REPLY) {
		child_kill(c);
		return;
	}
	r = exchange_reply(&u->exchange, clock_mono(), data, len, &news);
	if (r == FRAME_OK) {
		act_on(u, news);
		if (u->of.on_reply && u->exchange.reply->nonce == 0)
			u->of.on_reply(u->of.owner, u->exchange.reply);
	} else if (u->exchange.refusals[r] == 1)
		log_line(LOG_LEVEL_WARNING, "reply-ignored", "engine",
		    u->of.engine->exchange, "why", frame_refusal_name(r), NULL);
}

static void
on_ask(uv_timer_t *timer)
{
	struct uplink *u = timer->data;

	act_on(u, exchange_tick(&u->exchange));
	ask(u);
}

static void on_restart(uv_timer_t *timer);

static void
restart_later(struct uplink *u)
{
	if (mono_since(clock_mono(), u->started) >= STEADY_MS)
		u->delay_ms = 0;
	u->delay_ms = child_delay(u->delay_ms, DELAY_MAX_MS);
	uv_timer_start(&u->restart, on_restart, (uint64_t)u->delay_ms, 0);
}

static void
on_restart(uv_timer_t *timer)
{
	struct uplink *u = timer->data;
	struct err err;

	if (uplink_start(u, &err) == 0)
		return;
	log_line(LOG_LEVEL_ERROR, "bus-failed", "why", err.text, NULL);
	if (!u->child.alive)
		restart_later(u);
}

static void
on_gone(struct child *c, const char *why)
{
	struct uplink *u = c->owner;

	if (u->stopping)
		return;
	restart_later(u);
	log_line(c->signal == SIGSYS ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "bus-died",
	    "why", why, "restart", log_text("%llds", (long long)(u->delay_ms / 1000)),
	    NULL);
}

static int
init_exchange(struct uplink *u, const struct uuid *boot_id, struct err *err)
{
	struct seal_pair own;
	int r = seal_read(&own, u->of.key_path, err);

	if (r < 0)
		return r;
	r = exchange_init(&u->exchange, u->of.role, &own, u->of.engine_key, boot_id);
	explicit_bzero(&own, sizeof(own));
	if (r == -EINVAL)
		return err_set(err, -ENOKEY, "the engine's public key is not usable");
	return r < 0 ? err_set(err, r, "not enough memory") : 0;
}

int
uplink_init(struct uplink *u, uv_loop_t *loop, const struct uplink_owner *of,
    const struct uuid *boot_id, struct err *err)
{
	int r;

	u->loop = loop;
	u->of = *of;
	r = init_exchange(u, boot_id, err);
	if (r < 0)
		return r;
	u->frame = malloc(FRAME_MAX);
	if (!u->frame || child_init(&u->child, of->program, "bus") < 0)
		return err_set(err, -ENOMEM, "not enough memory");
	u->child.owner = u;
	u->child.on_record = on_record;
	u->child.on_gone = on_gone;
	u->ask.data = u;
	u->restart.data = u;
	uv_timer_init(loop, &u->restart);
	uv_timer_init(loop, &u->ask);
	return 0;
}

void
uplink_deinit(struct uplink *u)
{
	child_deinit(&u->child);
	exchange_deinit(&u->exchange);
	free(u->frame);
	u->frame = NULL;
}

int
uplink_start(struct uplink *u, struct err *err)
{
	int r;

	u->started = clock_mono();
	r = child_start(&u->child, u->loop, u->of.conf, u->of.conf_size, err);
	if (r < 0)
		return r;
	ask(u);
	uv_timer_start(
	    &u->ask, on_ask, (uint64_t)u->of.ask_every_ms, (uint64_t)u->of.ask_every_ms);
	return 0;
}

void
uplink_stop(struct uplink *u)
{
	u->stopping = true;
	uv_timer_stop(&u->ask);
	uv_timer_stop(&u->restart);
	child_kill(&u->child);
}

void
uplink_publish(struct uplink *u, const uint8_t *body, size_t len)
{
	size_t n = exchange_report(&u->exchange, u->frame, body, len);

	child_send(&u->child, BUS_PUBLISH, u->frame, n);
}

void
uplink_ask_in(struct uplink *u, int64_t ms)
{
	if (!u->stopping && u->child.alive)
		uv_timer_start(
		    &u->ask, on_ask, (uint64_t)ms, (uint64_t)u->of.ask_every_ms);
}
