#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "actuator/outlived.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

static pid_t child;

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
	end_child();
	return tree_remove(state);
}

/* A process that writes its errors where an xl would, marked or another's. */
static void
start_child(bool ours)
{
	int fd =
	    open(tree_path("/" OUTLIVED_STDERR), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char pid[16];

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
	assert_int_equal(folder_write(tree, OUTLIVED_PID, pid, strlen(pid)), 0);
}

static void
where_no_xl_was_started_none_is_left(void **state)
{
	(void)state;
	assert_true(outlived_is_gone(tree));
	assert_false(outlived_kill(tree));
}

static void
what_has_its_errors_open_is_not_gone(void **state)
{
	(void)state;
	start_child(true);
	assert_false(outlived_is_gone(tree));
	assert_false(outlived_wait(tree, 1));
	end_child();
	assert_true(outlived_wait(tree, 1));
}

static void
a_hung_one_is_ended(void **state)
{
	int status;

	(void)state;
	start_child(true);
	while (!outlived_kill(tree)) /* until it has its own standard error */
		;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	child = 0;
	assert_true(outlived_is_gone(tree));
}

static void
a_number_that_is_another_process_s_now_is_left_alone(void **state)
{
	(void)state;
	start_child(false);
	assert_true(outlived_is_gone(tree));
	assert_false(outlived_kill(tree));
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, tree_make, teardown)

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
