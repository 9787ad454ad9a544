/*
 * The looks themselves; the program runs itself for each, as an actuator does.  Between
 * look and run it is linked with --wrap: the limit of what is to hang is a fiftieth here,
 * and a process may be one that no signal ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/look.h"
#include "base/err.h"
#include "cmocka_all.h"

enum { LIMIT_MS = 10000, FASTER = 50, BLOCK = 4096 };

static bool hangs; /* the limit will be reached */
static bool unkillable;
static pid_t left; /* alive though it was to be killed */

/* The linker's names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err);
int __wrap_run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err);
int __real_kill(pid_t pid, int sig);
int __wrap_kill(pid_t pid, int sig);

int
__wrap_run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err)
{
	assert_int_equal(limit_ms, LIMIT_MS);
	return __real_run_output(
	    argv, out, size, hangs ? limit_ms / FASTER : limit_ms, err);
}

int
__wrap_kill(pid_t pid, int sig)
{
	if (!unkillable)
		return __real_kill(pid, sig);
	left = pid;
	return 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void
a_plain_file_is_told_from_a_folder_and_from_nothing(void **state)
{
	char path[300];

	(void)state;
	assert_int_equal(look_file("/etc/passwd"), 0);
	assert_int_equal(look_file("/etc"), -EISDIR);
	assert_int_equal(look_file("/no/such/file"), -ENOENT);
	assert_int_equal(look_file("/proc/1/environ"), -EACCES); /* not for all */
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

/* A file of so many bytes for a disk, by the only name that the child knows it by too. */
static int
look_at_bytes(size_t size)
{
	char file[] = "test_look.XXXXXX", name[64];
	int fd = mkostemp(file, O_DIRECT), r;

	if (fd < 0 && errno == EINVAL)
		skip(); /* a file system without direct reads */
	assert_true(fd >= 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	snprintf(name, sizeof(name), "../proc/%d/fd/%d", (int)getpid(), fd);
	r = look_disk(name);
	close(fd);
	return r;
}

static void
a_block_that_is_there_is_read_and_less_is_not_enough(void **state)
{
	(void)state;
	assert_int_equal(look_at_bytes(BLOCK), 0);
	assert_int_equal(look_at_bytes((size_t)64 * BLOCK), 0);
	assert_int_equal(look_at_bytes(BLOCK - 1), -EIO);
	assert_int_equal(look_at_bytes(0), -EIO);
}

static void
what_is_no_disk_cannot_be_read(void **state)
{
	(void)state;
	assert_int_equal(look_disk("../tmp"), -EIO);
	assert_int_equal(look_disk("null"), -EIO);
}

/* Nobody ever writes to it: whoever opens it waits. */
static int
look_at_what_hangs(void)
{
	char folder[] = "/tmp/test_look.XXXXXX", path[40], name[48];
	int r;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/disk", folder);
	snprintf(name, sizeof(name), "..%s", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	hangs = true;
	r = look_disk(name);
	hangs = false;
	assert_int_equal(look_file(path), -EISDIR); /* what is only looked at does not */
	unlink(path);
	rmdir(folder);
	return r;
}

static void
a_read_that_hangs_ends_at_its_limit(void **state)
{
	(void)state;
	assert_int_equal(look_at_what_hangs(), -ETIMEDOUT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left of it */
}

/* As one that waits for a disk in the kernel. */
static void
a_read_that_no_signal_ends_is_left_behind(void **state)
{
	(void)state;
	unkillable = true;
	assert_int_equal(look_at_what_hangs(), -ETIMEDOUT);
	unkillable = false;
	assert_true(left > 0);
	assert_int_equal(__real_kill(left, SIGKILL), 0);
	assert_int_equal(waitpid(left, NULL, 0), left);
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
		cmocka_unit_test(a_block_that_is_there_is_read_and_less_is_not_enough),
		cmocka_unit_test(what_is_no_disk_cannot_be_read),
		cmocka_unit_test(a_read_that_hangs_ends_at_its_limit),
		cmocka_unit_test(a_read_that_no_signal_ends_is_left_behind),
		cmocka_unit_test(features_are_unknown_without_xen),
		cmocka_unit_test(a_line_of_features_is_read_whole_or_not_at_all),
	};

	if (argc > 1 && strncmp(argv[1], role, strlen(role)) == 0)
		return look_run(argv[1] + strlen(role));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
