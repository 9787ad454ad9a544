#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "cmocka_all.h"

#define ENGINE "e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9e9"

static struct {
	char run[64];
	struct uuid boot;
	uint8_t engine[16], uuid[16];
	Lifeboat__OrderId id;
	Lifeboat__Guest guest;
	Lifeboat__Order order;
	struct err err;
} t;

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.run, "/tmp/test-folder-XXXXXX");
	if (!mkdtemp(t.run))
		return -1;
	memset(t.boot.b, 1, sizeof(t.boot.b));
	memset(t.engine, 0xe9, sizeof(t.engine));
	lifeboat__order_id__init(&t.id);
	t.id.engine = (ProtobufCBinaryData){ sizeof(t.engine), t.engine };
	t.id.term = 3;
	lifeboat__guest__init(&t.guest);
	t.guest.uuid = (ProtobufCBinaryData){ sizeof(t.uuid), t.uuid };
	t.guest.name = (char *)(uintptr_t) "web";
	lifeboat__order__init(&t.order);
	t.order.id = &t.id;
	t.order.guest = &t.guest;
	t.order.host = (char *)(uintptr_t) "n2";
	return folder_start(t.run, &t.boot, &t.err);
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", t.run);
	return system(command);
}

static bool
exists(const char *name)
{
	return folder_has(t.run, name);
}

static int
make(uint32_t number)
{
	t.id.number = number;
	return folder_make(t.run, &t.order, "conf", 5, &t.err);
}

static void
a_name_tells_term_number_and_engine(void **state)
{
	char name[FOLDER_NAME];

	(void)state;
	t.id.term = 12;
	t.id.number = 3;
	folder_name(name, &t.id);
	assert_string_equal(name, "12.3-" ENGINE);
	t.id.term = UINT64_MAX;
	t.id.number = UINT32_MAX;
	folder_name(name, &t.id);
	assert_string_equal(name, "18446744073709551615.4294967295-" ENGINE);
}

static void
a_file_is_read_as_it_was_written(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(folder_write(t.run, "state", "12345678", 8), 0);
	assert_int_equal(folder_read(t.run, "state", buf, 8), 8);
	assert_memory_equal(buf, "12345678", 8);
	assert_int_equal(folder_read(t.run, "state", buf, 7), -E2BIG);
	assert_int_equal(folder_write(t.run, "state", "", 0), 0);
	assert_int_equal(folder_read(t.run, "state", buf, 8), 0);
	assert_int_equal(folder_read(t.run, "nothing", buf, 8), -ENOENT);
	assert_int_equal(folder_read(t.run, ".", buf, 8), -EIO);
}

static void
the_end_of_a_file_is_read_however_long_it_is(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(folder_write(t.run, "xl.err", "12345678", 8), 0);
	assert_int_equal(folder_read_end(t.run, "xl.err", buf, 4), 4);
	assert_memory_equal(buf, "5678", 4);
	assert_int_equal(folder_write(t.run, "xl.err", "123", 3), 0);
	assert_int_equal(folder_read_end(t.run, "xl.err", buf, 4), 3);
	assert_memory_equal(buf, "123", 3);
	assert_int_equal(folder_read_end(t.run, "nothing", buf, 4), -ENOENT);
}

static void
a_file_is_replaced_as_a_whole_or_not_at_all(void **state)
{
	char buf[8];
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(folder_write(t.run, "state", "old", 3), 0);
	child = fork();
	if (child == 0) {
		struct rlimit small = { 4096, 4096 };
		static char much[8192];

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(folder_write(t.run, "state", much, sizeof(much)) == -EFBIG ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(folder_read(t.run, "state", buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "old", 3);
	assert_false(exists(".state"));
}

static void
a_link_in_the_place_of_a_file_is_not_followed(void **state)
{
	char path[128], buf[8];

	(void)state;
	snprintf(path, sizeof(path), "%s/state", t.run);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(folder_read(t.run, "state", buf, sizeof(buf)), -ELOOP);
	assert_int_equal(folder_write(t.run, "state", "new", 3), 0);
	assert_int_equal(folder_read(t.run, "state", buf, sizeof(buf)), 3);
	snprintf(path, sizeof(path), "%s/.other", t.run);
	assert_int_equal(symlink("/tmp/test-folder-victim", path), 0);
	assert_int_equal(folder_write(t.run, "other", "new", 3), -ELOOP);
	assert_int_equal(access("/tmp/test-folder-victim", F_OK), -1);
}

static void
paths_too_long_are_refused_and_not_cut(void **state)
{
	char longest[FOLDER_SIZE + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(folder_write(t.run, longest, "", 0), -ENAMETOOLONG);
	assert_int_equal(folder_read(t.run, longest, longest, 0), -ENAMETOOLONG);
	assert_int_equal(folder_lock(longest), -ENAMETOOLONG);
	assert_int_equal(folder_remove(t.run, longest), -ENAMETOOLONG);
	assert_false(folder_has(t.run, longest));
	assert_int_equal(folder_make(longest, &t.order, "", 0, &t.err), -ENAMETOOLONG);
	longest[0] = '/';
	assert_int_equal(folder_start(longest, &t.boot, &t.err), -ENAMETOOLONG);
}

static void
an_order_s_folder_is_there_complete_or_not_at_all(void **state)
{
	char path[128], buf[512];

	(void)state;
	assert_int_equal(make(1), 0);
	snprintf(path, sizeof(path), "%s/3.1-" ENGINE, t.run);
	assert_int_equal(folder_read(path, "order", buf, sizeof(buf)),
	    lifeboat__order__get_packed_size(&t.order));
	assert_int_equal(folder_read(path, "conf", buf, sizeof(buf)), 5);
	assert_true(make(1) < 0); /* it has its folder already */
	assert_true(exists("3.1-" ENGINE));
	assert_false(exists(".3.1-" ENGINE));
	/* What an actuator that died half-way left is in nobody's way. */
	snprintf(path, sizeof(path), "%s/.3.2-" ENGINE, t.run);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(folder_write(path, "order", "half", 4), 0);
	assert_int_equal(make(2), 0);
	assert_false(exists(".3.2-" ENGINE));
	assert_int_equal(folder_make("/proc", &t.order, "", 0, &t.err), -ENOENT);
}

static void
a_folder_goes_with_all_its_files(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(make(1), 0);
	snprintf(path, sizeof(path), "%s/3.1-" ENGINE, t.run);
	close(folder_lock(path));
	assert_int_equal(folder_write(path, "cancel", "1\n", 2), 0);
	assert_int_equal(folder_remove(t.run, "3.1-" ENGINE), 0);
	assert_false(exists("3.1-" ENGINE));
	assert_int_equal(folder_remove(t.run, "3.1-" ENGINE), -ENOENT);
}

static void
a_folder_that_is_half_removed_is_no_order_and_goes_at_the_next_start(void **state)
{
	char path[128], stuck[160];

	(void)state;
	assert_int_equal(make(1), 0);
	assert_int_equal(make(2), 0);
	snprintf(path, sizeof(path), "%s/3.1-" ENGINE, t.run);
	snprintf(stuck, sizeof(stuck), "%s/stuck", path);
	assert_int_equal(mkdir(stuck, 0700), 0);
	assert_true(folder_remove(t.run, "3.1-" ENGINE) < 0);
	assert_false(exists("3.1-" ENGINE));
	assert_true(exists(".3.1-" ENGINE));
	snprintf(stuck, sizeof(stuck), "%s/.3.1-" ENGINE "/stuck", t.run);
	assert_int_equal(rmdir(stuck), 0);
	assert_int_equal(folder_write(t.run, "term", "12345678", 8), 0);
	assert_int_equal(folder_start(t.run, &t.boot, &t.err), 0);
	assert_false(exists(".3.1-" ENGINE));
	assert_true(exists("3.2-" ENGINE));
	assert_true(exists("term"));
	/* Nor is it in the way of one that is removed later. */
	snprintf(path, sizeof(path), "%s/.3.2-" ENGINE, t.run);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(folder_write(path, "order", "half", 4), 0);
	assert_int_equal(folder_remove(t.run, "3.2-" ENGINE), 0);
	assert_false(exists("3.2-" ENGINE));
	assert_false(exists(".3.2-" ENGINE));
}

static void
a_lock_is_held_by_one_until_it_dies(void **state)
{
	int lock = folder_lock(t.run), ready[2], status;
	char byte;
	pid_t child;

	(void)state;
	assert_true(lock >= 0);
	assert_int_equal(folder_lock(t.run), -EWOULDBLOCK);
	close(lock);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		byte = folder_lock(t.run) >= 0 ? 'y' : 'n';
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(folder_lock(t.run), -EWOULDBLOCK);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	lock = folder_lock(t.run);
	assert_true(lock >= 0);
	close(lock);
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(folder_lock("/nonexistent"), -ENOENT);
}

static void
another_boot_voids_everything_and_the_same_one_nothing(void **state)
{
	(void)state;
	assert_int_equal(make(1), 0);
	assert_int_equal(folder_write(t.run, "term", "12345678", 8), 0);
	assert_int_equal(folder_write(t.run, "carrier.key", "secret", 6), 0);
	assert_int_equal(folder_start(t.run, &t.boot, &t.err), 0);
	assert_true(exists("3.1-" ENGINE));
	assert_true(exists("term"));
	t.boot.b[0] = 2;
	assert_int_equal(folder_start(t.run, &t.boot, &t.err), 0);
	assert_false(exists("3.1-" ENGINE));
	assert_false(exists("term"));
	assert_false(exists("carrier.key"));
	assert_true(exists("boot-id"));
	assert_int_equal(make(1), 0);
	assert_int_equal(folder_start(t.run, &t.boot, &t.err), 0);
	assert_true(exists("3.1-" ENGINE));
}

static void
a_run_folder_is_made_for_root_alone(void **state)
{
	char path[128];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/a/b", t.run);
	assert_int_equal(folder_start(path, &t.boot, &t.err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(make(1), 0);
	snprintf(path, sizeof(path), "%s/3.1-" ENGINE "/order", t.run);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(folder_start("/proc/nowhere", &t.boot, &t.err), -ENOENT);
	assert_non_null(strstr(t.err.text, "/proc/nowhere"));
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_name_tells_term_number_and_engine),
		FRESH(a_file_is_read_as_it_was_written),
		FRESH(the_end_of_a_file_is_read_however_long_it_is),
		FRESH(a_file_is_replaced_as_a_whole_or_not_at_all),
		FRESH(a_link_in_the_place_of_a_file_is_not_followed),
		FRESH(paths_too_long_are_refused_and_not_cut),
		FRESH(an_order_s_folder_is_there_complete_or_not_at_all),
		FRESH(a_folder_goes_with_all_its_files),
		FRESH(
		    a_folder_that_is_half_removed_is_no_order_and_goes_at_the_next_start),
		FRESH(a_lock_is_held_by_one_until_it_dies),
		FRESH(another_boot_voids_everything_and_the_same_one_nothing),
		FRESH(a_run_folder_is_made_for_root_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
