/* What libxl keeps of a guest, from a file of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/xen_config.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/xen_rig.h"

#define FOLDER "/var/lib/xen"

static const struct uuid uuid = { { 0xc0, 0xff, 0xee } };
static char root[32], path[256];
static struct xen_config config;

static int
setup(void **state)
{
	static const char *const folders[] = { "/var", "/var/lib", FOLDER };

	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_xen.XXXXXX");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path),
	    "%s" FOLDER "/userdata-d.3.c0ffee00-0000-0000-0000-000000000000.libxl-json",
	    root);
	memset(&config, 0, sizeof(config));
	return 0;
}

static int
teardown(void **state)
{
	char folder[64];

	(void)state;
	unlink(path);
	for (size_t len = strlen(FOLDER); len > 0; len--)
		if (FOLDER[len] == '\0' || FOLDER[len] == '/') {
			snprintf(
			    folder, sizeof(folder), "%s%.*s", root, (int)len, FOLDER);
			rmdir(folder);
		}
	return rmdir(root);
}

static void
read_it(void)
{
	xen_config_read(&config, root, 3, &uuid);
}

/* As libxl writes it: a new file each time. */
static void
says(const char *text)
{
	unlink(path);
	xen_rig_write(path, text);
	read_it();
}

static void
is_nothing(void)
{
	assert_string_equal(config.kernel, "");
	assert_string_equal(config.ramdisk, "");
	assert_string_equal(config.cpupool, "");
	assert_int_equal(config.n_pinned, 0);
}

static void
kernel_cpupool_and_pins_are_read(void **state)
{
	(void)state;
	says("{\"c_info\": {\"name\": \"web\", \"pool_name\": \"fast\"}, \"b_info\": {"
	     "\"kernel\": \"/boot/vmlinuz\", \"ramdisk\": \"/boot/initrd\","
	     "\"vcpu_hard_affinity\": [[0, 1, 2, 8], [0, 1, 2, 8], [4], []]}}");
	assert_string_equal(config.kernel, "/boot/vmlinuz");
	assert_string_equal(config.ramdisk, "/boot/initrd");
	assert_string_equal(config.cpupool, "fast");
	assert_int_equal(config.n_pinned, 2);
	assert_string_equal(config.pinned[0], "0-2,8");
	assert_string_equal(config.pinned[1], "4");
}

static void
what_is_said_of_one_kind_of_guest_counts_too(void **state)
{
	(void)state;
	says("{\"b_info\": {\"type.pv\": {\"kernel\": \"/boot/pv\"}}}");
	assert_string_equal(config.kernel, "/boot/pv");
}

static void
a_file_that_was_read_is_read_again_when_it_has_changed(void **state)
{
	(void)state;
	says("{\"b_info\": {\"kernel\": \"/boot/one\"}}");
	strcpy(config.kernel, "kept"); /* NOLINT: it fits */
	read_it();
	assert_string_equal(config.kernel, "kept");
	says("{\"b_info\": {\"kernel\": \"/boot/three\"}}");
	assert_string_equal(config.kernel, "/boot/three");
	xen_config_read(&config, root, 4, &uuid);
	is_nothing();
	read_it();
	assert_string_equal(config.kernel, "/boot/three");
	unlink(path);
	read_it();
	is_nothing();
}

static void
what_does_not_fit_or_is_no_name_says_nothing(void **state)
{
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text),
	    "{\"c_info\": {\"pool_name\": \"2\"}, \"b_info\": {\"kernel\": \"/%0*d\","
	    "\"ramdisk\": \"relative\", \"vcpu_hard_affinity\": [[4096], [-1], [1.5],"
	    "[\"1\"], 7, [0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40]]}}",
	    FILE_SIZE - 1, 0);
	says(text);
	assert_string_equal(config.kernel, "");
	assert_string_equal(config.ramdisk, "");
	assert_string_equal(config.cpupool, "");
	assert_int_equal(config.n_pinned, 1);
	snprintf(text, sizeof(text), "{\"b_info\": {\"kernel\": \"/%0*d\"}}",
	    FILE_SIZE - 2, 0);
	says(text);
	assert_int_equal(strlen(config.kernel), FILE_SIZE - 1);
}

static void
more_sets_than_a_report_holds_are_cut(void **state)
{
	char text[1024];
	size_t len = (size_t)sprintf(text, "{\"b_info\": {\"vcpu_hard_affinity\": [[0]");

	(void)state;
	for (int i = 1; i <= MAX_PINS; i++)
		len += (size_t)sprintf(text + len, ",[%d]", i);
	sprintf(text + len, "]}}");
	says(text);
	assert_int_equal(config.n_pinned, MAX_PINS);
	assert_string_equal(config.pinned[MAX_PINS - 1], "15");
}

static void
no_json_and_other_json_say_nothing(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "7", "{\"b_info\": []}",
		"{\"b_info\": {\"kernel\": 7, \"vcpu_hard_affinity\": {}}}",
		"{\"b_info\": {\"kernel\": \"/\xff\"}}",
		"{\"b_info\": {\"kernel\": \"/a\\u0000b\"}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		says(texts[i]);
		is_nothing();
	}
}

static void
a_final_nul_belongs_to_libxls_file(void **state)
{
	static const char text[] = "{\"b_info\": {\"kernel\": \"/boot/vmlinuz\"}}";
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, sizeof(text), f), sizeof(text));
	assert_int_equal(fclose(f), 0);
	read_it();
	assert_string_equal(config.kernel, "/boot/vmlinuz");
}

static void
links_pipes_and_huge_files_are_left_alone(void **state)
{
	char target[64];

	(void)state;
	snprintf(target, sizeof(target), "%s.target", root);
	xen_rig_write(target, "{\"b_info\": {\"kernel\": \"/boot/vmlinuz\"}}");
	assert_int_equal(symlink(target, path), 0);
	read_it();
	is_nothing();
	unlink(target);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	read_it();
	is_nothing();
	says("{\"b_info\": {\"kernel\": \"/boot/vmlinuz\"}}");
	assert_int_equal(truncate(path, (off_t)1024 * 1024), 0);
	read_it();
	is_nothing();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_cpupool_and_pins_are_read),
		TEST(what_is_said_of_one_kind_of_guest_counts_too),
		TEST(a_file_that_was_read_is_read_again_when_it_has_changed),
		TEST(what_does_not_fit_or_is_no_name_says_nothing),
		TEST(more_sets_than_a_report_holds_are_cut),
		TEST(no_json_and_other_json_say_nothing),
		TEST(a_final_nul_belongs_to_libxls_file),
		TEST(links_pipes_and_huge_files_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
