#include <stdio.h>
#include <string.h>

#include "actuator/info.h"
#include "cmocka_all.h"

/* As Xen 4.17 of Debian 12 has it. */
static const char text[] =
    "host                   : xen1\n"
    "release                : 6.1.0-49-amd64\n"
    "virt_caps              : pv hvm hvm_directio pv_directio hap gnttab-v1\n"
    "total_memory           : 1023\n"
    "free_memory            : 471\n"
    "xen_major              : 4\n"
    "xen_minor              : 17\n"
    "xen_extra              : .7\n"
    "xen_version            : 4.17.7\n"
    "xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_64 \n"
    "xen_commandline        : placeholder dom0_mem=512M,max:512M no-real-mode\n"
    "xend_config_format     : 4\n";

static struct info info;
static char value[64];

static const char *
value_of(const char *of, const char *key)
{
	memset(value, 'x', sizeof(value));
	info_value(value, sizeof(value), of, key);
	return value;
}

static void
what_a_real_xl_says_is_read(void **state)
{
	(void)state;
	assert_true(info_parse(&info, text));
	assert_int_equal(info.major, 4);
	assert_int_equal(info.minor, 17);
	assert_int_equal(info.free_kib, 471 * 1024);
	assert_true(info.hap);
	assert_string_equal(
	    info.capabilities, "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_64 ");
	assert_string_equal(
	    info.command_line, "placeholder dom0_mem=512M,max:512M no-real-mode");
}

static void
a_value_is_of_its_own_key_alone(void **state)
{
	(void)state;
	assert_string_equal(value_of(text, "host"), "xen1");
	assert_string_equal(value_of(text, "xen_m"), "");
	assert_string_equal(value_of(text, "caps"), "");
	assert_string_equal(value_of("a  : 1\na b: 2\n", "a b"), "2");
	assert_string_equal(value_of("ab : 1\n a : 2\n", "a"), "");
	assert_string_equal(value_of("a 1\na   : 2\n", "a"), "2");
	assert_string_equal(value_of("a:b : c\n", "a"), "b : c");
}

static void
a_value_may_be_empty_missing_cut_or_the_last(void **state)
{
	char line[256];

	(void)state;
	assert_string_equal(value_of("", "a"), "");
	assert_string_equal(value_of("\n\n", "a"), "");
	assert_string_equal(value_of("a", "a"), "");
	assert_string_equal(value_of("a   ", "a"), "");
	assert_string_equal(value_of("a :", "a"), "");
	assert_string_equal(value_of("a :\nb : 1\n", "a"), "");
	assert_string_equal(value_of("b : 1\na : 2", "a"), "2");
	assert_string_equal(value_of("a : 1\na : 2\n", "a"), "1");
	snprintf(line, sizeof(line), "a : %0200d", 7);
	assert_int_equal(strlen(value_of(line, "a")), sizeof(value) - 1);
}

static void
rubbish_has_no_version(void **state)
{
	static const char *const bad[] = { "", "xen_major", "xen_major : \n",
		"xen_major : four\n", "xen_minor : 17\n", "not xen_major : 4\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(info_parse(&info, bad[i]));
	assert_true(info_parse(&info, "xen_major : 4\n"));
	assert_int_equal(info.free_kib, 0);
	assert_false(info.hap);
	assert_string_equal(info.capabilities, "");
}

static void
a_word_is_not_a_part_of_another(void **state)
{
	(void)state;
	assert_true(info_has_word("pv hvm hap", "hap"));
	assert_true(info_has_word(" hap  ", "hap"));
	assert_false(info_has_word("pv hapless iommu_hap_pt_share", "hap"));
	assert_false(info_has_word("", "hap"));
	assert_false(info_has_word("ha", "hap"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_real_xl_says_is_read),
		cmocka_unit_test(a_value_is_of_its_own_key_alone),
		cmocka_unit_test(a_value_may_be_empty_missing_cut_or_the_last),
		cmocka_unit_test(rubbish_has_no_version),
		cmocka_unit_test(a_word_is_not_a_part_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
