#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "monitor/conf.h"
#include "monitor/probe.h"
#include "tests/unit/cmocka_all.h"

static struct monitor_conf conf;
static char path[] = "/tmp/lifeboat-readings-XXXXXX";
static void *probe;
static Lifeboat__Report report;
static bool urgent;
static struct err err;

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(conf.readings_file, sizeof(conf.readings_file), "%s", path);
	probe = probe_file.start(&conf, &err);
	return probe ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	probe_file.stop(probe);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/lifeboat-readings-XXXXXX");
	return 0;
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static enum probe_state
sweep(bool with_catalogue)
{
	report = (Lifeboat__Report)LIFEBOAT__REPORT__INIT;
	urgent = false;
	err.text[0] = '\0';
	return probe_file.sweep(probe, &report, with_catalogue, &urgent, &err);
}

static void
a_reading_carries_its_value_limits_and_flags(void **state)
{
	const Lifeboat__Sensor *s;

	(void)state;
	put("# a rack\n\n  inlet temp 31.5C high=40C high-critical=45C\n"
	    "fan1 fan 900RPM low=300RPM alarm fault\n");
	assert_int_equal(sweep(false), PROBE_OK);
	assert_int_equal(report.n_catalogues, 1);
	assert_int_equal(report.catalogues[0]->n_sensors, 2);
	s = report.catalogues[0]->sensors[0];
	assert_string_equal(s->name, "file/inlet");
	assert_int_equal(s->kind, SENSOR_TEMP);
	assert_int_equal(s->limits, HAS_HIGH | HAS_HIGH_CRITICAL);
	assert_int_equal(s->high, 40000);
	assert_int_equal(s->high_critical, 45000);
	s = report.catalogues[0]->sensors[1];
	assert_int_equal(s->limits, HAS_LOW);
	assert_int_equal(s->low, 300000);
	assert_int_equal(report.readings[0]->values[0], 31500);
	assert_int_equal(report.readings[0]->states[0], QUALITY_GOOD);
	assert_int_equal(report.readings[0]->states[1], (FLAG_ALARM | FLAG_FAULT) << 4);
	assert_int_equal(
	    report.readings[0]->generation, report.catalogues[0]->generation);
}

static void
the_catalogue_comes_when_it_changes_and_when_asked_for(void **state)
{
	uint32_t generation;

	(void)state;
	put("a temp 30C high=40C\n");
	assert_int_equal(sweep(false), PROBE_OK);
	generation = report.catalogues[0]->generation;
	put("a temp 31C high=40C\n");
	assert_int_equal(sweep(false), PROBE_OK);
	assert_int_equal(report.n_catalogues, 0);
	assert_int_equal(report.readings[0]->generation, generation);
	assert_int_equal(sweep(true), PROBE_OK);
	assert_int_equal(report.catalogues[0]->generation, generation);
	put("a temp 31C high=41C\n");
	assert_int_equal(sweep(false), PROBE_OK);
	assert_int_equal(report.n_catalogues, 1);
	assert_int_not_equal(report.catalogues[0]->generation, generation);
}

static void
an_alarm_or_a_crossed_limit_is_urgent(void **state)
{
	/* clang-format off */
	static const struct { const char *line; bool urgent; } rows[] = {
		{ "a temp 39.9C high=40C\n", false }, { "a temp 40C high=40C\n", true },
		{ "a fan 300RPM low=300RPM\n", true }, { "a fan 301RPM low=300RPM\n", false },
		{ "a in 1V low-critical=2V\n", true }, { "a temp 50C high-critical=45C\n", true },
		{ "a temp 20C alarm\n", true }, { "a temp 20C crit-alarm\n", true },
		{ "a temp 20C fault\n", true }, { "a temp 20C\n", false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(rows[i].line);
		assert_int_equal(sweep(false), PROBE_OK);
		assert_int_equal(urgent, rows[i].urgent);
	}
}

static void
a_bad_line_refuses_the_whole_file_by_its_number(void **state)
{
	/* clang-format off */
	static const char *const bad[] = {
		"b temp\n", "b heat 3C\n", "b temp 3\n", "b temp 3V\n", "b temp 3C high=3\n",
		"b temp 3C top=3C\n", "b temp 3C hot\n", "b temp 3C high=4C high=5C\n",
		"a temp 3C\n", "b temp nanC\n", "b temp 3C high=\n", "b\xff temp 3C\n",
		"b other 9000000000000000\n",
	};
	/* clang-format on */
	char text[256], where[64];

	(void)state;
	snprintf(where, sizeof(where), "%s:3: ", path);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "# good:\na temp 3C\n%s", bad[i]);
		put(text);
		assert_int_equal(sweep(false), PROBE_FAILED);
		assert_int_equal(report.n_readings, 0);
		assert_ptr_equal(strstr(err.text, where), err.text);
	}
}

static void
a_file_that_nobody_wrote_for_a_minute_is_gone(void **state)
{
	struct timespec old[2] = { { .tv_sec = time(NULL) - 70 },
		{ .tv_sec = time(NULL) - 70 } };

	(void)state;
	put("a temp 50C high=40C\n");
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(sweep(false), PROBE_OK);
	assert_int_equal(report.readings[0]->states[0] & 15, QUALITY_GONE);
	assert_false(urgent);
}

static void
a_file_that_cannot_be_read_fails_with_a_sentence(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(sweep(false), PROBE_FAILED);
	assert_non_null(strstr(err.text, "cannot open"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(sweep(false), PROBE_FAILED);
	assert_non_null(strstr(err.text, "not a file"));
}

static void
more_readings_than_a_host_may_have_are_refused(void **state)
{
	FILE *f = fopen(path, "we");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i <= MAX_SENSORS; i++)
		fprintf(f, "s%d temp 20C\n", i);
	fclose(f);
	assert_int_equal(sweep(false), PROBE_FAILED);
	assert_non_null(strstr(err.text, "more than"));
}

static void
without_a_file_configured_it_is_absent(void **state)
{
	static const struct monitor_conf none;
	void *other = probe_file.start(&none, &err);

	(void)state;
	assert_non_null(other);
	assert_int_equal(
	    probe_file.sweep(other, &report, false, &urgent, &err), PROBE_ABSENT);
	probe_file.stop(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reading_carries_its_value_limits_and_flags),
		TEST(the_catalogue_comes_when_it_changes_and_when_asked_for),
		TEST(an_alarm_or_a_crossed_limit_is_urgent),
		TEST(a_bad_line_refuses_the_whole_file_by_its_number),
		TEST(a_file_that_nobody_wrote_for_a_minute_is_gone),
		TEST(a_file_that_cannot_be_read_fails_with_a_sentence),
		TEST(more_readings_than_a_host_may_have_are_refused),
		TEST(without_a_file_configured_it_is_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
