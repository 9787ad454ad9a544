/* The program runs itself as what it starts: the first argument says what that does. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/run.h"
#include "base/clock.h"
#include "cmocka_all.h"

enum { LONG_MS = 20000, SHORT_MS = 50, TRACED = 33, NOT_TRACED = 34 };

/* --- what is started -------------------------------------------------------------- */

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -1; /* the one that reads the folder */

	for (struct dirent *d = readdir(dir); d; d = readdir(dir))
		n += d->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* How many signals it has ignored or blocked. */
static int
count_signals(void)
{
	sigset_t blocked;
	int n = 0;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int s = 1; s < SIGRTMIN; s++) {
		struct sigaction is;

		if (sigaction(s, NULL, &is) == 0)
			n += is.sa_handler == SIG_IGN || sigismember(&blocked, s) == 1;
	}
	return n;
}

/*
 * Not even SIGKILL removes it while its tracer lives, as nothing removes a process that
 * waits for a disk which does not answer.  The tracer ends with the file at path.
 */
static int
linger(const char *path)
{
	int ready[2];
	char byte = 'n';

	if (pipe(ready) < 0)
		return NOT_TRACED;
	if (fork() == 0) {
		int end;

		alarm(LONG_MS / 1000);
		byte = ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0 ? 'y' : 'n';
		if (write(ready[1], &byte, 1) != 1 || byte != 'y')
			_exit(1);
		close(STDOUT_FILENO);
		end = open(path, O_RDONLY);
		_exit(end < 0 || read(end, &byte, 1) < 0);
	}
	if (read(ready[0], &byte, 1) != 1 || byte != 'y')
		return NOT_TRACED;
	for (;;)
		pause();
}

static int
be_started(char **argv)
{
	if (strcmp(argv[1], "descriptors") == 0)
		return count_descriptors();
	if (strcmp(argv[1], "signals") == 0)
		return count_signals();
	if (strcmp(argv[1], "linger") == 0)
		return linger(argv[2]);
	if (strcmp(argv[1], "die") == 0)
		return raise(SIGUSR1);
	if (strcmp(argv[1], "sleep") == 0)
		return pause();
	return puts(argv[1]) < 0;
}

/* --- what starts it --------------------------------------------------------------- */

static int
run_self(const char *what, char *out, size_t size, int64_t limit_ms, struct err *err)
{
	const char *const argv[] = { SELF, what, NULL };

	return run_output(argv, out, size, limit_ms, err);
}

static void
what_it_says_and_its_exit_are_kept(void **state)
{
	char out[16];
	struct err err;

	(void)state;
	assert_int_equal(run_self("hello", out, sizeof(out), LONG_MS, &err), 0);
	assert_string_equal(out, "hello\n");
	assert_int_equal(run_self("hello", NULL, 0, LONG_MS, &err), 0);
	assert_int_equal(run_output((const char *const[]){ "/bin/false", NULL }, out,
			     sizeof(out), LONG_MS, &err),
	    1);
	assert_string_equal(out, "");
}

static void
who_says_too_much_is_cut_and_that_is_an_error(void **state)
{
	char out[6];
	struct err err;

	(void)state;
	assert_int_equal(run_self("1234", out, sizeof(out), LONG_MS, &err), 0);
	assert_string_equal(out, "1234\n");
	assert_int_equal(run_self("12345", out, sizeof(out), LONG_MS, &err), -E2BIG);
	assert_string_equal(out, "12345");
	assert_non_null(strstr(err.text, SELF));
}

static void
what_cannot_be_executed_ends_with_127(void **state)
{
	struct process p = PROCESS_NULL;
	struct err err = { "" };

	(void)state;
	assert_int_equal(run_output((const char *const[]){ "/nonexistent/xl", NULL },
			     NULL, 0, LONG_MS, &err),
	    127);
	assert_non_null(strstr(err.text, "/nonexistent/xl"));
	assert_int_equal(
	    run_spawn(&p, SELF, (const char *const[]){ SELF, NULL },
		(struct run_fds){ (int[]){ -1, -1, -1, -1, -1, -1, -1, -1, -1 }, 9 },
		&err),
	    -EINVAL);
	assert_int_equal(p.pid, 0);
}

static void
a_death_by_a_signal_is_no_exit(void **state)
{
	struct err err;
	char text[64];

	(void)state;
	assert_int_equal(run_self("die", NULL, 0, LONG_MS, &err), -EINTR);
	assert_non_null(strstr(err.text, "signal 10"));
	assert_string_equal(run_status(text, sizeof(text), SIGSYS),
	    "signal 31, at a forbidden system call");
	assert_string_equal(run_status(text, sizeof(text), 3 << 8), "exit status 3");
}

static void
it_has_three_descriptors_and_none_of_its_parent_s(void **state)
{
	int kept[20];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		kept[i] = dup(STDERR_FILENO); /* without O_CLOEXEC */
	assert_int_equal(run_self("descriptors", NULL, 0, LONG_MS, &err), 3);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		close(kept[i]);
}

/* One end of two pipes each: the second is where the first is to be. */
static void
descriptors_change_places_without_overwriting_each_other(void **state)
{
	struct process p = PROCESS_NULL;
	struct err err;
	int one[2], other[2], fds[8] = { -1, -1, -1, -1, -1, -1, -1, -1 };
	char at[16], next[16], said[2][2];
	const char *const argv[] = { "sh", "-c", "printf 1 >&$1; printf 2 >&$2", "sh", at,
		next, NULL };

	(void)state;
	assert_int_equal(pipe2(one, O_CLOEXEC), 0);
	assert_int_equal(pipe2(other, O_CLOEXEC), 0);
	assert_true(other[1] < 7);
	fds[other[1]] = one[1];
	fds[other[1] + 1] = other[1];
	snprintf(at, sizeof(at), "%d", other[1]);
	snprintf(next, sizeof(next), "%d", other[1] + 1);
	assert_int_equal(
	    run_spawn(&p, "/bin/sh", argv, (struct run_fds){ fds, other[1] + 2 }, &err),
	    0);
	close(one[1]);
	close(other[1]);
	assert_int_equal(read(one[0], said[0], 2), 1);
	assert_int_equal(read(other[0], said[1], 2), 1);
	assert_int_equal(said[0][0], '1');
	assert_int_equal(said[1][0], '2');
	close(one[0]);
	close(other[0]);
	assert_int_equal(
	    poll(&(struct pollfd){ .fd = p.fd, .events = POLLIN }, 1, LONG_MS), 1);
	assert_true(run_reap(&p));
	assert_int_equal(p.status, 0);
}

static void
its_signals_are_those_of_a_fresh_process(void **state)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGHUP, SIGTERM, SIGUSR2 };
	const size_t n = sizeof(ignored) / sizeof(ignored[0]);
	sigset_t all, before;
	struct err err;
	int r;

	(void)state;
	for (size_t i = 0; i < n; i++)
		signal(ignored[i], SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	r = run_self("signals", NULL, 0, LONG_MS, &err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	for (size_t i = 0; i < n; i++)
		signal(ignored[i], SIG_DFL);
	assert_int_equal(r, 0);
}

static void
who_does_not_end_in_time_is_ended(void **state)
{
	struct err err;
	char out[8];

	(void)state;
	assert_int_equal(run_self("sleep", out, sizeof(out), SHORT_MS, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, SELF " sleep: no end"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and nothing is left of it */
	assert_int_equal(errno, ECHILD);
}

static void
one_that_cannot_be_ended_is_left_and_not_waited_for(void **state)
{
	char folder[] = "/tmp/test-run-XXXXXX", path[64];
	const char *const argv[] = { SELF, "linger", path, NULL };
	mono_t began = clock_mono();
	struct err err;
	int r, end;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/end", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(LONG_MS / 1000);
	r = run_output(argv, NULL, 0, 1000, &err);
	alarm(0);
	if (r != NOT_TRACED) {
		assert_int_equal(r, -ETIMEDOUT);
		assert_true(mono_since(clock_mono(), began) < LONG_MS / 2);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* it is still there */
		end = open(path, O_WRONLY);
		assert_true(end >= 0);
		close(end);
		assert_true(waitpid(-1, NULL, 0) > 0);
	}
	unlink(path);
	rmdir(folder);
	if (r == NOT_TRACED)
		skip(); /* no process may trace another here */
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_and_its_exit_are_kept),
		cmocka_unit_test(who_says_too_much_is_cut_and_that_is_an_error),
		cmocka_unit_test(what_cannot_be_executed_ends_with_127),
		cmocka_unit_test(a_death_by_a_signal_is_no_exit),
		cmocka_unit_test(it_has_three_descriptors_and_none_of_its_parent_s),
		cmocka_unit_test(
		    descriptors_change_places_without_overwriting_each_other),
		cmocka_unit_test(its_signals_are_those_of_a_fresh_process),
		cmocka_unit_test(who_does_not_end_in_time_is_ended),
		cmocka_unit_test(one_that_cannot_be_ended_is_left_and_not_waited_for),
	};

	if (argc > 1)
		return be_started(argv);
	close_range(3, ~0U, 0); /* what ctest leaves open: a test counts from here */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
