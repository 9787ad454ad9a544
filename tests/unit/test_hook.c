#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/oom.h"
#include "base/seal.h"
#include "policy/hook.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/engine_rig.h"

enum { LONG_S = 20 }; /* a script's sleep is longer */

static struct rig r;
static uv_loop_t loop;
static struct hook *hook;
static char script[96], said[96];

static void
write_script(const char *body)
{
	FILE *f = fopen(script, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	fclose(f);
	chmod(script, 0700);
}

static int
setup(void **state)
{
	(void)state;
	rig_init(&r);
	snprintf(script, sizeof(script), "%s/hook", r.folder);
	snprintf(said, sizeof(said), "%s/said", r.folder);
	snprintf(r.engine->conf->hook, sizeof(r.engine->conf->hook), "%s", script);
	r.engine->conf->hook_ms = 10000;
	if (uv_loop_init(&loop) < 0)
		return -1;
	return hook_open(&hook, &loop, r.engine, NULL);
}

/* Everything that was begun has ended: nothing keeps the loop.  SIGALRM ends the test
 * where something does. */
static void
finish(void)
{
	alarm(LONG_S);
	uv_run(&loop, UV_RUN_DEFAULT);
	alarm(0);
}

static int
teardown(void **state)
{
	(void)state;
	hook_close(hook);
	finish();
	assert_int_equal(uv_loop_close(&loop), 0);
	hook = hook_free(hook);
	unlink(script);
	unlink(said);
	rig_deinit(&r);
	return 0;
}

static char *
read_said(void)
{
	static char text[65536];
	FILE *f = fopen(said, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

static int
lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void
drain(bool on)
{
	struct err err;

	assert_int_equal(engine_drain(r.engine, (host_t){ 0 }, on, r.now, &err), 0);
}

static void
it_hears_of_an_event_in_its_environment_and_on_its_input(void **state)
{
	char *text;

	(void)state;
	write_script("{ echo \"$LIFEBOAT_EVENT|$LIFEBOAT_GUEST|$LIFEBOAT_HOST|"
		     "$LIFEBOAT_TO|$LIFEBOAT_WHY|$LIFEBOAT_MODE|$HOME\"; cat; } "
		     ">\"${0%/*}/said\"");
	rig_run(&r, 3000);
	finish();
	assert_non_null(strstr(read_said(), "host-health||n"));
	drain(true);
	finish();
	text = read_said();
	assert_non_null(strstr(text, "would-move|web|n1|n2|drain|observe|\n"));
	assert_non_null(strstr(text, "\"id\":\"would-move\""));
	assert_non_null(strstr(text, "\"guest\":\"web\""));
}

static void
it_hears_of_a_guest_that_no_xl_watches(void **state)
{
	struct book_order o = { .host = { 0 },
		.row = {
		    .host = "n1", .name = "web", .guest = { { 1 } }, .id = { 1, 2 } } };

	(void)state;
	write_script(
	    "{ echo \"$LIFEBOAT_EVENT|$LIFEBOAT_GUEST|$LIFEBOAT_HOST|$LIFEBOAT_TO|"
	    "$LIFEBOAT_ORDER|$LIFEBOAT_WHY|\"; cat; } >\"${0%/*}/said\"");
	unwatched_take(r.engine, &o, 3, r.now);
	finish();
	assert_non_null(strstr(read_said(), "guest-unwatched|web|n1||1.2||\n"));
	assert_non_null(strstr(read_said(), "\"id\":\"guest-unwatched\""));
}

static void
one_that_hangs_is_killed_with_what_it_started(void **state)
{
	(void)state;
	write_script("sleep 100 & echo begun >>\"${0%/*}/said\"; wait");
	r.engine->conf->hook_ms = 200;
	rig_run(&r, 1000);
	finish();
	assert_int_equal(lines(read_said()), RIG_HOSTS);
}

static void
one_that_fails_does_not_read_or_is_not_there_hurts_nobody(void **state)
{
	(void)state;
	write_script("exec <&-; exit 3");
	rig_run(&r, 3000);
	finish();
	unlink(script);
	drain(true);
	finish();
	snprintf(r.engine->conf->hook, sizeof(r.engine->conf->hook), "no");
	drain(false);
	finish();
	assert_string_equal(read_said(), "");
}

static void
the_line_of_one_that_fails_names_its_event(void **state)
{
	(void)state;
	rig_run(&r, 3000);
	finish();
	write_script("cat >/dev/null; exit 3");
	rig_log_begin();
	drain(true);
	finish();
	assert_non_null(strstr(rig_log_end(), "/hook event=would-move status=3\n"));
}

/* More than may wait: the rest is dropped, and nothing is held up. */
static void
a_flood_is_bounded(void **state)
{
	int n;

	(void)state;
	write_script("echo x >>\"${0%/*}/said\"");
	rig_run(&r, 3000);
	for (int i = 0; i < 200; i++) {
		drain(true);
		drain(false);
	}
	finish();
	n = lines(read_said());
	assert_true(n >= HOOK_QUEUE && n <= HOOK_QUEUE + 2 * HOOK_AT_ONCE);
}

static void
what_runs_at_the_end_is_killed(void **state)
{
	pid_t pid[RIG_HOSTS];
	char line[16];
	int status;
	FILE *f;

	(void)state;
	assert_int_equal(mkfifo(said, 0600), 0);
	f = fopen(said, "r+");
	assert_non_null(f);
	write_script("echo $$ >\"${0%/*}/said\"; exec sleep 100");
	rig_run(&r, 1000);
	uv_run(&loop, UV_RUN_NOWAIT);
	alarm(LONG_S);
	for (int i = 0; i < RIG_HOSTS; i++) {
		assert_non_null(fgets(line, sizeof(line), f));
		pid[i] = (pid_t)strtol(line, NULL, 10);
	}
	fclose(f);
	hook_close(hook);
	for (int i = 0; i < RIG_HOSTS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFSIGNALED(status));
	}
	alarm(0);
}

static void
memory_is_taken_from_it_before_the_engine(void **state)
{
	int before, score;

	(void)state;
	assert_int_equal(oom_score_get(&before), 0);
	assert_int_equal(before, 0);
	/* Above it, as only root may go below; the engine's own is below. */
	assert_int_equal(oom_score_set(300), 0);
	write_script("cat /proc/self/oom_score_adj >\"${0%/*}/said\"; cat >/dev/null");
	rig_run(&r, 3000);
	finish();
	assert_int_equal(oom_score_get(&score), 0);
	oom_score_set(before);
	assert_string_equal(read_said(), "0\n");
	assert_int_equal(score, 300);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(it_hears_of_an_event_in_its_environment_and_on_its_input),
		CASE(it_hears_of_a_guest_that_no_xl_watches),
		CASE(one_that_hangs_is_killed_with_what_it_started),
		CASE(one_that_fails_does_not_read_or_is_not_there_hurts_nobody),
		CASE(the_line_of_one_that_fails_names_its_event),
		CASE(a_flood_is_bounded),
		CASE(memory_is_taken_from_it_before_the_engine),
		CASE(what_runs_at_the_end_is_killed),
	};

	if (seal_start() < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
