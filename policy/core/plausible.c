#include "policy/core/plausible.h"

#define TEMP_LIMIT_MAX INT64_C(150000)

/* Nothing in a host that works is as hot. */
#define TEMP_MAX INT64_C(200000)

/* What unplugged diodes and half-read registers give within the range that can be true,
 * in mC.  Outside of it they give -273150, -128000, 255000, 511000 and more. */
static const int64_t sentinels[] = { TEMP_SURE_BELOW, 127500, 127937 };

static bool
limit_usable(const struct sensor_facts *f, int i)
{
	int64_t v = f->limit[i];

	if (v == NO_LIMIT || v > QUANTITY_MAX || v < -QUANTITY_MAX)
		return false;
	if (f->kind == SENSOR_INTRUSION)
		return false;
	if (f->kind == SENSOR_TEMP)
		return v > 0 && v <= TEMP_LIMIT_MAX;
	/* Zero is what chips hold that nobody has set up. */
	if (v == 0)
		return f->kind == SENSOR_OTHER;
	return f->kind != SENSOR_FAN || v > 0;
}

static bool
both(uint8_t bits, int a, int b)
{
	return (bits >> a & 1) && (bits >> b & 1);
}

uint8_t
plausible_limits(const struct sensor_facts *f, bool *cross)
{
	uint8_t bits = 0;
	const int64_t *v = f->limit;

	for (int i = 0; i < LIMITS; i++) {
		if (limit_usable(f, i))
			bits = (uint8_t)(bits | 1 << i);
	}

	*cross = (both(bits, LIMIT_LOW, LIMIT_HIGH) && v[LIMIT_LOW] >= v[LIMIT_HIGH]) ||
		 (both(bits, LIMIT_HIGH, LIMIT_HIGH_CRITICAL) &&
		     v[LIMIT_HIGH] > v[LIMIT_HIGH_CRITICAL]) ||
		 (both(bits, LIMIT_LOW_CRITICAL, LIMIT_LOW) &&
		     v[LIMIT_LOW_CRITICAL] > v[LIMIT_LOW]) ||
		 (both(bits, LIMIT_LOW_CRITICAL, LIMIT_HIGH_CRITICAL) &&
		     v[LIMIT_LOW_CRITICAL] >= v[LIMIT_HIGH_CRITICAL]) ||
		 (both(bits, LIMIT_LOW, LIMIT_HIGH_CRITICAL) &&
		     v[LIMIT_LOW] >= v[LIMIT_HIGH_CRITICAL]) ||
		 (both(bits, LIMIT_LOW_CRITICAL, LIMIT_HIGH) &&
		     v[LIMIT_LOW_CRITICAL] >= v[LIMIT_HIGH]);
	return *cross ? 0 : bits;
}

enum why
plausible_reading(enum sensor_kind kind, const struct reading *r)
{
	if (r->quality == QUALITY_IMPLAUSIBLE)
		return WHY_NOT_FINITE;
	if (r->quality != QUALITY_GOOD)
		return WHY_NONE;
	if (r->value > QUANTITY_MAX || r->value < -QUANTITY_MAX)
		return WHY_NOT_FINITE;
	if (kind != SENSOR_TEMP)
		return WHY_NONE;
	if (r->value > TEMP_MAX || r->value < TEMP_SURE_FROM)
		return WHY_SENTINEL;
	for (size_t i = 0; i < sizeof(sentinels) / sizeof(sentinels[0]); i++) {
		if (r->value == sentinels[i])
			return WHY_SENTINEL;
	}
	return WHY_NONE;
}

static bool
too_fast(int64_t from, int64_t to, int64_t dt_ms, const struct rules *rules)
{
	int64_t dv = to > from ? to - from : from - to;

	/* Sweeps that an alarm hastened are no reason to expect finer steps. */
	if (dt_ms < 1000)
		dt_ms = 1000;
	if (dt_ms > 1000000)
		return false;
	return dv > rules->jump_mc_per_s * dt_ms / 1000;
}

bool
plausible_jump(
    struct sensor_state *s, int64_t value, mono_t now, const struct rules *rules)
{
	if (!s->ever_read || s->kind != SENSOR_TEMP)
		return false;
	if (!too_fast(s->value, value, mono_since(now, s->value_at), rules)) {
		s->jumps = 0;
		return false;
	}

	if (s->jumps > 0 && too_fast(s->jump_value, value, 1000, rules))
		s->jumps = 0;
	s->jump_value = value;
	s->jumps++;
	if (s->jumps < JUMP_SETTLES)
		return true;
	s->jumps = 0;
	return false;
}

static bool
is_judged(const struct sensor_state *s)
{
	return s->kind == SENSOR_TEMP && s->ever_read && s->quality == QUALITY_GOOD;
}

void
plausible_stuck(struct sensor_state *s, int n, mono_t now, const struct rules *rules)
{
	int temps = 0, moved = 0;

	for (int i = 0; i < n; i++) {
		if (!is_judged(&s[i]))
			continue;
		temps++;
		moved += mono_since(now, s[i].changed_at) < rules->stuck_ms;
	}

	for (int i = 0; i < n; i++) {
		bool still = is_judged(&s[i]) && rules->stuck_ms > 0 &&
			     mono_since(now, s[i].changed_at) >= rules->stuck_ms;
		bool over = s[i].over[LEVEL_HOT].limit || s[i].over[LEVEL_CRITICAL].limit;

		s[i].stuck = still && !over && temps > 1 && 2 * moved >= temps - 1;
	}
}
