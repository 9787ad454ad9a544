#include "policy/core/plausible.h"
#include "tests/sim/world.h"
#include "tests/unit/cmocka_all.h"

static struct sensor_facts
facts(enum sensor_kind kind, int64_t low, int64_t high, int64_t critical)
{
	struct sensor_facts f = { .kind = kind };

	for (int i = 0; i < LIMITS; i++)
		f.limit[i] = f.clear[i] = NO_LIMIT;
	f.limit[LIMIT_LOW] = low;
	f.limit[LIMIT_HIGH] = high;
	f.limit[LIMIT_HIGH_CRITICAL] = critical;
	return f;
}

static void
values_of_broken_sensors_are_known(void **state)
{
	const int64_t broken[] = { -128000, 127000, 255000, 511000, -273150, 200001,
		-60001 };
	struct reading r = { .quality = QUALITY_GOOD };

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		r.value = broken[i];
		assert_int_equal(plausible_reading(SENSOR_TEMP, &r), WHY_SENTINEL);
		assert_int_equal(plausible_reading(SENSOR_FAN, &r), WHY_NONE);
	}
	r.value = 126900;
	assert_int_equal(plausible_reading(SENSOR_TEMP, &r), WHY_NONE);
	r.quality = QUALITY_IMPLAUSIBLE;
	assert_int_equal(plausible_reading(SENSOR_TEMP, &r), WHY_NOT_FINITE);
	r = (struct reading){ .value = INT64_MAX };
	assert_int_equal(plausible_reading(SENSOR_IN, &r), WHY_NOT_FINITE);
}

static void
limits_that_cannot_be_true_are_not_used(void **state)
{
	struct sensor_facts f = facts(SENSOR_TEMP, 0, 70000, 255000);
	bool cross;

	(void)state;
	assert_int_equal(plausible_limits(&f, &cross), 1 << LIMIT_HIGH);
	assert_false(cross);
	f = facts(SENSOR_FAN, 0, NO_LIMIT, NO_LIMIT);
	assert_int_equal(plausible_limits(&f, &cross), 0);
	f = facts(SENSOR_IN, 0, 0, NO_LIMIT);
	assert_int_equal(plausible_limits(&f, &cross), 0);
	assert_false(cross);
}

static void
limits_that_contradict_each_other_are_not_used(void **state)
{
	struct sensor_facts f = facts(SENSOR_TEMP, 80000, 70000, NO_LIMIT);
	bool cross;

	(void)state;
	assert_int_equal(plausible_limits(&f, &cross), 0);
	assert_true(cross);
	f = facts(SENSOR_TEMP, NO_LIMIT, 90000, 80000);
	assert_int_equal(plausible_limits(&f, &cross), 0);
	assert_true(cross);
}

static void
a_jump_is_dropped_until_the_new_level_stays(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });
	struct sensor_view v;

	(void)state;
	world_report(w);
	w->host[0].reading[WORLD_BOARD].value = 80000;
	world_run(w, 1000);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_JUMP);
	world_run(w, 1000);
	assert_true(core_sensor(w->core, (host_t){ 0 }, WORLD_BOARD, &v));
	assert_int_equal(v.listed, WHY_JUMP);
	world_run(w, 1000);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_NONE);
	assert_int_equal(world_count(w, ACTION_LISTED), 2);
	world_free(w);
}

static void
a_sentinel_is_listed_once_and_never_a_reason(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });

	(void)state;
	world_report(w);
	w->host[0].reading[WORLD_CPU].value = 127000;
	world_run(w, 60000);
	assert_int_equal(world_count(w, ACTION_LISTED), 1);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_SENTINEL);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_free(w);
}

static void
crossed_limits_are_listed(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });

	(void)state;
	world_catalogue(w, 0);
	w->event.catalogue.sensor[0] = facts(SENSOR_TEMP, 50000, 40000, NO_LIMIT);
	w->event.catalogue.n = 1;
	world_step(w, EVENT_CATALOGUE, 0);
	w->event.readings.first = 0;
	w->event.readings.n = 1;
	w->event.readings.reading[0] = (struct reading){ .value = 45000 };
	world_step(w, EVENT_READINGS, 0);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_LIMITS_CROSS);
	world_free(w);
}

static void
a_temperature_that_never_moves_is_stuck_when_others_move(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });

	(void)state;
	world_report(w);
	for (int i = 0; i < 40 * 60; i++) {
		w->host[0].reading[WORLD_BOARD].value = 35000 + i % 7 * 250;
		world_run(w, 1000);
	}
	assert_int_equal(world_count(w, ACTION_LISTED), 1);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_STUCK);
	assert_int_equal(world_said(w, ACTION_LISTED)->sensor, WORLD_CPU);
	w->host[0].reading[WORLD_CPU].value += 1000;
	world_run(w, 1000);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_NONE);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_broken_sensors_are_known),
		cmocka_unit_test(limits_that_cannot_be_true_are_not_used),
		cmocka_unit_test(limits_that_contradict_each_other_are_not_used),
		cmocka_unit_test(a_jump_is_dropped_until_the_new_level_stays),
		cmocka_unit_test(a_sentinel_is_listed_once_and_never_a_reason),
		cmocka_unit_test(crossed_limits_are_listed),
		cmocka_unit_test(
		    a_temperature_that_never_moves_is_stuck_when_others_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
