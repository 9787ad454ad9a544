#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"
#include "tests/unit/cmocka_all.h"

static const char shipped[] = "# What it is.\n"
			      "\n"
			      "[host]\n"
			      "# The key.\n"
			      "#key = /etc/lifeboat/host.key\n"
			      "\n"
			      "[engine]\n"
			      "public-key = AAAA=\n"
			      "report: tcp://a:1 ; a remark\n"
			      "\n"
			      "# About moving.\n"
			      "[arrival]\n"
			      "address = 192.0.2.11";

static void
expect_set(const char *text, const char *section, const char *key, const char *expected)
{
	struct edit e;
	char *got;

	assert_int_equal(edit_init(&e, text), 0);
	assert_int_equal(edit_set(&e, section, key, "new"), 0);
	got = edit_text(&e);
	assert_string_equal(got, expected);
	free(got);
	edit_deinit(&e);
}

static void
what_is_not_set_stays_as_it_is(void **state)
{
	struct edit e;
	char *got, expected[sizeof(shipped) + 1];

	(void)state;
	assert_int_equal(edit_init(&e, shipped), 0);
	got = edit_text(&e);
	snprintf(expected, sizeof(expected), "%s\n", shipped);
	assert_string_equal(got, expected);
	free(got);
	edit_deinit(&e);
}

static void
a_value_is_found_in_its_section_alone(void **state)
{
	struct edit e;
	char value[EDIT_VALUE];

	(void)state;
	assert_int_equal(edit_init(&e, shipped), 0);
	assert_int_equal(edit_get(&e, "engine", "public-key", value), 8);
	assert_string_equal(value, "AAAA=");
	assert_int_equal(edit_get(&e, "engine", "report", value), 9);
	assert_string_equal(value, "tcp://a:1");
	assert_int_equal(edit_get(&e, "host", "public-key", value), 0);
	assert_string_equal(value, "");
	assert_int_equal(edit_get(&e, "host", "key", value), 0);
	assert_int_equal(edit_get(&e, "engine", "public", value), 0);
	edit_deinit(&e);
}

static void
a_remark_is_no_part_of_a_value(void **state)
{
	static const struct {
		const char *text, *value;
	} rows[] = {
		{ "[a]\nx = 1 ; one\n", "1" },
		{ "[a]\nx = 1\t; one\n", "1" },
		{ "[a]\nx = 1;2 ;3\n", "1;2" },
		{ "[a]\nx = ; none\n", "" },
		{ "[a]\nx =;1\n", ";1" },
		{ "[a]\nx = \n", "" },
	};
	struct edit e;
	char value[EDIT_VALUE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(edit_init(&e, rows[i].text), 0);
		assert_int_equal(edit_get(&e, "a", "x", value), 2);
		assert_string_equal(value, rows[i].value);
		edit_deinit(&e);
	}
}

static void
a_value_is_replaced_where_it_stands(void **state)
{
	(void)state;
	expect_set("[a]\nx = 1\ny = 2\n[b]\nx = 3\n", "b", "x",
	    "[a]\nx = 1\ny = 2\n[b]\nx = new\n");
	expect_set("[a]\nx=1\nxx = 2\n", "a", "x", "[a]\nx = new\nxx = 2\n");
}

static void
a_default_that_is_shown_gets_the_value_below_it(void **state)
{
	(void)state;
	expect_set("[a]\n# What x is.\n#x = 1\n\n[b]\n#x = 2\n", "a", "x",
	    "[a]\n# What x is.\n#x = 1\nx = new\n\n[b]\n#x = 2\n");
}

static void
a_comment_before_a_section_is_left_with_it(void **state)
{
	(void)state;
	expect_set("[a]\ny = 1\n\n# About b.\n[b]\n", "a", "x",
	    "[a]\ny = 1\nx = new\n\n# About b.\n[b]\n");
	expect_set("[a]\n", "a", "x", "[a]\nx = new\n");
}

static void
a_section_that_is_missing_is_made_at_the_end(void **state)
{
	(void)state;
	expect_set("[a]\ny = 1\n", "host n1", "x", "[a]\ny = 1\n\n[host n1]\nx = new\n");
	expect_set("", "a", "x", "[a]\nx = new\n");
}

static void
a_heading_in_a_comment_is_none(void **state)
{
	(void)state;
	expect_set("#[host n1]\n#x = 1\n", "host n1", "x",
	    "#[host n1]\n#x = 1\n\n[host n1]\nx = new\n");
}

static void
sections_are_told_one_after_another(void **state)
{
	struct edit e;
	char section[EDIT_SECTION];
	size_t at = 0;

	(void)state;
	assert_int_equal(edit_init(&e, shipped), 0);
	assert_true(edit_section(&e, &at, section));
	assert_string_equal(section, "host");
	assert_true(edit_section(&e, &at, section));
	assert_true(edit_section(&e, &at, section));
	assert_string_equal(section, "arrival");
	assert_false(edit_section(&e, &at, section));
	edit_deinit(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_set_stays_as_it_is),
		cmocka_unit_test(a_value_is_found_in_its_section_alone),
		cmocka_unit_test(a_remark_is_no_part_of_a_value),
		cmocka_unit_test(a_value_is_replaced_where_it_stands),
		cmocka_unit_test(a_default_that_is_shown_gets_the_value_below_it),
		cmocka_unit_test(a_comment_before_a_section_is_left_with_it),
		cmocka_unit_test(a_section_that_is_missing_is_made_at_the_end),
		cmocka_unit_test(a_heading_in_a_comment_is_none),
		cmocka_unit_test(sections_are_told_one_after_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
