#include <stdlib.h>
#include <string.h>

#include "cli/screen.h"
#include "tests/unit/cmocka_all.h"

static void
check(const char *text, const char *expected)
{
	char *safe = screen_escape(text);

	assert_string_equal(safe, expected);
	free(safe);
}

static void
what_can_be_read_stays_as_it_is(void **state)
{
	(void)state;
	check("", "");
	check("web 1, \"two\" \\ =", "web 1, \"two\" \\ =");
	check("K\xc3\xa4se \xe6\x97\xa5 \xf0\x9f\x9a\xa2",
	    "K\xc3\xa4se \xe6\x97\xa5 \xf0\x9f\x9a\xa2");
}

static void
control_characters_are_escaped(void **state)
{
	(void)state;
	check("a\x1b[31m\n\t\r\x7f", "a\\x1b[31m\\x0a\\x09\\x0d\\x7f");
	check("\xc2\x9b"
	      "31m",
	    "\\xc2\\x9b31m"); /* CSI as one character */
}

static void
what_hides_or_turns_text_around_is_escaped(void **state)
{
	(void)state;
	check("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* right-to-left override */
	check("\xe2\x80\x8b", "\\xe2\\x80\\x8b"); /* zero width space */
	check("\xef\xbb\xbf", "\\xef\\xbb\\xbf");
}

static void
what_is_no_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	check("\xff", "\\xff");
	check("\xc3", "\\xc3");
	check("\xc3(", "\\xc3(");
	check("\xc0\x9b", "\\xc0\\x9b");                   /* over-long */
	check("\xe0\x80\x9b", "\\xe0\\x80\\x9b");          /* over-long */
	check("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
	check("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond Unicode */
}

static void
columns_are_characters(void **state)
{
	(void)state;
	assert_int_equal(screen_columns("abc"), 3);
	assert_int_equal(screen_columns("K\xc3\xa4se"), 4);
	assert_int_equal(screen_columns(""), 0);
}

static void
color_is_only_where_it_is_wanted(void **state)
{
	struct screen s = { .color = false };

	(void)state;
	assert_string_equal(screen_tint(&s, TINT_BAD), "");
	assert_string_equal(screen_untint(&s, TINT_BAD), "");
	s.color = true;
	assert_string_equal(screen_tint(&s, TINT_BAD), "\x1b[1;31m");
	assert_string_equal(screen_untint(&s, TINT_BAD), "\x1b[0m");
	assert_string_equal(screen_untint(&s, TINT_NONE), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_read_stays_as_it_is),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(what_hides_or_turns_text_around_is_escaped),
		cmocka_unit_test(what_is_no_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(columns_are_characters),
		cmocka_unit_test(color_is_only_where_it_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
