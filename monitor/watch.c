#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "monitor/probe.h"
#include "monitor/watch.h"

enum {
	ABSENT_EVERY_MS = 60000,
	DELAY_MAX_MS = 60000,
	STEADY_MS = 60000, /* alive for so long: the next restart is a quick one again */
};

_Static_assert(PROBE_REPORT_MAX + REPORT_OWN_MAX <= FRAME_BODY_MAX,
    "any answer fits a report of its own");

/* Say it in the probe's place. */
static void
say(struct watch *w, enum probe_state state, const char *why)
{
	w->said_len = report_say(w->said, w->id, state, why);
	w->state = state;
	w->urgent = false;
	w->fresh = true;
}

static void
settle(struct watch *w)
{
	w->busy = false;
	uv_timer_stop(&w->deadline);
}

static void
on_record(struct child *c, uint8_t tag, uint8_t *data, size_t len)
{
	struct watch *w = c->owner;
	bool urgent;

	if (!w->busy || tag != PROBE_ANSWER || len < PROBE_ANSWER_HEAD ||
	    data[1] > PROBE_FAILED) {
		child_kill(c);
		return;
	}
	settle(w);
	if (len - PROBE_ANSWER_HEAD > PROBE_REPORT_MAX) {
		say(w, PROBE_FAILED, "answer too large");
		w->on_news(w, false);
		return;
	}
	urgent = data[0] == 1 && !w->urgent;
	w->urgent = data[0] == 1;
	w->state = (enum probe_state)data[1];
	w->said_len = len - PROBE_ANSWER_HEAD;
	memcpy(w->said, data + PROBE_ANSWER_HEAD, w->said_len);
	w->fresh = true;
	w->on_news(w, urgent);
}

static void
on_gone(struct child *c, const char *why)
{
	struct watch *w = c->owner;
	mono_t now = clock_mono();

	if (w->stopping)
		return;
	if (mono_since(now, w->started) >= STEADY_MS)
		w->delay_ms = 0;
	w->delay_ms = child_delay(w->delay_ms, DELAY_MAX_MS);
	w->restart = mono_add(now, w->delay_ms);
	if (w->state == PROBE_HUNG && !w->busy)
		return;
	settle(w);
	say(w, PROBE_FAILED, why);
	log_line(LOG_LEVEL_WARNING, "probe-died", "probe", probe_name(w->id), "why", why,
	    "restart", log_text("%llds", (long long)(w->delay_ms / 1000)), NULL);
	w->on_news(w, false);
}

static void
on_deadline(uv_timer_t *timer)
{
	struct watch *w = timer->data;
	char after[32], why[64];

	settle(w);
	text_duration(after, sizeof(after), w->conf->deadline_ms);
	snprintf(why, sizeof(why), "no answer within %s", after);
	if (w->state != PROBE_HUNG)
		log_line(LOG_LEVEL_WARNING, "probe-hung", "probe", probe_name(w->id),
		    "why", why, NULL);
	say(w, PROBE_HUNG, why);
	child_kill(&w->child);
	w->on_news(w, false);
}

int
watch_init(
    struct watch *w, uv_loop_t *loop, enum probe_id id, const struct monitor_conf *conf)
{
	int r;

	memset(w, 0, sizeof(*w));
	w->id = id;
	w->conf = conf;
	w->loop = loop;
	snprintf(w->role, sizeof(w->role), "probe:%s", probe_name(id));
	w->said = malloc(FRAME_BODY_MAX);
	if (!w->said)
		return -ENOMEM;
	r = child_init(&w->child, MONITOR_PROGRAM, w->role);
	if (r < 0)
		return r;
	w->child.owner = w;
	w->child.on_record = on_record;
	w->child.on_gone = on_gone;
	w->deadline.data = w;
	return uv_timer_init(loop, &w->deadline);
}

void
watch_deinit(struct watch *w)
{
	child_deinit(&w->child);
	free(w->said);
	w->said = NULL;
}

static void
ask(struct watch *w, mono_t now)
{
	uint8_t tag = w->want_catalogue ? PROBE_SWEEP_CATALOGUE : PROBE_SWEEP;

	if (child_send(&w->child, tag, NULL, 0) < 0)
		return; /* it was killed for that, and on_gone says so */
	w->want_catalogue = false;
	w->asked = now;
	w->busy = true;
	uv_timer_start(&w->deadline, on_deadline, (uint64_t)w->conf->deadline_ms, 0);
}

static void
start(struct watch *w, mono_t now)
{
	struct err err;

	w->started = now;
	w->want_catalogue = true;
	if (child_start(&w->child, w->loop, w->conf, sizeof(*w->conf), &err) < 0) {
		say(w, PROBE_FAILED, err.text);
		return;
	}
	ask(w, now);
}

void
watch_tick(struct watch *w, mono_t now)
{
	if (w->stopping || w->busy)
		return;
	if (!w->child.alive) {
		if (mono_since(now, w->restart) >= 0)
			start(w, now);
		else
			w->fresh = true;
		return;
	}
	if (w->child.killed ||
	    (w->state == PROBE_ABSENT && mono_since(now, w->asked) < ABSENT_EVERY_MS)) {
		w->fresh = true;
		return;
	}
	ask(w, now);
}

void
watch_stop(struct watch *w)
{
	w->stopping = true;
	settle(w);
	child_kill(&w->child);
}
