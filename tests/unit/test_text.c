#include <string.h>

#include "base/text.h"
#include "tests/unit/cmocka_all.h"

static void
numbers_are_read_exactly(void **state)
{
	int64_t n;

	(void)state;
	assert_true(text_parse_milli(&n, "76.2"));
	assert_int_equal(n, 76200);
	assert_true(text_parse_milli(&n, "-3.25"));
	assert_int_equal(n, -3250);
	assert_true(text_parse_milli(&n, "1500"));
	assert_int_equal(n, 1500000);
}

static void
what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = { "", "-", ".", "1.", ".5", "1.2345", "1e3",
		"0x10", " 1", "1 ", "nan", "99999999999999999999", "1..2", "+1" };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_parse_milli(&n, bad[i]));
}

static void
a_quantity_needs_its_own_unit(void **state)
{
	int64_t n;

	(void)state;
	assert_true(text_parse_quantity(&n, SENSOR_TEMP, "75C"));
	assert_int_equal(n, 75000);
	assert_true(text_parse_quantity(&n, SENSOR_FAN, "900RPM"));
	assert_false(text_parse_quantity(&n, SENSOR_TEMP, "75"));
	assert_false(text_parse_quantity(&n, SENSOR_TEMP, "75V"));
}

static void
durations_memory_and_percent_need_units(void **state)
{
	int64_t n;
	uint64_t kib;

	(void)state;
	assert_true(text_parse_duration(&n, "30s"));
	assert_int_equal(n, 30000);
	assert_true(text_parse_duration(&n, "24h"));
	assert_int_equal(n, 86400000);
	assert_false(text_parse_duration(&n, "30"));
	assert_false(text_parse_duration(&n, "-1s"));
	assert_false(text_parse_duration(&n, "9223372036854775807h"));
	assert_true(text_parse_memory(&kib, "2GiB"));
	assert_int_equal(kib, 2097152);
	assert_false(text_parse_memory(&kib, "2GB"));
	assert_true(text_parse_percent(&n, "80%"));
	assert_false(text_parse_percent(&n, "101%"));
}

static void
what_is_written_parses_back(void **state)
{
	static const int64_t values[] = { 0, 1, -1, 999, 1000, -76200, 123456789 };
	char buf[64];
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_true(
		    text_parse_milli(&n, text_milli(buf, sizeof(buf), values[i])));
		assert_int_equal(n, values[i]);
	}
	assert_string_equal(text_duration(buf, sizeof(buf), 90000), "90s");
	assert_string_equal(text_duration(buf, sizeof(buf), 0), "0s");
	assert_string_equal(text_duration(buf, sizeof(buf), 1500), "1500ms");
	assert_string_equal(text_memory(buf, sizeof(buf), 3145728), "3GiB");
	assert_string_equal(text_quantity(buf, sizeof(buf), SENSOR_TEMP, 76200), "76.2C");
}

static void
a_hostile_name_becomes_one_printable_word(void **state)
{
	char buf[64], back[64];

	(void)state;
	text_escape(buf, sizeof(buf), "a b\x1b[31m\n\"=\\");
	assert_string_equal(buf, "a\\x20b\\x1b[31m\\x0a\\x22\\x3d\\x5c");
	assert_true(text_unescape(back, sizeof(back), buf));
	assert_string_equal(back, "a b\x1b[31m\n\"=\\");
}

static void
a_long_name_is_cut_inside_its_buffer(void **state)
{
	char name[1001], buf[32];

	(void)state;
	memset(name, '\x1b', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	text_escape(buf, sizeof(buf), name);
	assert_true(strlen(buf) < sizeof(buf));
	assert_non_null(strstr(buf, "..."));
}

static void
malformed_escapes_are_refused(void **state)
{
	static const char *const bad[] = { "\\", "\\x", "\\x1", "\\y20", "\\x00", "\\xzz",
		"\\x+1" };
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_unescape(buf, sizeof(buf), bad[i]));
	assert_false(text_unescape(buf, 4, "abcd"));
}

static void
utf8_is_told_from_what_only_looks_like_it(void **state)
{
	(void)state;
	assert_true(text_is_utf8("gr\xc3\xbc\xc3\x9f", 6));
	assert_false(text_is_utf8("\xc0\xaf", 2));         /* overlong */
	assert_false(text_is_utf8("\xed\xa0\x80", 3));     /* surrogate */
	assert_false(text_is_utf8("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
	assert_false(text_is_utf8("\xc3", 1));
	assert_false(text_is_utf8("a\0b", 3));
}

static void
a_text_has_the_same_id_everywhere_and_none_is_zero(void **state)
{
	(void)state;
	/* b2sum --length=256, its first bytes from the last one on */
	assert_true(text_id("lun1").v == UINT64_C(0x589e5bc018d0f815));
	assert_true(text_id("lun1").v != text_id("lun2").v);
	assert_true(text_id("").v == 0);
	assert_true(text_id("lun1").v != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_exactly),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(a_quantity_needs_its_own_unit),
		cmocka_unit_test(durations_memory_and_percent_need_units),
		cmocka_unit_test(what_is_written_parses_back),
		cmocka_unit_test(a_hostile_name_becomes_one_printable_word),
		cmocka_unit_test(a_long_name_is_cut_inside_its_buffer),
		cmocka_unit_test(malformed_escapes_are_refused),
		cmocka_unit_test(utf8_is_told_from_what_only_looks_like_it),
		cmocka_unit_test(a_text_has_the_same_id_everywhere_and_none_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
