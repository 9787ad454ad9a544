#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/desk.h"
#include "policy/dispatch.h"
#include "policy/engine.h"

enum { MAX_ORDERS = 1024 };

static struct event scratch; /* an event is large; the engine is one thread */

struct event *
engine_make(enum event_kind kind, mono_t now)
{
	scratch.kind = kind;
	scratch.now = now;
	scratch.host = HOST_NONE;
	return &scratch;
}

static void
step(struct engine *e, const struct event *event)
{
	record_event(e->record, e->trace, e->core, event);
	core_step(e->core, event, e->actions);
	record_actions(e->record, e->core, e->actions);
	for (int i = 0; i < e->actions->n; i++)
		dispatch(e, event->now, &e->actions->action[i]);
}

void
engine_later(struct engine *e, order_t order, enum outcome outcome, enum why why)
{
	if (e->n_later < ENGINE_LATER)
		e->later[e->n_later++] = (struct engine_later){ order, outcome, why };
}

void
engine_event(struct engine *e, const struct event *event)
{
	mono_t now = event->now;

	step(e, event);
	while (e->n_later > 0) {
		struct engine_later later = e->later[--e->n_later];
		struct event *more = engine_make(EVENT_OUTCOME, now);

		more->outcome.order = later.order;
		more->outcome.outcome = later.outcome;
		more->outcome.why = later.why;
		step(e, more);
	}
}

static void
on_event(void *to, const struct event *event)
{
	engine_event(to, event);
}

void
engine_tick(struct engine *e, mono_t now)
{
	engine_event(e, engine_make(EVENT_TICK, now));
}

void
engine_report(struct engine *e, uint8_t *frame, size_t len, mono_t now)
{
	intake_report(e->intake, frame, len, now, (intake_sink_t){ on_event, e });
}

void
engine_watch(struct engine *e, engine_news *news, void *to)
{
	int i = 0;

	while (i < ENGINE_WATCHERS && e->watch[i].news)
		i++;
	assert(i < ENGINE_WATCHERS);
	e->watch[i] = (struct engine_watch){ news, to };
}

void
engine_unwatch(struct engine *e, const void *to)
{
	for (int i = 0; i < ENGINE_WATCHERS; i++)
		if (e->watch[i].to == to)
			e->watch[i] = (struct engine_watch){ NULL, NULL };
}

size_t
engine_request(struct engine *e, uint8_t *frame, size_t len, mono_t now, uint8_t *reply)
{
	return intake_request(e->intake, frame, len, now, reply);
}

void
engine_sweep(struct engine *e, mono_t now)
{
	desk_sweep(e, now);
	unwatched_sweep(e, now);
}

static void
send_rules(struct engine *e, mono_t now)
{
	struct event *event = engine_make(EVENT_RULES, now);

	event->rules = e->conf->rules;
	engine_event(e, event);
}

static void
restore_host(void *to, const char *name, bool cordoned, bool drained)
{
	struct engine *e = to;
	host_t host = core_find_host(e->core, name);

	if (host.i < 0) {
		log_line(LOG_LEVEL_WARNING, "stored-host-unknown", "host", name, NULL);
		return;
	}
	if (cordoned) {
		engine_make(EVENT_CORDON, e->started)->host = host;
		engine_event(e, &scratch);
	}
	if (drained) {
		engine_make(EVENT_DRAIN, e->started)->host = host;
		engine_event(e, &scratch);
	}
}

/* What the core must know before the first report. */
static int
tell_core(struct engine *e, mono_t now)
{
	struct event *event;

	send_rules(e, now);
	for (int i = 0; i < e->conf->n_hosts; i++) {
		event = engine_make(EVENT_HOST, now);
		text_copy(
		    event->host_name, sizeof(event->host_name), e->conf->hosts[i].name);
		engine_event(e, event);
	}
	event = engine_make(EVENT_RESTART, now);
	event->term = store_term(e->store);
	engine_event(e, event);
	event = engine_make(EVENT_MODE, now);
	event->mode = store_mode(e->store);
	engine_event(e, event);
	if (store_each_host(e->store, restore_host, e) < 0)
		return -EIO;
	if (unwatched_restore(e, now) < 0)
		return -EIO;
	return engine_restore(e, now);
}

int
engine_new(struct engine **out, struct policy_conf *conf, mono_t now, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct core_limits limits = { conf->n_hosts > 0 ? conf->n_hosts : 1, MAX_ORDERS };
	struct intake_self self;
	int r = -ENOMEM;

	if (!e) {
		policy_conf_free(conf);
		return err_set(err, r, "out of memory");
	}
	e->conf = conf;
	e->started = now;
	e->history = calloc(1, sizeof(*e->history));
	e->actions = calloc(1, sizeof(*e->actions));
	if (!e->history || !e->actions || trace_new(&e->trace) < 0 ||
	    core_new(&e->core, &limits) < 0 ||
	    record_new(&e->record,
		strcmp(conf->recording, "no") == 0 ? "" : conf->recording,
		(uint64_t)conf->recording_kib * 1024) < 0)
		goto out;
	r = seal_read(&e->pair, conf->key_path, err);
	if (r == 0)
		r = store_open(&e->store, conf->store, err);
	if (r < 0)
		goto out;
	self.pair = &e->pair;
	self.term = store_term(e->store);
	memcpy(self.instance, store_instance(e->store), sizeof(self.instance));
	r = intake_new(&e->intake, conf, &self, e->trace, err);
	if (r == 0)
		r = desk_new(&e->desk, conf->n_hosts);
	if (r < 0)
		goto out;
	e->book.store = e->store;
	intake_serve(e->intake, (intake_desk_t){ desk_asked, e });
	r = tell_core(e, now);
	if (r < 0) {
		err_set(err, r, "%s: cannot be read", conf->store);
		goto out;
	}
	*out = e;
	e = NULL;
out:
	if (r == -ENOMEM)
		err_set(err, r, "out of memory");
	engine_free(e);
	return r;
}

struct engine *
engine_free(struct engine *e)
{
	if (e) {
		intake_free(e->intake);
		desk_free(e->desk);
		book_deinit(&e->book);
		record_free(e->record);
		store_close(e->store);
		core_free(e->core);
		trace_free(e->trace);
		policy_conf_free(e->conf);
		free(e->history);
		free(e->actions);
		free(e);
	}
	return NULL;
}

int
engine_reload(struct engine *e, struct policy_conf *conf, mono_t now, struct err *err)
{
	bool same = conf->n_hosts == e->conf->n_hosts;

	for (int i = 0; same && i < conf->n_hosts; i++)
		same = memcmp(&conf->hosts[i], &e->conf->hosts[i],
			   sizeof(conf->hosts[i])) == 0;
	if (!same)
		return err_set(err, -EINVAL,
		    "the hosts are not the same: restart the engine to change them");
	intake_reload(e->intake, conf);
	policy_conf_free(e->conf);
	e->conf = conf;
	send_rules(e, now);
	return 0;
}

/* An operator's mark on a host: durable, then the core's. */
static int
mark(struct engine *e, host_t host, enum event_kind kind, mono_t now, struct err *err)
{
	struct host_view view;
	int r;

	if (!core_host(e->core, host, &view))
		return err_set(err, -ENOENT, "no such host");
	if (kind == EVENT_CORDON || kind == EVENT_UNCORDON)
		view.cordoned = kind == EVENT_CORDON;
	else
		view.drained = kind == EVENT_DRAIN;
	r = store_set_host(e->store, view.name, view.cordoned, view.drained, err);
	if (r < 0)
		return r;
	engine_make(kind, now)->host = host;
	engine_event(e, &scratch);
	return 0;
}

int
engine_cordon(struct engine *e, host_t host, bool cordon, mono_t now, struct err *err)
{
	return mark(e, host, cordon ? EVENT_CORDON : EVENT_UNCORDON, now, err);
}

int
engine_drain(struct engine *e, host_t host, bool drain, mono_t now, struct err *err)
{
	return mark(e, host, drain ? EVENT_DRAIN : EVENT_UNDRAIN, now, err);
}

static bool
has_actuator(const struct engine *e)
{
	for (int i = 0; i < e->conf->n_hosts; i++)
		if (desk_connected(e, i))
			return true;
	return false;
}

int
engine_mode(struct engine *e, enum mode mode, mono_t now, struct err *err)
{
	int r;

	if (mode != MODE_OBSERVE && !has_actuator(e))
		return err_set(err, -ENOTCONN,
		    "no host has a connected actuator: this engine can only observe");
	r = store_set_mode(e->store, mode, err);
	if (r < 0)
		return r;
	engine_make(EVENT_MODE, now)->mode = mode;
	engine_event(e, &scratch);
	return 0;
}

void
engine_new_term(struct engine *e, uint64_t term, mono_t now)
{
	struct err err;

	if (store_set_term(e->store, term, &err) < 0) {
		log_line(LOG_LEVEL_ERROR, "store-failed", "error", err.text, NULL);
		return;
	}
	log_line(LOG_LEVEL_WARNING, "term-raised", "term", log_int((int64_t)term), NULL);
	intake_set_term(e->intake, term);
	engine_make(EVENT_RESTART, now)->term = term;
	engine_event(e, &scratch);
}
