/* The looks themselves; the program runs itself for each, as an actuator does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actuator/look.h"
#include "cmocka_all.h"

static void
a_plain_file_is_told_from_a_folder_and_from_nothing(void **state)
{
	char path[300];

	(void)state;
	assert_int_equal(look_file("/etc/passwd"), 0);
	assert_int_equal(look_file("/etc"), -EISDIR);
	assert_int_equal(look_file("/no/such/file"), -ENOENT);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(look_file(path), -ENAMETOOLONG);
}

static void
a_folder_has_room_or_says_why_not(void **state)
{
	char folder[] = "/tmp/test_look.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(look_room(folder, 64), 0);
	assert_true(look_room(folder, INT64_MAX / 2048) < 0);
	assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
	assert_int_equal(look_room(folder, 64), -ENOENT);
}

static void
a_disk_that_is_not_there_cannot_be_read(void **state)
{
	(void)state;
	assert_int_equal(look_disk("no-such-disk"), -EIO);
}

static void
features_are_unknown_without_xen(void **state)
{
	uint32_t words[MAX_FEATURES];

	(void)state;
	assert_int_equal(look_features(words, GUEST_PVH, 99), 0);
}

static void
a_line_of_features_is_read_whole_or_not_at_all(void **state)
{
	static const char *const bad[] = { "", "\n", "17", "17 x\n", "17x\n", "17,18\n",
		"1ffffffff\n" };
	uint32_t words[MAX_FEATURES];
	const size_t end = (size_t)MAX_FEATURES * 2 - 1;
	char line[MAX_FEATURES * 2 + 3] = "";

	(void)state;
	assert_int_equal(look_parse_features(words, "178bfbff f6f83203\n"), 2);
	assert_int_equal(words[0], 0x178bfbff);
	assert_int_equal(words[1], 0xf6f83203);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(look_parse_features(words, bad[i]), 0);
	for (size_t i = 0; i < MAX_FEATURES; i++)
		memcpy(line + 2 * i, "1 ", 3);
	memcpy(line + end, "\n", 2);
	assert_int_equal(look_parse_features(words, line), MAX_FEATURES);
	memcpy(line + end, " 1\n", 4);
	assert_int_equal(look_parse_features(words, line), 0);
}

int
main(int argc, char **argv)
{
	static const char role[] = "--role=look:";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_file_is_told_from_a_folder_and_from_nothing),
		cmocka_unit_test(a_folder_has_room_or_says_why_not),
		cmocka_unit_test(a_disk_that_is_not_there_cannot_be_read),
		cmocka_unit_test(features_are_unknown_without_xen),
		cmocka_unit_test(a_line_of_features_is_read_whole_or_not_at_all),
	};

	if (argc > 1 && strncmp(argv[1], role, strlen(role)) == 0)
		return look_run(argv[1] + strlen(role));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
