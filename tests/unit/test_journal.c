#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "actuator/journal.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

static int
open_journal(void)
{
	return open(tree_path("/journal"), O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static void
what_was_taken_is_read_as_taken(void **state)
{
	int fd = open_journal();

	(void)state;
	assert_false(journal_has_gone(tree));
	assert_true(journal_write(fd, JOURNAL_GO_TAKEN));
	assert_true(journal_has_gone(tree));
	close(fd);
}

static void
what_was_aborted_is_not(void **state)
{
	int fd = open_journal();

	(void)state;
	assert_true(journal_write(fd, JOURNAL_ABORTED));
	assert_false(journal_has_gone(tree));
	close(fd);
}

/* A pipe takes the line and cannot sync it: whoever reads it has it all the same. */
static void
a_line_that_is_there_counts_though_it_could_not_be_synced(void **state)
{
	char got[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(journal_write(ends[1], JOURNAL_GO_TAKEN));
	assert_int_equal(read(ends[0], got, sizeof(got)), strlen(JOURNAL_GO_TAKEN "\n"));
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_false(journal_write(ends[1], JOURNAL_GO_TAKEN));
	close(ends[1]);
}

static void
nothing_but_that_one_line_is_taken(void **state)
{
	static const char *const others[] = { "", "go-taken", "go-tak",
		"go-taken\naborted\n", "go-taken\ngo-taken\n", "go-takenaborted\n",
		"aborted\ngo-taken\n", "go-taken\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(
		    folder_write(tree, "journal", others[i], strlen(others[i])), 0);
		assert_false(journal_has_gone(tree));
	}
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(what_was_taken_is_read_as_taken),
		IN_FOLDER(what_was_aborted_is_not),
		cmocka_unit_test(
		    a_line_that_is_there_counts_though_it_could_not_be_synced),
		IN_FOLDER(nothing_but_that_one_line_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
