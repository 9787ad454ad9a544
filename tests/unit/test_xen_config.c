/* What libxl keeps of a guest, from a file of it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/xen_config.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

#define CONFIG "/var/lib/xen/userdata-d.3.c0ffee00-0000-0000-0000-000000000000.libxl-json"

static const struct uuid uuid = { { 0xc0, 0xff, 0xee } };
static struct xen_config config;

static int
setup(void **state)
{
	memset(&config, 0, sizeof(config));
	return tree_make(state);
}

static void
read_it(void)
{
	xen_config_read(&config, tree, 3, &uuid);
}

/* As libxl writes it: a new file each time. */
static void
says(const char *text)
{
	unlink(tree_path(CONFIG));
	tree_put(text, CONFIG);
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
	xen_config_read(&config, tree, 4, &uuid);
	is_nothing();
	read_it();
	assert_string_equal(config.kernel, "/boot/three");
	unlink(tree_path(CONFIG));
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

	(void)state;
	tree_put_bytes(text, sizeof(text), CONFIG);
	read_it();
	assert_string_equal(config.kernel, "/boot/vmlinuz");
}

static void
links_pipes_and_huge_files_are_left_alone(void **state)
{
	(void)state;
	tree_put("{\"b_info\": {\"kernel\": \"/boot/vmlinuz\"}}", "/target");
	tree_link(tree_path("/target"), CONFIG);
	read_it();
	is_nothing();
	unlink(tree_path(CONFIG));
	assert_int_equal(mkfifo(tree_path(CONFIG), 0600), 0);
	read_it();
	is_nothing();
	says("{\"b_info\": {\"kernel\": \"/boot/vmlinuz\"}}");
	assert_int_equal(truncate(tree_path(CONFIG), (off_t)1024 * 1024), 0);
	read_it();
	is_nothing();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tree_remove)

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
