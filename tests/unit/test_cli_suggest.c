#include "cli/suggest.h"
#include "tests/unit/cmocka_all.h"

static void
a_slip_of_the_finger_is_near(void **state)
{
	(void)state;
	assert_int_equal(suggest_distance("hosts", "hosts"), 0);
	assert_int_equal(suggest_distance("host", "hosts"), 1);
	assert_int_equal(suggest_distance("hotsts", "hosts"), 1);
	assert_int_equal(suggest_distance("hsots", "hosts"), 2);
	assert_int_equal(suggest_distance("", "why"), 3);
	assert_int_equal(suggest_distance("kitten", "sitting"), 3);
}

static void
a_word_of_any_length_can_be_asked_about(void **state)
{
	static const char longest[] = "0123456789012345678901234567890";
	static const char longer[] = "01234567890123456789012345678901";

	(void)state;
	assert_int_equal(suggest_distance(longest, "0"), 30);
	assert_true(suggest_distance(longer, "0") > 1000);
	assert_true(suggest_distance("0", longer) > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slip_of_the_finger_is_near),
		cmocka_unit_test(a_word_of_any_length_can_be_asked_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
