#include "policy/core/sensor.h"
#include "policy/core/plausible.h"
#include "policy/core/say.h"

#include <string.h>

static void
count_up(uint8_t *n)
{
	if (*n < UINT8_MAX)
		(*n)++;
}

static bool
is_usable(const struct sensor_state *s, int limit)
{
	return s->limits >> limit & 1;
}

bool
sensor_pending(const struct sensor_state *s)
{
	return s->over[LEVEL_HOT].limit || s->over[LEVEL_CRITICAL].limit || s->stopped ||
	       s->alarm || s->crit || s->lost;
}

bool
sensor_ripe(const struct core *core, const struct sensor_state *s, enum level level)
{
	const struct crossing *c = &s->over[level];

	return c->limit && c->count >= IN_A_ROW &&
	       mono_since(core->now, s->over_since[level]) >= core->rules.hold_ms;
}

/* What the sensor is to be listed for.  Worst first. */
static enum why
listing(const struct sensor_state *s)
{
	if (s->ignored)
		return WHY_NONE;
	if (s->dropped)
		return (enum why)s->dropped;
	if (s->limits_cross)
		return WHY_LIMITS_CROSS;
	if (s->latched & FLAG_CRIT_ALARM)
		return WHY_ALARM_CRITICAL;
	if (s->latched & FLAG_ALARM)
		return WHY_ALARM;
	return s->stuck ? WHY_STUCK : WHY_NONE;
}

static void
relist(struct core *core, int32_t host, int i)
{
	struct sensor_state *s = &core->sensors[host].state[i];
	const struct sensor_facts *f = &core->names[host].facts[i];
	enum why why = listing(s);
	struct action *a;

	if (why == (enum why)s->listed || !say_room(core, 1))
		return;
	s->listed = (uint8_t)why;
	a = say_host(core, ACTION_LISTED, why, host);
	memcpy(a->name, f->name, sizeof(a->name));
	a->sensor = (int16_t)i;
	a->unit = f->kind;
	a->seen = s->raw;
}

static int64_t
hysteresis(const struct rules *r, const struct sensor_facts *f, int64_t limit)
{
	if (f->kind == SENSOR_TEMP)
		return r->temp_hysteresis_mc;
	return (limit < 0 ? -limit : limit) / 100 * r->percent_hysteresis;
}

/* Where a crossing ends.  A clear on the wrong side of its limit is not used. */
static int64_t
clear_of(const struct rules *r, const struct sensor_facts *f, int limit)
{
	int64_t at = f->limit[limit], clear = f->clear[limit];
	bool high = limit == LIMIT_HIGH || limit == LIMIT_HIGH_CRITICAL;
	bool zero = f->kind == SENSOR_TEMP && clear <= 0;

	if (clear != NO_LIMIT && !zero && (high ? clear < at : clear > at))
		return clear;
	return high ? at - hysteresis(r, f, at) : at + hysteresis(r, f, at);
}

static bool
is_over(const struct sensor_facts *f, int limit, int64_t value)
{
	bool high = limit == LIMIT_HIGH || limit == LIMIT_HIGH_CRITICAL;

	return high ? value >= f->limit[limit] : value <= f->limit[limit];
}

static bool
is_clear(const struct core *core, const struct sensor_facts *f, int limit, int64_t value)
{
	bool high = limit == LIMIT_HIGH || limit == LIMIT_HIGH_CRITICAL;
	int64_t clear = clear_of(&core->rules, f, limit);

	return high ? value <= clear && value < f->limit[limit]
		    : value >= clear && value > f->limit[limit];
}

static void
cross(struct core *core, struct sensor_state *s, const struct sensor_facts *f,
    enum level level)
{
	static const uint8_t sides[LEVELS][2] = { { LIMIT_HIGH, LIMIT_LOW },
		{ LIMIT_HIGH_CRITICAL, LIMIT_LOW_CRITICAL } };
	struct crossing *c = &s->over[level];

	if (c->limit &&
	    (!is_usable(s, c->limit - 1) || is_clear(core, f, c->limit - 1, s->value)))
		*c = (struct crossing){ 0 };
	if (c->limit) {
		if (is_over(f, c->limit - 1, s->value))
			count_up(&c->count);
		return;
	}

	for (int i = 0; i < 2; i++) {
		uint8_t limit = sides[level][i];

		if (!is_usable(s, limit) || !is_over(f, limit, s->value))
			continue;
		*c = (struct crossing){ (uint8_t)(limit + 1), 1 };
		s->over_since[level] = core->now;
		return;
	}
}

static void
take_limits(struct core *core, struct sensor_state *s, const struct sensor_facts *f)
{
	/* A header without a fan reads 0 for ever, whatever limit its chip came with. */
	if (s->kind == SENSOR_FAN && s->value == 0 && !s->turned)
		return;
	cross(core, s, f, LEVEL_HOT);
	cross(core, s, f, LEVEL_CRITICAL);
}

static void
take_alarm(struct sensor_state *s, uint8_t flag, bool first, uint8_t *count)
{
	bool inside = s->value > s->low && s->value < s->high;

	if (!(s->flags & flag)) {
		s->latched = (uint8_t)(s->latched & ~flag);
		*count = 0;
		return;
	}
	if (first && inside)
		s->latched = (uint8_t)(s->latched | flag);
	if (!(s->latched & flag))
		count_up(count);
}

static void
take_fan(struct sensor_state *s)
{
	bool must_turn = is_usable(s, LIMIT_LOW) || is_usable(s, LIMIT_LOW_CRITICAL);

	if (s->value > 0) {
		s->turned = true;
		s->stopped = 0;
		return;
	}
	if (s->turned || ((s->flags & FLAG_ALARM) && must_turn))
		count_up(&s->stopped);
	else
		s->stopped = 0;
}

static void
take_good(struct core *core, struct sensor_state *s, const struct sensor_facts *f)
{
	bool first = !s->ever_read;

	if (first || s->value != s->raw) {
		s->changed_at = core->now;
		s->stuck = false;
	}
	s->value = s->raw;
	s->value_at = core->now;
	s->ever_read = true;
	s->lost = 0;
	s->odd = 0;
	if (s->ignored || s->kind == SENSOR_INTRUSION)
		return;

	if (s->kind == SENSOR_FAN)
		take_fan(s);
	take_limits(core, s, f);
	take_alarm(s, FLAG_ALARM, first, &s->alarm);
	take_alarm(s, FLAG_CRIT_ALARM, first, &s->crit);
}

/* Without a believable reading for so long, the last one is no evidence any more. */
static void
expire(const struct core *core, struct sensor_state *s)
{
	if (s->lost < core->rules.lost_sweeps && s->odd < core->rules.lost_sweeps)
		return;
	memset(s->over, 0, sizeof(s->over));
	s->stopped = 0;
	s->alarm = 0;
	s->crit = 0;
}

static void
take_bad(struct core *core, struct sensor_state *s)
{
	s->odd = 0;
	if (s->ever_read && !s->ignored)
		count_up(&s->lost);
	expire(core, s);
}

static void
mark(struct core *core, int32_t host, int i)
{
	const struct sensor_state *s = &core->sensors[host].state[i];
	uint64_t bit = UINT64_C(1) << (i % 64);
	bool busy = sensor_pending(s) || s->dropped || s->latched || s->jumps || s->odd ||
		    (enum why)s->listed != listing(s);

	if (busy)
		core->host[host].busy[i / 64] |= bit;
	else
		core->host[host].busy[i / 64] &= ~bit;
}

static void
take(struct core *core, int32_t host, int i, const struct reading *r)
{
	struct sensor_state *s = &core->sensors[host].state[i];
	const struct sensor_facts *f = &core->names[host].facts[i];
	enum why why = plausible_reading(f->kind, r);
	bool good = r->quality == QUALITY_GOOD && !(r->flags & FLAG_FAULT);

	s->raw = r->value;
	s->quality = r->quality <= QUALITY_IMPLAUSIBLE ? r->quality : QUALITY_BAD;
	s->flags = r->flags;
	if (why == WHY_NONE && good &&
	    plausible_jump(s, r->value, core->now, &core->rules))
		why = WHY_JUMP;

	s->dropped = (uint8_t)why;
	if (why != WHY_NONE) {
		count_up(&s->odd);
		expire(core, s);
	} else if (good) {
		take_good(core, s, f);
	} else {
		take_bad(core, s);
	}
	relist(core, host, i);
	mark(core, host, i);
}

/* No sensor has to be broken for that temperature, and it is near the last. */
static bool
is_ordinary(int64_t from, int64_t to, int64_t step)
{
	int64_t dv = to > from ? to - from : from - to;

	return dv <= step && to >= TEMP_SURE_FROM && to < TEMP_SURE_BELOW;
}

/* Nothing about it needs a second look, and it is taken in; false: nothing was done. */
static bool
take_quietly(struct sensor_state *s, const struct reading *r, mono_t now, int64_t step)
{
	bool fan = s->kind == SENSOR_FAN;

	if (r->quality != QUALITY_GOOD || r->flags || !s->ever_read)
		return false;
	if (r->value <= s->low || r->value >= s->high || (fan && r->value <= 0))
		return false;
	if (r->value != s->value) {
		if (s->stuck || s->kind == SENSOR_INTRUSION)
			return false;
		if (s->kind == SENSOR_TEMP && !is_ordinary(s->value, r->value, step))
			return false;
		s->changed_at = now;
		s->value = r->value;
	}
	s->turned |= fan;
	s->raw = r->value;
	s->quality = QUALITY_GOOD;
	s->flags = 0;
	s->value_at = now;
	return true;
}

static void
look_for_stuck(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];
	int64_t pause = core->rules.stuck_ms / 8;

	if (!h->readings_in)
		h->stuck_at = core->now;
	if (core->rules.stuck_ms <= 0 || mono_since(core->now, h->stuck_at) < pause)
		return;
	h->stuck_at = core->now;
	plausible_stuck(core->sensors[host].state, h->n_sensors, core->now, &core->rules);
	for (int i = 0; i < h->n_sensors; i++)
		relist(core, host, i);
}

void
sensor_readings(struct core *core, int32_t host, const struct event *event)
{
	struct host *h = &core->host[host];
	int first = event->readings.first, n = event->readings.n;

	if (n > MAX_SENSORS || first + n > h->n_sensors) {
		say_refused(
		    core, WHY_TOO_MANY_SENSORS, event->host, first + n, h->n_sensors);
		return;
	}
	for (int k = 0; k < n; k++) {
		int i = first + k;
		bool busy = h->busy[i / 64] >> (i % 64) & 1;

		if (busy || !take_quietly(&core->sensors[host].state[i],
				&event->readings.reading[k], core->now,
				core->rules.jump_mc_per_s))
			take(core, host, i, &event->readings.reading[k]);
	}
	look_for_stuck(core, host);
	h->readings_in = true;
	h->readings_at = core->now;
}

static void
set_band(struct sensor_state *s, const struct sensor_facts *f)
{
	s->low = INT64_MIN;
	s->high = INT64_MAX;
	for (int i = 0; i < LIMITS; i++) {
		int64_t v = f->limit[i];

		if (!is_usable(s, i))
			continue;
		if (i == LIMIT_HIGH || i == LIMIT_HIGH_CRITICAL)
			s->high = v < s->high ? v : s->high;
		else
			s->low = v > s->low ? v : s->low;
	}
	if (s->low < -QUANTITY_MAX)
		s->low = -QUANTITY_MAX - 1;
	if (s->high > QUANTITY_MAX)
		s->high = QUANTITY_MAX + 1;
}

static int
find_sensor(const struct names *names, int n, int hint, const char *name)
{
	if (hint < n && strcmp(names->facts[hint].name, name) == 0)
		return hint;
	for (int i = 0; i < n; i++) {
		if (strcmp(names->facts[i].name, name) == 0)
			return i;
	}
	return -1;
}

static void
set_facts(struct core *core, int32_t host, int i, const struct sensor_facts *wanted)
{
	struct sensor_state *s = &core->sensors[host].state[i];
	struct sensor_facts *f = &core->names[host].facts[i];

	*f = *wanted;
	f->name[SENSOR_SIZE - 1] = '\0';
	if ((unsigned)f->kind > SENSOR_INTRUSION)
		f->kind = SENSOR_OTHER;
	if (s->ever_read && s->kind != f->kind)
		memset(s, 0, sizeof(*s));
	s->kind = (uint8_t)f->kind;
	s->ignored = f->ignored;
	s->lost_fails = f->lost_fails;
	s->limits = plausible_limits(f, &s->limits_cross);
	set_band(s, f);
	if (s->ignored) {
		memset(s->over, 0, sizeof(s->over));
		s->stopped = s->alarm = s->crit = s->lost = 0;
		s->latched = 0;
	}
}

void
sensor_catalogue(struct core *core, int32_t host, const struct event *event)
{
	struct host *h = &core->host[host];
	struct sensors *now = &core->sensors[host];
	int n = event->catalogue.n, named = -1;

	if (n > MAX_SENSORS) {
		say_refused(core, WHY_TOO_MANY_SENSORS, event->host, n, MAX_SENSORS);
		return;
	}
	memcpy(core->spare->state, now->state, h->n_sensors * sizeof(now->state[0]));
	for (int i = 0; i < n; i++) {
		char name[SENSOR_SIZE];
		int was;

		memcpy(name, event->catalogue.sensor[i].name, sizeof(name));
		name[SENSOR_SIZE - 1] = '\0';
		was = find_sensor(core->names + host, h->n_sensors, i, name);
		if (was >= 0 && was == h->reason.sensor)
			named = i;
		if (was >= 0)
			now->state[i] = core->spare->state[was];
		else
			memset(&now->state[i], 0, sizeof(now->state[i]));
	}
	for (int i = 0; i < n; i++)
		set_facts(core, host, i, &event->catalogue.sensor[i]);

	memset(h->busy, 0, sizeof(h->busy));
	h->n_sensors = (uint16_t)n;
	h->reason.sensor = (int16_t)named;
	for (int i = 0; i < n; i++)
		mark(core, host, i);
	h->catalogue_in = true;
}

void
sensor_forget(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];

	for (int i = 0; i < h->n_sensors; i++) {
		struct sensor_state *s = &core->sensors[host].state[i];

		memset(s->over, 0, sizeof(s->over));
		s->lost = s->odd = s->stopped = s->alarm = s->crit = s->jumps = 0;
		s->changed_at = core->now;
		mark(core, host, i);
	}
}

bool
sensor_usable(const struct core *core, int32_t host)
{
	const struct host *h = &core->host[host];

	if (!h->readings_in ||
	    mono_since(core->now, h->readings_at) > core->rules.facts_ms)
		return false;
	for (int i = 0; i < h->n_sensors; i++) {
		const struct sensor_state *s = &core->sensors[host].state[i];

		if (s->ever_read && !s->ignored && s->kind != SENSOR_INTRUSION &&
		    s->lost < core->rules.lost_sweeps && s->odd < core->rules.lost_sweeps)
			return true;
	}
	return false;
}
