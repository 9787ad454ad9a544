#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "actuator/outlived.h"
#include "cmocka_all.h"

static char folder[64];
static pid_t child;

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/outlived.XXXXXX");
	child = 0;
	return mkdtemp(folder) ? 0 : -1;
}

static void
end_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
}

static int
teardown(void **state)
{
	char path[96];
	const char *const files[] = { OUTLIVED_STDERR, OUTLIVED_PID };

	(void)state;
	end_child();
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	return rmdir(folder);
}

/* A process that writes its errors where an xl would, marked or another's. */
static void
start_child(bool ours)
{
	char path[96], pid[16];
	int fd;

	snprintf(path, sizeof(path), "%s/" OUTLIVED_STDERR, folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (ours)
		outlived_mark(fd);
	child = fork();
	if (child == 0) {
		if (ours)
			dup2(fd, STDERR_FILENO);
		close(fd);
		for (;;)
			pause();
	}
	close(fd);
	snprintf(pid, sizeof(pid), "%d", (int)child);
	assert_int_equal(folder_write(folder, OUTLIVED_PID, pid, strlen(pid)), 0);
}

static void
where_no_xl_was_started_none_is_left(void **state)
{
	(void)state;
	assert_true(outlived_is_gone(folder));
	assert_false(outlived_kill(folder));
}

static void
what_has_its_errors_open_is_not_gone(void **state)
{
	(void)state;
	start_child(true);
	assert_false(outlived_is_gone(folder));
	assert_false(outlived_wait(folder, 1));
	end_child();
	assert_true(outlived_wait(folder, 1));
}

static void
a_hung_one_is_ended(void **state)
{
	int status;

	(void)state;
	start_child(true);
	while (!outlived_kill(folder)) /* until it has its own standard error */
		;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	child = 0;
	assert_true(outlived_is_gone(folder));
}

static void
a_number_that_is_another_process_s_now_is_left_alone(void **state)
{
	(void)state;
	start_child(false);
	assert_true(outlived_is_gone(folder));
	assert_false(outlived_kill(folder));
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(where_no_xl_was_started_none_is_left),
		IN_FOLDER(what_has_its_errors_open_is_not_gone),
		IN_FOLDER(a_hung_one_is_ended),
		IN_FOLDER(a_number_that_is_another_process_s_now_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
