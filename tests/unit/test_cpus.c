#include <string.h>

#include "base/cpus.h"
#include "cmocka_all.h"

/* Read and written again: the shortest list, or why there is none. */
static const char *
again(const char *text)
{
	static char out[64];
	struct cpus set;

	if (!cpus_parse(&set, text))
		return "refused";
	return cpus_format(out, sizeof(out), &set) ? out : "too long";
}

static void
a_list_is_read_and_written_in_its_shortest_form(void **state)
{
	(void)state;
	assert_string_equal(again("0"), "0");
	assert_string_equal(again("0-3,8"), "0-3,8");
	assert_string_equal(again("8,3,2,1,0"), "0-3,8");
	assert_string_equal(again("5-5,64-127,4095"), "5,64-127,4095");
	assert_string_equal(again("0-4095"), "0-4095");
}

static void
anything_else_is_refused(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "1,", ",1", "-1", "1-", "3-2",
		"4096", "0-4096", "99999999999999999999", "all", "1;2", "1--2", "^1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(again(bad[i]), "refused");
}

static void
a_list_that_does_not_fit_is_none(void **state)
{
	struct cpus set = { { 0 } };
	char small[6];

	(void)state;
	assert_false(cpus_format(small, sizeof(small), &set));
	assert_true(cpus_parse(&set, "1-2,4"));
	assert_true(cpus_format(small, sizeof(small), &set));
	assert_true(cpus_parse(&set, "1-2,40"));
	assert_false(cpus_format(small, sizeof(small), &set));
	assert_string_equal(small, "");
	assert_string_equal(
	    again("0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46"),
	    "too long");
}

static void
sets_meet_where_one_processor_is_in_both(void **state)
{
	struct cpus a, b;

	(void)state;
	assert_true(cpus_parse(&a, "0-63,4095") && cpus_parse(&b, "64-4094"));
	assert_false(cpus_meet(&a, &b));
	assert_false(cpus_add(&b, -1) || cpus_add(&b, CPUS_MAX));
	assert_false(cpus_meet(&a, &b));
	assert_true(cpus_add(&b, 4095));
	assert_true(cpus_meet(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_and_written_in_its_shortest_form),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_list_that_does_not_fit_is_none),
		cmocka_unit_test(sets_meet_where_one_processor_is_in_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
