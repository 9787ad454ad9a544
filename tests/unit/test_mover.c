#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/mover.h"
#include "base/log.h"
#include "cmocka_all.h"

enum { LONG_MS = 20000 };

static struct {
	struct mover m;
	Lifeboat__Guest guest;
	Lifeboat__OrderId id;
	Lifeboat__Order order;
} t;

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.m.folder, "/tmp/test-mover-XXXXXX");
	lifeboat__guest__init(&t.guest);
	t.guest.name = (char *)(uintptr_t) "web";
	lifeboat__order_id__init(&t.id);
	lifeboat__order__init(&t.order);
	t.order.guest = &t.guest;
	t.order.id = &t.id;
	t.m.order = &t.order;
	return mkdtemp(t.m.folder) ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[FOLDER_SIZE + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", t.m.folder);
	return system(command);
}

static void
the_last_words_of_a_talkative_xl_are_found(void **state)
{
	static char much[64 * 1024];
	char words[256];
	size_t len = 0;

	(void)state;
	mover_last_words(&t.m, words, sizeof(words));
	assert_string_equal(words, "");
	while (len < sizeof(much) - 100)
		len += (size_t)sprintf(much + len, "libxl: debug: nothing of interest\n");
	len += (size_t)sprintf(much + len, "failed to suspend at sender.\n\n");
	assert_int_equal(folder_write(t.m.folder, "xl.err", much, len), 0);
	mover_last_words(&t.m, words, sizeof(words));
	assert_string_equal(words, "failed to suspend at sender.");
}

/* Once the folder says how it ended, it may be removed at any time. */
static void
what_xl_said_is_in_the_log_before_the_end_is_in_the_folder(void **state)
{
	char path[FOLDER_SIZE + 8], said[4096] = "";
	int log[2], status, n = 0;
	pid_t child;

	(void)state;
	assert_int_equal(folder_write(t.m.folder, "xl.err", "one\ntwo\n", 8), 0);
	snprintf(path, sizeof(path), "%s/.state", t.m.folder);
	assert_int_equal(mkdir(path, 0700), 0); /* the state cannot be written yet */
	assert_int_equal(pipe(log), 0);
	child = fork();
	if (child == 0) {
		alarm(2 * LONG_MS / 1000);
		dup2(log[1], STDERR_FILENO);
		mover_end(&t.m, OUTCOME_STAYED);
		_exit(0);
	}
	close(log[1]);
	while (
	    !strstr(said, "line=two") &&
	    poll(&(struct pollfd){ .fd = log[0], .events = POLLIN }, 1, LONG_MS) == 1) {
		ssize_t got = read(log[0], said + n, sizeof(said) - 1 - (size_t)n);

		if (got <= 0)
			break;
		n += (int)got;
	}
	assert_non_null(strstr(said, "xl-said guest=web line=one"));
	assert_non_null(strstr(said, "xl-said guest=web line=two"));
	assert_false(folder_has(t.m.folder, "state"));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(folder_has(t.m.folder, "state"));
	close(log[0]);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_last_words_of_a_talkative_xl_are_found),
		FRESH(what_xl_said_is_in_the_log_before_the_end_is_in_the_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
