#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/dispatch.h"
#include "policy/engine.h"

enum { MAX_ORDERS = 1024 };

static struct event scratch; /* an event is large; the engine is one thread */

static struct event *
make_event(enum event_kind kind, mono_t now)
{
	scratch.kind = kind;
	scratch.now = now;
	scratch.host = HOST_NONE;
	return &scratch;
}

void
engine_event(struct engine *e, const struct event *event)
{
	record_event(e->record, e->trace, e->core, event);
	core_step(e->core, event, e->actions);
	record_actions(e->record, e->trace, e->core, e->actions);
	for (int i = 0; i < e->actions->n; i++)
		dispatch(e, event->now, &e->actions->action[i]);
}

static void
on_event(void *to, const struct event *event)
{
	engine_event(to, event);
}

void
engine_tick(struct engine *e, mono_t now)
{
	engine_event(e, make_event(EVENT_TICK, now));
}

void
engine_report(struct engine *e, uint8_t *frame, size_t len, mono_t now)
{
	intake_report(e->intake, frame, len, now, (intake_sink_t){ on_event, e });
}

static void
send_rules(struct engine *e, mono_t now)
{
	struct event *event = make_event(EVENT_RULES, now);

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
		make_event(EVENT_CORDON, e->started)->host = host;
		engine_event(e, &scratch);
	}
	if (drained) {
		make_event(EVENT_DRAIN, e->started)->host = host;
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
		event = make_event(EVENT_HOST, now);
		text_copy(
		    event->host_name, sizeof(event->host_name), e->conf->hosts[i].name);
		engine_event(e, event);
	}
	event = make_event(EVENT_RESTART, now);
	event->term = store_term(e->store);
	engine_event(e, event);
	event = make_event(EVENT_MODE, now);
	event->mode = MODE_OBSERVE;
	engine_event(e, event);
	return store_each_host(e->store, restore_host, e);
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
		return r;
	}
	err_set(err, r, "out of memory");
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
	if (r < 0)
		goto out;
	r = tell_core(e, now);
	if (r < 0) {
		err_set(err, r, "%s: cannot be read", conf->store);
		goto out;
	}
	*out = e;
	e = NULL;
out:
	engine_free(e);
	return r;
}

struct engine *
engine_free(struct engine *e)
{
	if (e) {
		intake_free(e->intake);
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

int
engine_cordon(struct engine *e, host_t host, bool cordon, mono_t now, struct err *err)
{
	struct host_view view;
	int r;

	if (!core_host(e->core, host, &view))
		return err_set(err, -ENOENT, "no such host");
	r = store_set_host(e->store, view.name, cordon, view.drained, err);
	if (r < 0)
		return r;
	make_event(cordon ? EVENT_CORDON : EVENT_UNCORDON, now)->host = host;
	engine_event(e, &scratch);
	return 0;
}
