#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

static char path[64], path_new[64];
static struct files_owner owner;
static struct err err;

static int
setup(void **state)
{
	if (tree_make(state) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/x.conf", tree);
	snprintf(path_new, sizeof(path_new), "%s/x.conf.new", tree);
	owner = (struct files_owner){ geteuid(), getegid(), 0600 };
	return 0;
}

static void
expect_text(const char *at, const char *expected)
{
	char *text;
	bool found;

	assert_int_equal(files_read(&text, &found, at, &err), 0);
	assert_true(found);
	assert_string_equal(text, expected);
	free(text);
}

static void
put(const char *text)
{
	struct files_new f;
	int lock = files_lock(tree, &err);

	assert_true(lock >= 0);
	assert_int_equal(files_prepare(&f, path, text, &owner, &err), 0);
	assert_int_equal(files_commit(&f, lock, &err), 0);
	close(lock);
}

static void
a_file_is_made_with_its_mode(void **state)
{
	struct stat st;

	(void)state;
	umask(0);
	put("one\n");
	expect_text(path, "one\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(path_new, F_OK), -1);
}

static void
a_file_that_stands_keeps_its_mode(void **state)
{
	struct stat st;

	(void)state;
	put("one\n");
	assert_int_equal(chmod(path, 0640), 0);
	put("two\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	expect_text(path, "two\n");
}

static void
what_is_dropped_leaves_the_old_and_no_trace(void **state)
{
	struct files_new f;

	(void)state;
	put("one\n");
	assert_int_equal(files_prepare(&f, path, "two\n", &owner, &err), 0);
	expect_text(path, "one\n");
	expect_text(path_new, "two\n");
	files_drop(&f);
	expect_text(path, "one\n");
	assert_int_equal(access(path_new, F_OK), -1);
}

static void
a_disk_without_room_leaves_the_old_and_no_trace(void **state)
{
	struct rlimit limit, least;
	struct files_new f;
	int r;

	(void)state;
	put("one\n");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	least = limit;
	least.rlim_cur = 2;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &least), 0);
	r = files_prepare(&f, path, "two\n", &owner, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(r, -EFBIG);
	assert_non_null(strstr(err.text, path));
	expect_text(path, "one\n");
	assert_int_equal(access(path_new, F_OK), -1);
}

static void
what_an_interrupted_one_left_is_in_nobodys_way(void **state)
{
	int fd;

	(void)state;
	fd = open(path_new, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
	put("one\n");
	expect_text(path, "one\n");
}

static void
a_link_stays_a_link(void **state)
{
	struct stat st;
	char to[64];

	(void)state;
	snprintf(to, sizeof(to), "%s/real.conf", tree);
	put("one\n");
	assert_int_equal(rename(path, to), 0);
	assert_int_equal(symlink(to, path), 0);
	put("two\n");
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	expect_text(to, "two\n");
}

static void
only_one_writes_at_a_time(void **state)
{
	int first, second;

	(void)state;
	first = files_lock(tree, &err);
	assert_true(first >= 0);
	assert_int_equal(files_lock(tree, &err), -EBUSY);
	close(first);
	second = files_lock(tree, &err);
	assert_true(second >= 0);
	close(second);
}

static void
a_folder_that_is_not_there_is_named(void **state)
{
	(void)state;
	assert_int_equal(files_lock("/nowhere/at/all", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

static void
no_file_is_an_empty_text(void **state)
{
	char *text;
	bool found;

	(void)state;
	assert_int_equal(files_read(&text, &found, path, &err), 0);
	assert_false(found);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(files_read(&text, &found, tree, &err), -EIO);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tree_remove)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_made_with_its_mode),
		TEST(a_file_that_stands_keeps_its_mode),
		TEST(what_is_dropped_leaves_the_old_and_no_trace),
		TEST(a_disk_without_room_leaves_the_old_and_no_trace),
		TEST(what_an_interrupted_one_left_is_in_nobodys_way),
		TEST(a_link_stays_a_link),
		TEST(only_one_writes_at_a_time),
		TEST(a_folder_that_is_not_there_is_named),
		TEST(no_file_is_an_empty_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
