#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/balloon.h"
#include "tests/unit/cmocka_all.h"

static char conf[] = "/tmp/test_balloon.XXXXXX";

static int
setup(void **state)
{
	int fd = mkstemp(conf);

	(void)state;
	return fd < 0 || close(fd) < 0;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(conf);
}

static bool
with(const char *xl_conf, const char *command_line)
{
	FILE *f = fopen(conf, "we");

	assert_non_null(f);
	assert_true(fputs(xl_conf, f) >= 0);
	assert_int_equal(fclose(f), 0);
	return balloon_is_on(conf, command_line);
}

static void
what_xl_conf_says_goes_before_the_command_line(void **state)
{
	static const char fixed[] = "console=com1 dom0_mem=512M,max:512M";

	(void)state;
	assert_true(with("autoballoon=1\n", fixed));
	assert_true(with("autoballoon = \"on\"\n", fixed));
	assert_false(with("autoballoon = 'off'\n", ""));
	assert_false(with("  autoballoon = 0 # never\n", NULL));
	assert_false(with("#autoballoon=\"on\"\nautoballoon=\"off\"\n", ""));
	assert_false(with("#autoballoon=\"on\"\n", fixed));
	assert_true(with("autoballoon=\"off\"\nautoballoon=\"on\"\n", fixed));
}

static void
auto_and_what_is_no_word_follow_the_command_line(void **state)
{
	static const char *const texts[] = { "", "autoballoon=\"auto\"\n",
		"autoballoon='auto'\n", "autoballoon=\n", "autoballoon=perhaps\n",
		"autoballooning=0\n", "no_autoballoon=0\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(with(texts[i], "console=com1"));
		assert_true(with(texts[i], NULL));
		assert_false(with(texts[i], "dom0_mem=512M"));
	}
	assert_true(balloon_is_on("/nonexistent/xl.conf", "console=com1"));
	assert_false(balloon_is_on("/nonexistent/xl.conf", "dom0_mem=512M"));
}

static void
a_command_line_fixes_dom0s_memory_as_xl_reads_it(void **state)
{
	static const char *const fixed[] = { "dom0_mem=512M", "a dom0_mem=max:4G b",
		"dom0_mem=512M,max:512M", "dom0_mem=min:1G,max:-2G", "dom0_mem=10%",
		"dom0_mem=1G+10%" };
	static const char *const open[] = { "", "dom0_mem=lots", "dom0_mem=", "dom0_mem",
		"xdom0_mem=512M", "dom0_memory=512M", "dom0_mem=512Q" };

	(void)state;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		assert_true(balloon_is_fixed(fixed[i]));
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		assert_false(balloon_is_fixed(open[i]));
}

static void
dom0_keeps_what_it_needs(void **state)
{
	(void)state;
	assert_int_equal(balloon_gives(0), 0);
	assert_int_equal(balloon_gives(512 * 1024), 0);
	assert_int_equal(balloon_gives(512 * 1024 + 1), 1);
	assert_int_equal(balloon_gives(4096 * 1024), 3584 * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_xl_conf_says_goes_before_the_command_line),
		cmocka_unit_test(auto_and_what_is_no_word_follow_the_command_line),
		cmocka_unit_test(a_command_line_fixes_dom0s_memory_as_xl_reads_it),
		cmocka_unit_test(dom0_keeps_what_it_needs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
