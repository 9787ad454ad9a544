#include "policy/core/health.h"
#include "policy/core/queue.h"
#include "policy/core/say.h"
#include "policy/core/sensor.h"
#include "policy/core/storage.h"

#include <string.h>

enum {
	UNKNOWN = 1 << HEALTH_UNKNOWN,
	SOUND = 1 << HEALTH_SOUND,
	SUSPECT = 1 << HEALTH_SUSPECT,
	FAILING = 1 << HEALTH_FAILING,
	ANY = UNKNOWN | SOUND | SUSPECT | FAILING,
	NOT_FAILING = UNKNOWN | SOUND | SUSPECT,
};

struct rule {
	const char *when;
	int from;
	enum health to;
	enum why why;
	bool cooled; /* only without a reason to fail for the calm time */
};

/* The first row that fits wins; if none does, the host stays as it is. */
static const struct rule rules[] = {
	/* clang-format off */
	{ "is silent",                         ANY,         HEALTH_UNKNOWN, WHY_SILENCE,        false },
	{ "engine began, not heard since",     ANY,         HEALTH_UNKNOWN, WHY_RESTARTED,      false },
	{ "no sensor can be judged",           ANY,         HEALTH_UNKNOWN, WHY_BLIND,          false },
	{ "fan stopped",                       ANY,         HEALTH_FAILING, WHY_FAN_STOPPED,    false },
	{ "critical alarm",                    ANY,         HEALTH_FAILING, WHY_ALARM_CRITICAL, false },
	{ "critical limit crossed for hold",   ANY,         HEALTH_FAILING, WHY_CRITICAL,       false },
	{ "vital sensor lost",                 ANY,         HEALTH_FAILING, WHY_SENSOR_LOST,    false },
	{ "storage lost here alone for hold",  ANY,         HEALTH_FAILING, WHY_SESSION_LOST,   false },
	{ "limit crossed for hold",            NOT_FAILING, HEALTH_SUSPECT, WHY_HOT,            false },
	{ "alarm",                             NOT_FAILING, HEALTH_SUSPECT, WHY_ALARM,          false },
	{ "sensor lost",                       NOT_FAILING, HEALTH_SUSPECT, WHY_SENSOR_LOST,    false },
	{ "probe lost",                        NOT_FAILING, HEALTH_SUSPECT, WHY_PROBE_LOST,     false },
	{ "storage lost everywhere for hold",  NOT_FAILING, HEALTH_SUSPECT, WHY_STORAGE_SICK,   false },
	{ "cooled, limit still crossed",       FAILING,     HEALTH_SUSPECT, WHY_HOT,            true },
	{ "cooled, alarm remains",             FAILING,     HEALTH_SUSPECT, WHY_ALARM,          true },
	{ "cooled, sensor still lost",         FAILING,     HEALTH_SUSPECT, WHY_SENSOR_LOST,    true },
	{ "cooled, probe still lost",          FAILING,     HEALTH_SUSPECT, WHY_PROBE_LOST,     true },
	{ "cooled, storage still lost",        FAILING,     HEALTH_SUSPECT, WHY_STORAGE_SICK,   true },
	{ "reports again after silence",       UNKNOWN,     HEALTH_SUSPECT, WHY_RETURNED,       false },
	{ "reports, nothing crossed",          UNKNOWN,     HEALTH_SOUND,   WHY_CALM,           false },
	{ "nothing wrong for calm",            SUSPECT | FAILING, HEALTH_SOUND,   WHY_CALM,           false },
	/* clang-format on */
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static const struct reason *
reason_of(const struct rule *r, const struct judgement *j)
{
	if (r->why == WHY_SENSOR_LOST && r->to == HEALTH_FAILING)
		return &j->vital_lost;
	return &j->by[r->why];
}

int
health_match(enum health health, const struct judgement *j)
{
	for (int i = 0; i < RULES; i++) {
		const struct rule *r = &rules[i];

		if (!(r->from >> health & 1) || (r->cooled && !j->cooled))
			continue;
		if (reason_of(r, j)->why != WHY_NONE)
			return i;
	}
	return -1;
}

struct reason
health_row(int row, const struct judgement *j, enum health *to)
{
	*to = rules[row].to;
	return *reason_of(&rules[row], j);
}

static const char *
from_text(int from)
{
	switch (from) {
	case ANY:
		return "any";
	case NOT_FAILING:
		return "unknown, sound or suspect";
	case UNKNOWN:
		return "unknown";
	case FAILING:
		return "failing";
	default:
		return "suspect or failing";
	}
}

bool
core_rule(int i, struct rule_view *out)
{
	if (i < 0 || i >= RULES)
		return false;
	*out = (struct rule_view){ from_text(rules[i].from), rules[i].when,
		health_name(rules[i].to), rules[i].why };
	return true;
}

/* Where we look at one sensor. */
struct look {
	struct core *core;
	const struct host *host;
	const struct sensor_state *s;
	const struct sensor_facts *f;
	int16_t sensor;
};

/* Of several sensors with one reason: the one named already, else the first. */
static struct reason *
slot(const struct look *l, struct reason *r, enum why why)
{
	bool named = l->host->reason.why == why && l->host->reason.sensor == l->sensor;

	if (r->why != WHY_NONE && !named)
		return NULL;
	*r = reason_plain(why, l->core->now);
	r->sensor = l->sensor;
	r->unit = l->f->kind;
	return r;
}

static void
look_at_count(const struct look *l, struct judgement *j, enum why why, int64_t limit)
{
	struct reason *r = slot(l, &j->by[why], why);

	if (!r)
		return;
	r->seen = l->s->value;
	r->limit = limit;
}

static void
look_at_crossing(const struct look *l, struct judgement *j, enum level level, mono_t *due)
{
	const struct crossing *c = &l->s->over[level];
	mono_t since = l->s->over_since[level];
	enum why why = level == LEVEL_CRITICAL ? WHY_CRITICAL : WHY_HOT;
	struct reason *r;

	if (!c->limit || c->count < IN_A_ROW)
		return;
	if (!sensor_ripe(l->core, l->s, level)) {
		*due = mono_min(*due, mono_add(since, l->core->rules.hold_ms));
		return;
	}
	r = slot(l, &j->by[why], why);
	if (!r)
		return;
	r->seen = l->s->value;
	r->limit = l->f->limit[c->limit - 1];
	r->since = since;
	r->held_ms = mono_since(l->core->now, since);
}

static void
look_at_sensor(const struct look *l, struct judgement *j, mono_t *due)
{
	const struct sensor_state *s = l->s;

	if (s->stopped >= IN_A_ROW)
		look_at_count(l, j, WHY_FAN_STOPPED,
		    s->limits >> LIMIT_LOW & 1 ? l->f->limit[LIMIT_LOW] : NO_LIMIT);
	if (s->crit >= IN_A_ROW)
		look_at_count(l, j, WHY_ALARM_CRITICAL, NO_LIMIT);
	if (s->alarm >= IN_A_ROW)
		look_at_count(l, j, WHY_ALARM, NO_LIMIT);
	look_at_crossing(l, j, LEVEL_CRITICAL, due);
	look_at_crossing(l, j, LEVEL_HOT, due);
	if (s->lost < l->core->rules.lost_sweeps)
		return;
	(void)slot(
	    l, s->lost_fails ? &j->vital_lost : &j->by[WHY_SENSOR_LOST], WHY_SENSOR_LOST);
}

/* Returns whether anything at all is wrong with the sensors. */
static bool
look_at_sensors(struct core *core, int32_t host, struct judgement *j, mono_t *due)
{
	const struct host *h = &core->host[host];
	bool wrong = false;

	for (int w = 0; w < BUSY_WORDS; w++) {
		for (uint64_t bits = h->busy[w]; bits; bits &= bits - 1) {
			int i = w * 64 + __builtin_ctzll(bits);
			struct look l = { core, h, &core->sensors[host].state[i],
				&core->names[host].facts[i], (int16_t)i };

			wrong |= sensor_pending(l.s);
			look_at_sensor(&l, j, due);
		}
	}
	return wrong;
}

static bool
look_at_probes(const struct core *core, int32_t host, struct judgement *j)
{
	const struct host *h = &core->host[host];
	bool wrong = false;

	for (int i = 0; i < PROBES; i++) {
		wrong |= h->probe_bad[i] > 0;
		if (h->probe_bad[i] >= IN_A_ROW)
			j->by[WHY_PROBE_LOST] = reason_plain(WHY_PROBE_LOST, core->now);
	}
	return wrong;
}

static bool
probe_gone(const struct host *h, enum probe_id probe)
{
	return h->probes_in && h->probes[probe] != PROBE_OK;
}

/* Whether its sensors have had their say, or never will. */
static bool
sensors_settled(const struct host *h)
{
	return h->readings_in || (h->catalogue_in && h->n_sensors == 0) ||
	       (probe_gone(h, PROBE_SENSORS) && probe_gone(h, PROBE_FILE));
}

static void
look_at_contact(struct core *core, int32_t host, struct judgement *j, mono_t *due)
{
	const struct host *h = &core->host[host];
	mono_t silent_at = mono_add(h->heard_at, core->rules.silence_ms);
	bool settled = sensors_settled(h);
	bool usable = sensor_usable(core, host);

	if (!h->heard) {
		enum why why = h->returned ? WHY_SILENCE : WHY_RESTARTED;

		j->by[why] = reason_plain(why, core->now);
		return;
	}
	if (mono_since(core->now, silent_at) >= 0) {
		j->by[WHY_SILENCE] = reason_plain(WHY_SILENCE, h->heard_at);
		j->by[WHY_SILENCE].held_ms = mono_since(core->now, h->heard_at);
		return;
	}
	*due = mono_min(*due, silent_at);
	if (h->readings_in && usable)
		*due = mono_min(*due, mono_add(h->readings_at, core->rules.facts_ms + 1));
	if (settled && !usable && j->vital_lost.why == WHY_NONE)
		j->by[WHY_BLIND] = reason_plain(WHY_BLIND, core->now);
	if (!settled || !usable || !(h->xen_in || probe_gone(h, PROBE_XEN)))
		return;
	if (h->health == HEALTH_UNKNOWN)
		j->by[h->returned ? WHY_RETURNED : WHY_CALM] =
		    reason_plain(h->returned ? WHY_RETURNED : WHY_CALM, core->now);
}

static bool
any_failing(const struct judgement *j)
{
	return j->by[WHY_FAN_STOPPED].why || j->by[WHY_ALARM_CRITICAL].why ||
	       j->by[WHY_CRITICAL].why || j->by[WHY_SESSION_LOST].why ||
	       j->vital_lost.why;
}

static bool
any_suspect(const struct judgement *j)
{
	return j->by[WHY_HOT].why || j->by[WHY_ALARM].why || j->by[WHY_SENSOR_LOST].why ||
	       j->by[WHY_PROBE_LOST].why || j->by[WHY_STORAGE_SICK].why;
}

/* How long there has been no reason to fail, and nothing wrong at all. */
static void
look_at_calm(struct core *core, int32_t host, struct judgement *j, mono_t *due)
{
	struct host *h = &core->host[host];
	mono_t cool = mono_add(h->failing_at, core->rules.calm_ms);
	mono_t calm = mono_add(h->wrong_at, core->rules.calm_ms);

	if (h->health != HEALTH_SUSPECT && h->health != HEALTH_FAILING)
		return;
	if (h->health == HEALTH_FAILING && !any_failing(j)) {
		j->cooled = mono_since(core->now, cool) >= 0;
		if (!j->cooled && any_suspect(j))
			*due = mono_min(*due, cool);
	}
	if (h->wrong_at.ms == core->now.ms && core->rules.calm_ms > 0)
		calm = mono_add(core->now, core->rules.calm_ms);
	if (mono_since(core->now, calm) < 0) {
		*due = mono_min(*due, calm);
		return;
	}
	j->by[WHY_CALM] = reason_plain(WHY_CALM, h->wrong_at);
	j->by[WHY_CALM].held_ms = mono_since(core->now, h->wrong_at);
}

static struct judgement
judge(struct core *core, int32_t host, mono_t *due)
{
	struct host *h = &core->host[host];
	struct judgement j;
	bool wrong = false;

	memset(&j, 0, sizeof(j));
	if (h->heard) {
		wrong = look_at_sensors(core, host, &j, due);
		wrong |= look_at_probes(core, host, &j);
		storage_judge(
		    core, host, &j.by[WHY_SESSION_LOST], &j.by[WHY_STORAGE_SICK], due);
		wrong |= storage_pending(core, host);
	}
	if (wrong)
		h->wrong_at = core->now;
	if (any_failing(&j))
		h->failing_at = core->now;
	look_at_contact(core, host, &j, due);
	look_at_calm(core, host, &j, due);
	if (wrong)
		j.by[WHY_CALM].why = WHY_NONE;
	return j;
}

void
health_forget(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];

	h->heard = false;
	h->readings_in = h->xen_in = h->storage_in = h->probes_in = false;
	memset(h->probe_bad, 0, sizeof(h->probe_bad));
	sensor_forget(core, host);
	storage_forget(core, host);
}

static void
change(struct core *core, int32_t host, enum health to, const struct reason *r)
{
	struct host *h = &core->host[host];
	struct action *a = say_host(core, ACTION_HEALTH, r->why, host);

	a->health_from = h->health;
	a->health_to = to;
	say_reason(a, r);
	if (r->sensor >= 0)
		memcpy(a->name, core->names[host].facts[r->sensor].name, sizeof(a->name));

	if (to != HEALTH_UNKNOWN)
		h->returned = false;
	if (to == HEALTH_SUSPECT || to == HEALTH_FAILING)
		h->wrong_at = core->now;
	if (h->health != to)
		h->since = core->now;
	h->health = to;
	h->reason = *r;
	if (r->why == WHY_SILENCE) {
		h->returned = true;
		health_forget(core, host);
	}
}

/* The reason that is named stays named while it lasts. */
static bool
still_holds(const struct host *h, const struct judgement *j)
{
	enum why why = h->reason.why;

	if (why < WHY_FAN_STOPPED || why > WHY_STORAGE_SICK)
		return j->by[why].why == why && why <= WHY_BLIND;
	if (why == WHY_SENSOR_LOST && j->vital_lost.why == why &&
	    j->vital_lost.sensor == h->reason.sensor)
		return true;
	return j->by[why].why == why && j->by[why].sensor == h->reason.sensor;
}

/* Whether that row says anything new of the host. */
static bool
is_news(const struct host *h, const struct judgement *j, enum health to,
    const struct reason *r)
{
	if (to != h->health)
		return true;
	if (r->why == h->reason.why && r->sensor == h->reason.sensor)
		return false;
	return !still_holds(h, j);
}

void
health_judge(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];
	mono_t due = NEVER;
	struct judgement j = judge(core, host, &due);
	int row = health_match(h->health, &j);
	enum health to = h->health;
	struct reason r = h->reason;

	if (row >= 0)
		r = health_row(row, &j, &to);
	if (row >= 0 && is_news(h, &j, to, &r)) {
		if (!say_room(core, 1)) {
			queue_set(core, host, core->now);
			return;
		}
		change(core, host, to, &r);
		/* The new state may have timers of its own. */
		due = NEVER;
		(void)judge(core, host, &due);
	}
	if (due.ms <= core->now.ms)
		due = mono_add(core->now, 1);
	queue_set(core, host, due);
}
