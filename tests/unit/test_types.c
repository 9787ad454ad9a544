#include <string.h>

#include "base/types.h"
#include "tests/unit/cmocka_all.h"

static void
every_word_parses_back_to_its_value(void **state)
{
	enum sensor_kind kind;
	enum guest_state gs;
	enum outcome outcome;
	enum mode mode;

	(void)state;
	for (int i = SENSOR_OTHER; i <= SENSOR_INTRUSION; i++) {
		assert_true(
		    sensor_kind_parse(&kind, sensor_kind_name((enum sensor_kind)i)));
		assert_int_equal(kind, i);
	}
	for (int i = GUEST_RUNNING; i <= GUEST_DYING; i++) {
		assert_true(
		    guest_state_parse(&gs, guest_state_name((enum guest_state)i)));
		assert_int_equal(gs, i);
	}
	for (int i = OUTCOME_NONE; i <= OUTCOME_UNDEFINED; i++) {
		assert_true(outcome_parse(&outcome, outcome_name((enum outcome)i)));
		assert_int_equal(outcome, i);
	}
	for (int i = MODE_OBSERVE; i <= MODE_ACT; i++) {
		assert_true(mode_parse(&mode, mode_name((enum mode)i)));
		assert_int_equal(mode, i);
	}
}

static void
a_value_out_of_range_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(health_name((enum health)99), "?");
	assert_string_equal(probe_state_name((enum probe_state)99), "?");
}

static void
an_unknown_word_is_refused_and_changes_nothing(void **state)
{
	enum mode mode = MODE_ACT;

	(void)state;
	assert_false(mode_parse(&mode, "panic"));
	assert_int_equal(mode, MODE_ACT);
}

static void
a_uuid_survives_the_round_trip(void **state)
{
	static const char text[] = "c0ffee00-1234-4abc-8def-0123456789ab";
	char back[UUID_TEXT_SIZE];
	struct uuid u;

	(void)state;
	assert_true(uuid_parse(&u, text));
	uuid_format(back, &u);
	assert_string_equal(back, text);
	assert_false(uuid_is_nil(&u));
}

static void
what_is_no_uuid_is_refused(void **state)
{
	static const char *const bad[] = { "", "c0ffee00",
		"c0ffee0012344abc8def0123456789ab", "c0ffee00-1234-4abc-8def-0123456789a",
		"c0ffee00-1234-4abc-8def-0123456789ab0",
		"g0ffee00-1234-4abc-8def-0123456789ab" };
	struct uuid u;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(uuid_parse(&u, bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_parses_back_to_its_value),
		cmocka_unit_test(a_value_out_of_range_is_a_question_mark),
		cmocka_unit_test(an_unknown_word_is_refused_and_changes_nothing),
		cmocka_unit_test(a_uuid_survives_the_round_trip),
		cmocka_unit_test(what_is_no_uuid_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
