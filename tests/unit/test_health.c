#include "policy/core/health.h"
#include "tests/sim/world.h"
#include "tests/unit/cmocka_all.h"

#include <string.h>

#define SECOND INT64_C(1000)

static int
setup(void **state)
{
	struct world *w = world_new(3, (mono_t){ 0 });

	world_report(w);
	world_run(w, 5 * SECOND);
	world_forget(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

static struct reading *
cpu(struct world *w)
{
	return &w->host[0].reading[WORLD_CPU];
}

static void
turned(const struct world *w, enum health from, enum health to, enum why why)
{
	const struct action *a = world_said(w, ACTION_HEALTH);

	assert_non_null(a);
	assert_string_equal(why_word(a->why), why_word(why));
	assert_string_equal(health_name(a->health_from), health_name(from));
	assert_string_equal(health_name(a->health_to), health_name(to));
}

static void
a_host_that_reports_and_is_well_is_sound(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });

	(void)state;
	assert_int_equal(world_health(w, 0), HEALTH_UNKNOWN);
	world_catalogue(w, 0);
	world_readings(w, 0);
	assert_int_equal(world_health(w, 0), HEALTH_UNKNOWN);
	world_xen(w, 0);
	turned(w, HEALTH_UNKNOWN, HEALTH_SOUND, WHY_CALM);
	world_free(w);
}

static void
a_limit_crossed_for_the_hold_makes_a_host_suspect(void **state)
{
	struct world *w = *state;

	cpu(w)->value = 76200;
	world_run(w, 10 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_run(w, 2 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_HOT);
	assert_int_equal(world_said(w, ACTION_HEALTH)->seen, 76200);
	assert_int_equal(world_said(w, ACTION_HEALTH)->limit, 75000);
	assert_int_equal(world_said(w, ACTION_HEALTH)->held_ms, 10 * SECOND);
	assert_int_equal(world_count(w, ACTION_HEALTH), 1);
}

static void
a_critical_limit_crossed_for_the_hold_fails_the_host(void **state)
{
	struct world *w = *state;

	cpu(w)->value = 64000;
	world_run(w, SECOND);
	cpu(w)->value = 82000;
	world_run(w, SECOND);
	cpu(w)->value = 91000;
	world_run(w, 12 * SECOND);
	turned(w, HEALTH_SUSPECT, HEALTH_FAILING, WHY_CRITICAL);
	assert_string_equal(world_said(w, ACTION_HEALTH)->name, "coretemp/temp1");
}

static void
one_reading_over_the_limit_is_no_reason_however_old(void **state)
{
	struct world *w = *state;

	cpu(w)->value = 76000;
	world_run(w, SECOND);
	cpu(w)->quality = QUALITY_BAD;
	world_run(w, SECOND);
	assert_int_equal(world_count(w, ACTION_HEALTH), 0);
	world_ticks(w, mono_add(w->now, 9 * SECOND));
	assert_int_equal(world_count(w, ACTION_HEALTH), 0);
}

static void
a_bad_reading_does_not_restart_the_hold(void **state)
{
	struct world *w = *state;

	cpu(w)->value = 76000;
	world_run(w, 4 * SECOND);
	cpu(w)->quality = QUALITY_BAD;
	world_run(w, SECOND);
	cpu(w)->quality = QUALITY_GOOD;
	world_run(w, 7 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_HOT);
}

static void
a_limit_is_crossed_until_the_hysteresis_is_left(void **state)
{
	struct world *w = *state;

	cpu(w)->value = 76000;
	world_run(w, 5 * SECOND);
	cpu(w)->value = 73000;
	world_run(w, 7 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_HOT);
	cpu(w)->value = 72000;
	world_run(w, 59 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_SUSPECT);
	world_run(w, 3 * SECOND);
	turned(w, HEALTH_SUSPECT, HEALTH_SOUND, WHY_CALM);
}

static void
a_failing_host_that_cools_is_suspect_while_it_is_hot(void **state)
{
	struct world *w = *state;

	cpu(w)->value = 64000;
	world_run(w, SECOND);
	cpu(w)->value = 80000;
	world_run(w, SECOND);
	cpu(w)->value = 95000;
	world_run(w, 15 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_FAILING);
	cpu(w)->value = 80000;
	world_run(w, 58 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_FAILING);
	world_run(w, 5 * SECOND);
	turned(w, HEALTH_FAILING, HEALTH_SUSPECT, WHY_HOT);
	cpu(w)->value = 62000;
	world_run(w, 62 * SECOND);
	turned(w, HEALTH_SUSPECT, HEALTH_SOUND, WHY_CALM);
}

static void
a_fan_that_stops_fails_the_host(void **state)
{
	struct world *w = *state;

	w->host[0].reading[WORLD_FAN].value = 0;
	world_readings(w, 0);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_readings(w, 0);
	turned(w, HEALTH_SOUND, HEALTH_FAILING, WHY_FAN_STOPPED);
}

static void
a_fan_that_never_turned_is_no_fan(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });

	(void)state;
	w->host[0].reading[WORLD_FAN].value = 0;
	world_report(w);
	world_run(w, 30 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	w->host[0].reading[WORLD_FAN].flags = FLAG_ALARM;
	world_run(w, 2 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_FAILING, WHY_FAN_STOPPED);
	world_free(w);
}

static void
a_critical_alarm_fails_the_host_at_the_second_reading(void **state)
{
	struct world *w = *state;

	cpu(w)->flags = FLAG_CRIT_ALARM;
	world_readings(w, 0);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_readings(w, 0);
	turned(w, HEALTH_SOUND, HEALTH_FAILING, WHY_ALARM_CRITICAL);
}

static void
an_alarm_that_was_latched_before_is_listed_until_it_clears(void **state)
{
	struct world *w = world_new(1, (mono_t){ 0 });

	(void)state;
	cpu(w)->flags = FLAG_ALARM;
	world_report(w);
	world_run(w, 5 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_ALARM);
	cpu(w)->flags = 0;
	world_run(w, SECOND);
	assert_int_equal(world_said(w, ACTION_LISTED)->why, WHY_NONE);
	cpu(w)->flags = FLAG_ALARM;
	world_run(w, 2 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_ALARM);
	world_free(w);
}

static void
a_sensor_that_was_good_and_goes_makes_a_host_suspect(void **state)
{
	struct world *w = *state;

	cpu(w)->quality = QUALITY_GONE;
	world_run(w, 2 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_run(w, SECOND);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_SENSOR_LOST);
}

static void
a_probe_that_worked_and_hangs_makes_a_host_suspect(void **state)
{
	struct world *w = *state;

	w->host[0].probes[PROBE_ISCSI] = PROBE_HUNG;
	world_probes(w, 0);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_probes(w, 0);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_PROBE_LOST);
}

static void
a_host_without_any_sensor_to_judge_is_unknown(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < WORLD_SENSORS; i++)
		w->host[0].reading[i].quality = QUALITY_IMPLAUSIBLE;
	world_run(w, 3 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_UNKNOWN, WHY_BLIND);
}

static void
a_silent_host_is_unknown_and_returns_as_suspect(void **state)
{
	struct world *w = *state;

	w->host[0].silent = true;
	world_run(w, 12 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_UNKNOWN, WHY_SILENCE);
	assert_int_equal(world_said(w, ACTION_HEALTH)->held_ms, 10 * SECOND);
	w->host[0].silent = false;
	world_run(w, 6 * SECOND);
	turned(w, HEALTH_UNKNOWN, HEALTH_SUSPECT, WHY_RETURNED);
	world_run(w, 65 * SECOND);
	turned(w, HEALTH_SUSPECT, HEALTH_SOUND, WHY_CALM);
}

static void
a_restart_makes_every_host_unknown_until_it_reports(void **state)
{
	struct world *w = *state;

	w->event.term = 2;
	world_step(w, EVENT_RESTART, -1);
	assert_int_equal(world_count(w, ACTION_HEALTH), 3);
	turned(w, HEALTH_SOUND, HEALTH_UNKNOWN, WHY_RESTARTED);
	world_run(w, 6 * SECOND);
	turned(w, HEALTH_UNKNOWN, HEALTH_SOUND, WHY_CALM);
}

static void
a_disk_lost_here_and_alive_elsewhere_fails_the_host(void **state)
{
	struct world *w = *state;

	w->host[0].storage.disks[0].lost = 1;
	world_run(w, 10 * SECOND);
	assert_int_equal(world_health(w, 0), HEALTH_SOUND);
	world_run(w, 10 * SECOND);
	turned(w, HEALTH_SOUND, HEALTH_FAILING, WHY_SESSION_LOST);
}

static void
a_disk_lost_everywhere_makes_every_host_suspect(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		w->host[i].storage.n_disks = 0;
	world_run(w, 20 * SECOND);
	assert_int_equal(world_count(w, ACTION_HEALTH), 3);
	turned(w, HEALTH_SOUND, HEALTH_SUSPECT, WHY_STORAGE_SICK);
}

static void
every_state_is_reached_by_some_rule(void **state)
{
	bool reached[HEALTH_FAILING + 1] = { false };
	struct rule_view rule;

	(void)state;
	for (int i = 0; core_rule(i, &rule); i++) {
		for (int h = 0; h <= HEALTH_FAILING; h++)
			reached[h] |= strcmp(rule.to, health_name((enum health)h)) == 0;
	}
	for (int h = 0; h <= HEALTH_FAILING; h++)
		assert_true(reached[h]);
	assert_false(core_rule(-1, &rule));
	assert_false(core_rule(1000, &rule));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_host_that_reports_and_is_well_is_sound),
		CASE(a_limit_crossed_for_the_hold_makes_a_host_suspect),
		CASE(a_critical_limit_crossed_for_the_hold_fails_the_host),
		CASE(one_reading_over_the_limit_is_no_reason_however_old),
		CASE(a_bad_reading_does_not_restart_the_hold),
		CASE(a_limit_is_crossed_until_the_hysteresis_is_left),
		CASE(a_failing_host_that_cools_is_suspect_while_it_is_hot),
		CASE(a_fan_that_stops_fails_the_host),
		CASE(a_fan_that_never_turned_is_no_fan),
		CASE(a_critical_alarm_fails_the_host_at_the_second_reading),
		CASE(an_alarm_that_was_latched_before_is_listed_until_it_clears),
		CASE(a_sensor_that_was_good_and_goes_makes_a_host_suspect),
		CASE(a_probe_that_worked_and_hangs_makes_a_host_suspect),
		CASE(a_host_without_any_sensor_to_judge_is_unknown),
		CASE(a_silent_host_is_unknown_and_returns_as_suspect),
		CASE(a_restart_makes_every_host_unknown_until_it_reports),
		CASE(a_disk_lost_here_and_alive_elsewhere_fails_the_host),
		CASE(a_disk_lost_everywhere_makes_every_host_suspect),
		CASE(every_state_is_reached_by_some_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
