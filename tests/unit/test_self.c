#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actuator/self.h"
#include "cmocka_all.h"

static const char *own;

static void
a_program_knows_its_path(void **state)
{
	char path[256], *real = realpath(own, NULL);
	struct err err;

	(void)state;
	assert_non_null(real);
	assert_int_equal(self_path(path, sizeof(path), &err), 0);
	assert_string_equal(path, real);
	assert_int_equal(self_path(path, 4, &err), -ENAMETOOLONG);
	free(real);
}

/* As after an upgrade: the file that runs is gone, and another may stand at its place. */
static void
one_that_was_replaced_says_its_place_alone(void **state)
{
	char copy[] = "/tmp/self.XXXXXX", command[512];
	int fd = mkstemp(copy), status;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command), "cp %s %s && chmod +x %s && %s replaced", own,
	    copy, copy, copy);
	status = system(command);
	assert_int_equal(status, 0);
	assert_int_not_equal(access(copy, F_OK), 0);
}

/* In the copy: take oneself away, and see what one is called. */
static int
be_replaced(const char *self)
{
	char path[256];
	struct err err;

	return unlink(self) == 0 && self_path(path, sizeof(path), &err) == 0 &&
		       strcmp(path, self) == 0
		   ? 0
		   : 1;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_knows_its_path),
		cmocka_unit_test(one_that_was_replaced_says_its_place_alone),
	};

	own = argv[0];
	if (argc > 1)
		return be_replaced(argv[0]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
