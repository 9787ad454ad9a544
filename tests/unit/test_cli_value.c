#include <stdlib.h>
#include <string.h>

#include "cli/value.h"
#include "tests/unit/cmocka_all.h"

static json_t *
parse(const char *text)
{
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	return o;
}

static void
ages_have_at_most_two_units(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} ages[] = { { -5, "0.0 s" }, { 0, "0.0 s" }, { 499, "0.4 s" }, { 9999, "9.9 s" },
		{ 10000, "10 s" }, { 59999, "59 s" }, { 60000, "1 min" },
		{ 61000, "1 min 1 s" }, { 3600000, "1 h" }, { 11400000, "3 h 10 min" },
		{ 86400000, "1 d" }, { 90000000, "1 d 1 h" },
		{ INT64_MAX, "106751991167 d 7 h" } };
	char buf[VALUE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
		assert_string_equal(value_age(buf, ages[i].ms), ages[i].text);
}

static void
memory_is_in_gib_rounded_down(void **state)
{
	char buf[VALUE_SIZE];

	(void)state;
	assert_string_equal(value_gib(buf, 2097152), "2.00 GiB");
	assert_string_equal(value_gib(buf, 2097151), "1.99 GiB");
	assert_string_equal(value_gib(buf, 524288), "0.50 GiB");
	assert_string_equal(value_gib(buf, -1), "0.00 GiB");
}

static void
percent_are_rounded(void **state)
{
	char buf[VALUE_SIZE];

	(void)state;
	assert_string_equal(value_percent(buf, 344), "34%");
	assert_string_equal(value_percent(buf, 345), "35%");
	assert_string_equal(value_percent(buf, -3), "0%");
}

static void
one_is_no_plural(void **state)
{
	char buf[VALUE_SIZE];

	(void)state;
	assert_string_equal(value_plural(buf, 1, "host"), "1 host");
	assert_string_equal(value_plural(buf, 0, "host"), "0 hosts");
}

static void
null_none_and_other_types_read_as_missing(void **state)
{
	json_t *o =
	    parse("{\"a\": null, \"b\": \"none\", \"c\": \"\", \"d\": 3, \"e\": \"x\"}");
	char buf[VALUE_SIZE];
	int64_t n;

	(void)state;
	assert_null(value_text(o, "a"));
	assert_null(value_text(o, "b"));
	assert_null(value_text(o, "c"));
	assert_null(value_text(o, "d"));
	assert_null(value_text(o, "z"));
	assert_string_equal(value_text(o, "e"), "x");
	assert_string_equal(value_name(o, "a"), "?");
	assert_false(value_int(o, "e", &n));
	assert_int_equal(n, 0);
	assert_int_equal(value_count(o, "d"), 3);
	assert_string_equal(value_age_of(buf, o, "a"), "");
	assert_string_equal(value_quantity(buf, o, "a", "C"), "");
	assert_string_equal(value_quantity(buf, NULL, "a", "C"), "");
	json_decref(o);
}

static void
quantities_are_exact_and_have_their_unit(void **state)
{
	json_t *o = parse("{\"t\": 91512, \"v\": -3300, \"f\": 900000}");
	char buf[VALUE_SIZE];

	(void)state;
	assert_string_equal(value_quantity(buf, o, "t", "C"), "91.512C");
	assert_string_equal(value_quantity(buf, o, "v", "V"), "-3.3V");
	assert_string_equal(value_quantity(buf, o, "f", "RPM"), "900RPM");
	assert_string_equal(value_quantity(buf, o, "f", NULL), "900");
	assert_true(strlen(value_quantity(
			buf, o, "f", "a very long unit indeed, and more")) < VALUE_SIZE);
	json_decref(o);
}

static void
check_reason(const char *host, const char *expected)
{
	json_t *o = parse(host);
	char *reason = value_reason(o);

	assert_string_equal(reason, expected);
	free(reason);
	json_decref(o);
}

static void
a_reason_has_its_numbers(void **state)
{
	(void)state;
	check_reason(
	    "{\"why\": \"critical\", \"sensor\": \"s\", \"unit\": \"C\", \"seen\": 91500,"
	    " \"limit\": 90000}",
	    "s was 91.5C, at or above its critical limit 90C");
	check_reason(
	    "{\"why\": \"hot\", \"sensor\": \"s\", \"unit\": \"V\", \"seen\": 2900,"
	    " \"limit\": 3000}",
	    "s was 2.9V, at or below its limit 3V");
	check_reason(
	    "{\"why\": \"alarm\", \"sensor\": \"s\", \"unit\": \"C\", \"seen\": 80000,"
	    " \"limit\": 75000, \"sentence\": \"The chip itself gives an alarm.\"}",
	    "The chip itself gives an alarm (s was 80C, limit 75C)");
	check_reason("{\"why\": \"sensor-lost\", \"sensor\": \"s\", \"seen\": null,"
		     " \"sentence\": \"Gone.\"}",
	    "Gone (s)");
	check_reason(
	    "{\"why\": \"silence\", \"sensor\": null, \"sentence\": \"No report.\"}",
	    "No report");
	check_reason("{\"why\": \"silence\"}", "silence");
	check_reason("{}", "no reason is known");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ages_have_at_most_two_units),
		cmocka_unit_test(memory_is_in_gib_rounded_down),
		cmocka_unit_test(percent_are_rounded),
		cmocka_unit_test(one_is_no_plural),
		cmocka_unit_test(null_none_and_other_types_read_as_missing),
		cmocka_unit_test(quantities_are_exact_and_have_their_unit),
		cmocka_unit_test(a_reason_has_its_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
