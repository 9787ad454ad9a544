#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "cmocka_all.h"

enum { OPT_WITH = PROGRAM_OWN, OPT_WITHOUT };

static const struct option own[] = {
	{ "with", required_argument, NULL, OPT_WITH },
	{ "without", no_argument, NULL, OPT_WITHOUT },
	{ NULL, 0, NULL, 0 },
};

struct taken {
	const char *with;
	int without;
};

static void
take(void *to, int option, const char *value)
{
	struct taken *taken = to;

	if (option == OPT_WITH)
		taken->with = value;
	else
		taken->without++;
}

static bool
parse(struct program_args *args, struct taken *taken, const char *first, const char *next)
{
	const struct program program = { .own = own, .take = take, .to = taken };
	char *argv[] = { "program", (char *)(uintptr_t)first, (char *)(uintptr_t)next,
		NULL };

	*args = (struct program_args){ .conf = "/default" };
	*taken = (struct taken){ NULL, 0 };
	optind = 0; /* from the start again, as glibc has it */
	opterr = 0;
	return program_parse(args, &program, first ? next ? 3 : 2 : 1, argv);
}

static void
nothing_said_leaves_the_default_configuration(void **state)
{
	struct program_args args;
	struct taken taken;

	(void)state;
	assert_true(parse(&args, &taken, NULL, NULL));
	assert_string_equal(args.conf, "/default");
	assert_false(args.check || args.print || args.help || args.version || args.mdoc);
}

static void
options_of_all_and_of_its_own_are_told_apart(void **state)
{
	struct program_args args;
	struct taken taken;

	(void)state;
	assert_true(parse(&args, &taken, "-c", "/other"));
	assert_string_equal(args.conf, "/other");
	assert_true(parse(&args, &taken, "-n", "--print-config"));
	assert_true(args.check && args.print && !taken.with && !taken.without);
	assert_true(parse(&args, &taken, "--with", "this"));
	assert_string_equal(taken.with, "this");
	assert_true(parse(&args, &taken, "--without", NULL));
	assert_int_equal(taken.without, 1);
}

static void
what_is_not_known_is_a_misuse(void **state)
{
	static const char *const bad[][2] = { { "--nonsense", NULL }, { "-x", NULL },
		{ "word", NULL }, { "--with", NULL }, { "-c", NULL }, { "-n", "word" },
		{ "--without=this", NULL } };
	struct program_args args;
	struct taken taken;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(&args, &taken, bad[i][0], bad[i][1]));
}

static void
a_daemon_without_its_keys_is_not_to_be_started_again(void **state)
{
	(void)state;
	assert_int_equal(program_status(0), EXIT_SUCCESS);
	assert_int_equal(program_status(-EIO), EXIT_FAILURE);
	assert_int_equal(program_status(-ENOKEY), PROGRAM_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_leaves_the_default_configuration),
		cmocka_unit_test(options_of_all_and_of_its_own_are_told_apart),
		cmocka_unit_test(what_is_not_known_is_a_misuse),
		cmocka_unit_test(a_daemon_without_its_keys_is_not_to_be_started_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
