/*
 * The sensors probe on the real libsensors, over a private tree bound upon /sys/class in
 * a mount namespace of the test's own.  Where no namespace can be had it is skipped.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "monitor/probe.h"
#include "monitor/probe_sensors.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

static void *probe;
static struct err err;
static Lifeboat__Report report;
static bool urgent;
static mono_t now = { 1000000 };

/* An attribute as the kernel shows it. */
static void
put(const char *text, const char *chip, const char *file)
{
	char line[64];

	snprintf(line, sizeof(line), "%s\n", text);
	tree_put(line, "/hwmon/%s/%s", chip, file);
}

static void
sweep_at(int64_t later_ms, enum probe_state want)
{
	now.ms += later_ms;
	lifeboat__report__init(&report);
	urgent = false;
	err.text[0] = '\0';
	assert_int_equal(probe_sensors_sweep(probe, &report, &urgent, now, &err), want);
}

/* The index of a sensor in the catalogue; the test fails when it is not there. */
static size_t
find(const char *name)
{
	for (size_t i = 0; i < report.catalogues[0]->n_sensors; i++)
		if (strcmp(report.catalogues[0]->sensors[i]->name, name) == 0)
			return i;
	fail_msg("no sensor %s", name);
	return 0;
}

static int64_t
value(const char *name)
{
	return report.readings[0]->values[find(name)];
}

static uint32_t
state_of(const char *name)
{
	return report.readings[0]->states[find(name)];
}

static void
every_kind_is_read_in_its_unit(void **state)
{
	const Lifeboat__Sensor *s;

	(void)state;
	sweep_at(0, PROBE_OK);
	assert_int_equal(value("all-virtual-0/temp1"), 45500);
	assert_int_equal(value("all-virtual-0/fan1"), 900000);
	assert_int_equal(value("all-virtual-0/in1"), 3300);
	assert_int_equal(value("all-virtual-0/curr1"), 1500);
	assert_int_equal(value("all-virtual-0/power1"), 42000);
	assert_int_equal(value("all-virtual-0/energy1"), 7000);
	assert_int_equal(value("all-virtual-0/humidity1"), 40000);
	assert_int_equal(value("all-virtual-0/intrusion0"), 0);
	s = report.catalogues[0]->sensors[find("all-virtual-0/temp1")];
	assert_int_equal(s->high, 80000);
	assert_int_equal(s->high_critical, 90000);
	assert_int_equal(s->high_clear, 77000);
	assert_int_equal(s->limits, HAS_HIGH | HAS_HIGH_CRITICAL | HAS_HIGH_CLEAR);
}

static void
an_alarm_is_carried_and_urgent_once(void **state)
{
	(void)state;
	put("1", "hwmon0", "temp1_crit_alarm");
	sweep_at(1000, PROBE_OK);
	assert_int_equal(state_of("all-virtual-0/temp1"), FLAG_CRIT_ALARM << 4);
	assert_true(urgent);
	sweep_at(1000, PROBE_OK);
	assert_false(urgent);
	put("0", "hwmon0", "temp1_crit_alarm");
	sweep_at(1000, PROBE_OK);
	assert_int_equal(state_of("all-virtual-0/temp1"), QUALITY_GOOD);
}

static void
a_crossed_limit_is_urgent(void **state)
{
	static const struct {
		const char *file, *crossed, *well;
	} rows[] = { { "temp1_input", "81000", "45500" },
		{ "fan1_input", "250", "900" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(rows[i].crossed, "hwmon0", rows[i].file);
		sweep_at(1000, PROBE_OK);
		assert_true(urgent);
		put(rows[i].well, "hwmon0", rows[i].file);
		sweep_at(1000, PROBE_OK);
		assert_false(urgent);
	}
}

static void
garbage_is_a_bad_reading_and_the_others_go_on(void **state)
{
	(void)state;
	put("soup", "hwmon0", "fan1_input");
	sweep_at(1000, PROBE_OK);
	assert_int_equal(state_of("all-virtual-0/fan1"), QUALITY_BAD);
	assert_int_equal(value("all-virtual-0/temp1"), 45500);
	put("900", "hwmon0", "fan1_input");
}

static void
two_alike_chips_are_told_apart(void **state)
{
	(void)state;
	sweep_at(1000, PROBE_OK);
	assert_int_equal(value("twin-virtual-0/temp1"), 30000);
	assert_int_equal(value("twin-virtual-0@hwmon2/temp1"), 35000);
	assert_int_equal(value("twin-virtual-0@hwmon2/temp2"), 36000);
}

static void
limits_are_read_again_after_a_minute(void **state)
{
	uint32_t before;

	(void)state;
	sweep_at(0, PROBE_OK);
	before = report.catalogues[0]->generation;
	put("70000", "hwmon0", "temp1_max");
	sweep_at(1000, PROBE_OK);
	assert_int_equal(report.catalogues[0]->generation, before);
	sweep_at(PROBE_SENSORS_LIMITS_MS, PROBE_OK);
	assert_int_equal(
	    report.catalogues[0]->sensors[find("all-virtual-0/temp1")]->high, 70000);
	assert_true(report.catalogues[0]->generation != before);
	put("80000", "hwmon0", "temp1_max");
	sweep_at(PROBE_SENSORS_LIMITS_MS, PROBE_OK);
	assert_int_equal(report.catalogues[0]->generation, before);
}

static void
chips_come_and_go(void **state)
{
	(void)state;
	put("new", "hwmon3", "name");
	put("20000", "hwmon3", "temp1_input");
	sweep_at(PROBE_SENSORS_AGAIN_MS, PROBE_OK);
	assert_int_equal(value("new-virtual-0/temp1"), 20000);
	tree_drop("/hwmon/hwmon3");
	sweep_at(1000, PROBE_OK);
	assert_int_equal(state_of("new-virtual-0/temp1") & 15, QUALITY_GONE);
	sweep_at(PROBE_SENSORS_AGAIN_MS, PROBE_OK);
	assert_int_equal(state_of("new-virtual-0/temp1") & 15, QUALITY_GONE);
	put("new", "hwmon3", "name");
	put("21000", "hwmon3", "temp1_input");
	sweep_at(PROBE_SENSORS_AGAIN_MS, PROBE_OK);
	assert_int_equal(value("new-virtual-0/temp1"), 21000);
}

static void
what_could_not_be_looked_for_is_looked_for_again_at_once(void **state)
{
	(void)state;
	sweep_at(PROBE_SENSORS_AGAIN_MS, PROBE_OK);
	assert_int_equal(rename(tree_path("/hwmon"), tree_path("/away")), 0);
	tree_put("", "/hwmon");
	sweep_at(PROBE_SENSORS_AGAIN_MS, PROBE_FAILED);
	assert_non_null(strstr(err.text, "libsensors cannot start"));
	tree_drop("/hwmon");
	assert_int_equal(rename(tree_path("/away"), tree_path("/hwmon")), 0);
	sweep_at(1000, PROBE_OK);
	assert_int_equal(value("all-virtual-0/temp1"), 45500);
}

static void
make_chips(void)
{
	static const struct {
		const char *file, *text;
	} files[] = {
		{ "temp1_input", "45500" },
		{ "temp1_max", "80000" },
		{ "temp1_max_hyst", "77000" },
		{ "temp1_crit", "90000" },
		{ "temp1_crit_alarm", "0" },
		{ "fan1_input", "900" },
		{ "fan1_min", "300" },
		{ "in1_input", "3300" },
		{ "curr1_input", "1500" },
		{ "power1_average", "42000000" },
		{ "energy1_input", "7000000" },
		{ "humidity1_input", "40000" },
		{ "intrusion0_alarm", "0" },
	};

	put("all", "hwmon0", "name");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(files[i].text, "hwmon0", files[i].file);
	put("twin", "hwmon1", "name");
	put("30000", "hwmon1", "temp1_input");
	put("twin", "hwmon2", "name");
	put("35000", "hwmon2", "temp1_input");
	put("36000", "hwmon2", "temp2_input");
}

static bool
enter_namespace(void)
{
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(tree, "/sys/class", NULL, MS_BIND, NULL) == 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read_in_its_unit),
		cmocka_unit_test(an_alarm_is_carried_and_urgent_once),
		cmocka_unit_test(a_crossed_limit_is_urgent),
		cmocka_unit_test(garbage_is_a_bad_reading_and_the_others_go_on),
		cmocka_unit_test(two_alike_chips_are_told_apart),
		cmocka_unit_test(limits_are_read_again_after_a_minute),
		cmocka_unit_test(chips_come_and_go),
		cmocka_unit_test(
		    what_could_not_be_looked_for_is_looked_for_again_at_once),
	};
	int r;

	if (tree_make(NULL) < 0)
		return 1;
	make_chips();
	if (!enter_namespace()) {
		tree_remove(NULL);
		puts("skipped: this machine allows no mount namespace");
		return 77;
	}
	probe = probe_sensors.start(NULL, &err);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	probe_sensors.stop(probe);
	umount("/sys/class");
	tree_remove(NULL);
	return r;
}
