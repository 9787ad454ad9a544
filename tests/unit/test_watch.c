/*
 * Real children: this program, started again by watch with a hidden role, behaves as
 * the configuration's readings_file says.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wire.h"
#include "monitor/probe.h"
#include "monitor/watch.h"
#include "tests/unit/cmocka_all.h"

static struct monitor_conf conf;
static uv_loop_t loop;
static struct watch w;
static int news, urgencies;

static int
misbehave(void)
{
	struct monitor_conf mine;
	uint8_t tag, none[1], bad[PROBE_ANSWER_HEAD] = { 1, PROBE_ABSENT };
	uint8_t big[PROBE_REPORT_MAX + 3] = { 0 };
	size_t len;

	if (child_enter(&mine, sizeof(mine), "probe:test") < 0)
		return 9;
	while (record_read(CHILD_FD, &tag, none, sizeof(none), &len) == 0) {
		const char *as = mine.readings_file;

		if (strcmp(as, "crash") == 0)
			raise(SIGKILL);
		if (strcmp(as, "forbidden") == 0)
			raise(SIGSYS);
		if (strcmp(as, "exit") == 0)
			return 7;
		if (strcmp(as, "hang") == 0)
			pause();
		if (strcmp(as, "big") == 0)
			record_write(CHILD_FD, PROBE_ANSWER, big, sizeof(big));
		if (strcmp(as, "urgent") == 0)
			record_write(CHILD_FD, PROBE_ANSWER, bad, sizeof(bad));
	}
	return 0;
}

static void
on_news(struct watch *watch, bool urgent)
{
	(void)watch;
	news++;
	urgencies += urgent;
}

static int
setup(void **state)
{
	(void)state;
	news = 0;
	urgencies = 0;
	log_set_level(LOG_LEVEL_ERROR);
	monitor_conf_default(&conf);
	if (uv_loop_init(&loop) < 0 || watch_init(&w, &loop, PROBE_XEN, &conf) < 0)
		return -1;
	w.on_news = on_news;
	return 0;
}

static void
close_timer(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (handle->type == UV_TIMER)
		uv_close(handle, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	watch_stop(&w);
	uv_walk(&loop, close_timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	watch_deinit(&w);
	return uv_loop_close(&loop);
}

static void
run_until_news(int count)
{
	while (news < count && uv_run(&loop, UV_RUN_ONCE))
		;
	assert_int_equal(news, count);
}

static void
run_until_gone(void)
{
	while (w.child.alive && uv_run(&loop, UV_RUN_ONCE))
		;
	assert_false(w.child.alive);
}

static void
expect_said(enum probe_state wanted, const char *why)
{
	Lifeboat__Report *r = lifeboat__report__unpack(NULL, w.said_len, w.said);

	assert_non_null(r);
	assert_true(w.fresh);
	assert_int_equal(r->n_probes, 1);
	assert_int_equal(r->probes[0]->id, PROBE_XEN);
	assert_int_equal(r->probes[0]->state, wanted);
	assert_string_equal(r->probes[0]->why, why);
	lifeboat__report__free_unpacked(r, NULL);
}

static void
a_child_that_hangs_is_killed_and_reported_once_it_is_late(void **state)
{
	(void)state;
	strcpy(conf.readings_file, "hang");
	conf.deadline_ms = 100;
	watch_tick(&w, (mono_t){ 0 });
	assert_true(w.busy);
	run_until_news(1);
	expect_said(PROBE_HUNG, "no answer within 100ms");
	run_until_gone();
	assert_int_equal(news, 1);
	assert_int_equal(w.state, PROBE_HUNG);
}

static void
a_hung_child_is_not_started_again_before_it_is_gone(void **state)
{
	(void)state;
	strcpy(conf.readings_file, "hang");
	conf.deadline_ms = 100;
	watch_tick(&w, (mono_t){ 0 });
	run_until_news(1);
	w.fresh = false;
	assert_true(w.child.alive && w.child.killed);
	watch_tick(&w, mono_add(clock_mono(), 1000000));
	assert_false(w.busy);
	expect_said(PROBE_HUNG, "no answer within 100ms"); /* its last word stands */
}

static void
a_child_that_dies_is_reported_and_restarted_later_and_later(void **state)
{
	mono_t now = { 0 };

	(void)state;
	strcpy(conf.readings_file, "crash");
	for (int i = 1; i <= 4; i++) {
		watch_tick(&w, now);
		run_until_gone();
		assert_int_equal(news, i);
		expect_said(PROBE_FAILED, "died by signal 9");
		assert_int_equal(w.delay_ms, 1000 << (i - 1));
		w.fresh = false;
		watch_tick(&w, mono_add(w.restart, -1));
		assert_false(w.child.alive);
		assert_true(w.fresh);
		now = w.restart;
	}
}

static void
a_child_that_lived_for_a_minute_is_restarted_soon(void **state)
{
	(void)state;
	strcpy(conf.readings_file, "crash");
	w.delay_ms = 8000;
	watch_tick(&w, clock_mono());
	run_until_gone();
	assert_int_equal(w.delay_ms, 16000);
	watch_tick(&w, w.restart);
	w.started = mono_add(clock_mono(), -60000);
	run_until_gone();
	assert_int_equal(w.delay_ms, 1000);
}

static void
a_child_that_a_filter_ended_is_told_from_others(void **state)
{
	(void)state;
	strcpy(conf.readings_file, "forbidden");
	watch_tick(&w, (mono_t){ 0 });
	run_until_news(1);
	expect_said(PROBE_FAILED, "died by signal 31, at a forbidden system call");
}

static void
a_child_that_ends_is_reported_with_its_status(void **state)
{
	(void)state;
	strcpy(conf.readings_file, "exit");
	watch_tick(&w, (mono_t){ 0 });
	run_until_news(1);
	expect_said(PROBE_FAILED, "ended with status 7");
}

static void
an_answer_over_the_bound_is_a_failure(void **state)
{
	(void)state;
	strcpy(conf.readings_file, "big");
	watch_tick(&w, (mono_t){ 0 });
	run_until_news(1);
	expect_said(PROBE_FAILED, "answer too large");
}

static void
an_alarm_is_urgent_once_and_absence_is_asked_for_each_minute(void **state)
{
	const mono_t start = { 1000 };

	(void)state;
	strcpy(conf.readings_file, "urgent");
	watch_tick(&w, start);
	run_until_news(1);
	assert_int_equal(urgencies, 1);
	w.fresh = false;
	watch_tick(&w, mono_add(start, 59999));
	assert_false(w.busy);
	assert_true(w.fresh);
	watch_tick(&w, mono_add(start, 60000));
	assert_true(w.busy);
	run_until_news(2);
	assert_int_equal(urgencies, 1);
}

static void
delays_double_up_to_their_bound(void **state)
{
	(void)state;
	assert_int_equal(child_delay(0, 30000), 1000);
	assert_int_equal(child_delay(1000, 30000), 2000);
	assert_int_equal(child_delay(16000, 30000), 30000);
	assert_int_equal(child_delay(30000, 30000), 30000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_child_that_hangs_is_killed_and_reported_once_it_is_late),
		TEST(a_hung_child_is_not_started_again_before_it_is_gone),
		TEST(a_child_that_dies_is_reported_and_restarted_later_and_later),
		TEST(a_child_that_lived_for_a_minute_is_restarted_soon),
		TEST(a_child_that_a_filter_ended_is_told_from_others),
		TEST(a_child_that_ends_is_reported_with_its_status),
		TEST(an_answer_over_the_bound_is_a_failure),
		TEST(an_alarm_is_urgent_once_and_absence_is_asked_for_each_minute),
		TEST(delays_double_up_to_their_bound),
	};

	if (argc > 1 && strncmp(argv[1], "--role=", 7) == 0)
		return misbehave();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
