#include "policy/core/rules.h"
#include "policy/core/state.h"

#include <stddef.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

struct rules
rules_default(void)
{
	return (struct rules){
		.silence_ms = 10 * SECOND,
		.facts_ms = 20 * SECOND,
		.hold_ms = 10 * SECOND,
		.calm_ms = MINUTE,
		.temp_hysteresis_mc = 3000,
		.percent_hysteresis = 5,
		.lost_sweeps = 3,
		.jump_mc_per_s = 20000,
		.stuck_ms = 30 * MINUTE,
		.dom0_floor_kib = INT64_C(128) * 1024,
		.cooldown_ms = 10 * MINUTE,
		.prepare_ms = 10 * SECOND,
		.move_silence_ms = MINUTE,
		.in_flight_pool = 4,
		.in_flight_source = 1,
		.in_flight_target = 1,
	};
}

static int64_t
cut(int64_t value, int64_t min, int64_t max)
{
	return value < min ? min : value > max ? max : value;
}

struct rules
rules_cut(const struct rules *wanted)
{
	struct rules r = *wanted;
	const int64_t long_ms = INT64_C(1000) * 24 * 60 * MINUTE;

	r.silence_ms = cut(r.silence_ms, 1, long_ms);
	r.facts_ms = cut(r.facts_ms, 1, long_ms);
	r.hold_ms = cut(r.hold_ms, 0, long_ms);
	r.calm_ms = cut(r.calm_ms, 0, long_ms);
	r.temp_hysteresis_mc = cut(r.temp_hysteresis_mc, 0, QUANTITY_MAX);
	r.percent_hysteresis = cut(r.percent_hysteresis, 0, 100);
	r.lost_sweeps = cut(r.lost_sweeps, 1, UINT8_MAX);
	r.jump_mc_per_s = cut(r.jump_mc_per_s, 1, INT64_C(1000000000));
	r.stuck_ms = cut(r.stuck_ms, 0, long_ms);
	r.dom0_floor_kib = cut(r.dom0_floor_kib, 0, QUANTITY_MAX);
	r.cooldown_ms = cut(r.cooldown_ms, 0, long_ms);
	r.prepare_ms = cut(r.prepare_ms, 1, long_ms);
	r.move_silence_ms = cut(r.move_silence_ms, 1, long_ms);
	r.in_flight_pool = cut(r.in_flight_pool, 0, 1024);
	r.in_flight_source = cut(r.in_flight_source, 0, 1024);
	r.in_flight_target = cut(r.in_flight_target, 0, 1024);
	return r;
}
