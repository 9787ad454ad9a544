#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/header.h"
#include "base/disk.h"
#include "cmocka_all.h"

#define UUID_1 "4c1feb0a-0000-4000-8000-000000000001"

enum { CONFIG_AT = 48 };

/* This host has one shared disk and one of its own, and /dev/disk/... is the shared one.
 */
int
disk_block_name(char out[DISK_NAME], const char *path, struct err *err)
{
	if (strncmp(path, "/dev/disk/", 10) == 0)
		path = "/dev/sdb";
	if (strcmp(path, "/dev/sda") != 0 && strcmp(path, "/dev/sdb") != 0)
		return err_set(err, -ENODEV, "%s is no block device here", path);
	strcpy(out, path + 5);
	return 0;
}

int
disk_identify(
    char out[DISK_SIZE], const char *sysroot, const char *block_name, struct err *err)
{
	(void)sysroot;
	if (strcmp(block_name, "sdb") != 0)
		return err_set(err, -ENODEV, "nothing shared under %s", block_name);
	strcpy(out, "shared");
	return 0;
}

static const char disks[][DISK_SIZE] = { "another", "shared" };

/* The head of a stream that a real xl sent, and a folder for what it names. */
static struct {
	uint8_t head[2048];
	size_t len, length; /* of the file; of the head itself */
	char folder[64], scripts[80];
	struct header_wish wish;
	json_t *config;
	struct err err;
} t;

static void
make_file(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t.folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	close(fd);
}

static void
set(const char *object, const char *key, json_t *value)
{
	json_t *at = object ? json_object_get(t.config, object) : t.config;

	assert_non_null(at);
	assert_int_equal(json_object_set_new(at, key, value), 0);
}

static void
set_path(const char *key, const char *path)
{
	set("b_info", key, json_sprintf("%s%s", t.folder, path));
}

static int
setup(void **state)
{
	FILE *f = fopen(TEST_DATA "/stream-head", "rbe");
	int length;

	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.folder, "/tmp/test-header-XXXXXX");
	if (!f || !mkdtemp(t.folder))
		return -1;
	t.len = fread(t.head, 1, sizeof(t.head), f);
	fclose(f);
	length = header_length(t.head, t.len, &t.err);
	if (length < HEADER_FIXED || (size_t)length > t.len)
		return -1;
	t.length = (size_t)length;
	snprintf(t.scripts, sizeof(t.scripts), "%s/scripts", t.folder);
	mkdir(t.scripts, 0755);
	make_file("kernel");
	make_file("initrd");
	make_file("scripts/vif-bridge");
	make_file("evil");
	t.wish = (struct header_wish){
		.name = "vm1", .scripts = t.scripts, .disks = disks, .n_disks = 2
	};
	uuid_parse(&t.wish.uuid, UUID_1);
	t.config = json_loadb(
	    (const char *)t.head + HEADER_FIXED, t.length - HEADER_FIXED - 1, 0, NULL);
	if (!t.config)
		return -1;
	set_path("kernel", "/kernel");
	set_path("ramdisk", "/initrd");
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	json_decref(t.config);
	snprintf(command, sizeof(command), "rm -rf %s", t.folder);
	return system(command);
}

static int
check(void)
{
	char *text = json_dumps(t.config, 0);
	int r = header_check_config(text, strlen(text), &t.wish, &t.err);

	free(text);
	return r;
}

static void
refuses(const char *part)
{
	int r = check();

	if (r >= 0 || !strstr(t.err.text, part))
		fail_msg("%d: '%s' instead of '%s'", r, r < 0 ? t.err.text : "", part);
}

static void
put_u32(size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		t.head[at + (size_t)i] = (uint8_t)(value >> 8 * i);
}

static int
length(void)
{
	return header_length(t.head, t.len, &t.err);
}

static void
the_head_of_a_real_stream_is_understood(void **state)
{
	(void)state;
	assert_int_equal(t.length, HEADER_FIXED + 1290);
	assert_int_equal(header_length(t.head, HEADER_FIXED, &t.err), t.length);
	/* Its kernel is not here: so far and no further. */
	assert_int_equal(header_check(t.head, t.length, &t.wish, &t.err), -ENOENT);
	assert_non_null(strstr(t.err.text, "/root/vmlinuz"));
	assert_int_equal(check(), 0);
}

static void
a_head_cut_short_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < HEADER_FIXED; len++)
		assert_int_equal(header_length(t.head, len, &t.err), -EPROTO);
	for (size_t len = HEADER_FIXED; len < t.length; len++)
		assert_int_equal(header_check(t.head, len, &t.wish, &t.err), -EPROTO);
	assert_int_equal(header_check(t.head, t.length + 1, &t.wish, &t.err), -EPROTO);
}

static void
another_magic_is_refused_whichever_byte_differs(void **state)
{
	(void)state;
	for (size_t at = 0; at < 32; at++) {
		t.head[at] ^= 1;
		assert_int_equal(length(), -EPROTO);
		t.head[at] ^= 1;
	}
	assert_int_equal(length(), t.length);
}

static void
another_byte_order_and_unknown_flags_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} bad[] = { { 32, 0x04030201 }, { 32, 0 }, { 36, 0 }, { 36, 1 }, { 36, 2 },
		{ 36, 7 }, { 36, 0x80000003 }, { 40, 1 } };
	uint8_t good[HEADER_FIXED];

	(void)state;
	memcpy(good, t.head, sizeof(good));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_u32(bad[i].at, bad[i].value);
		assert_int_equal(length(), -EPROTO);
		memcpy(t.head, good, sizeof(good));
	}
}

static void
a_length_that_cannot_be_is_refused(void **state)
{
	static const uint32_t bad[] = { 0, 1, 3, 4 + HEADER_MAX, INT32_MAX, UINT32_MAX,
		UINT32_MAX - 3 };
	const uint32_t most = HEADER_MAX - HEADER_FIXED;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_u32(CONFIG_AT - 4, bad[i]);
		put_u32(CONFIG_AT, bad[i] - 4);
		assert_int_equal(length(), -EPROTO);
	}
	put_u32(CONFIG_AT - 4, 100);
	put_u32(CONFIG_AT, 95); /* the two lengths contradict each other */
	assert_int_equal(length(), -EPROTO);
	put_u32(CONFIG_AT - 4, most + 4);
	put_u32(CONFIG_AT, most);
	assert_int_equal(length(), HEADER_MAX);
	put_u32(CONFIG_AT - 4, most + 5);
	put_u32(CONFIG_AT, most + 1);
	assert_int_equal(length(), -EPROTO);
}

static void
another_guest_than_the_order_s_is_refused(void **state)
{
	(void)state;
	set("c_info", "uuid", json_string("4c1feb0a-0000-4000-8000-000000000002"));
	refuses("the stream is of guest 4c1feb0a-0000-4000-8000-000000000002");
	set("c_info", "uuid", json_string("no uuid"));
	refuses("the stream is of guest no uuid");
	set("c_info", "uuid", json_integer(7));
	refuses("the stream is of guest ?");
	set("c_info", "uuid", json_string(UUID_1));
	set("c_info", "name", json_string("vm2"));
	refuses("a guest named vm2");
	set("c_info", "name", json_null());
	refuses("a guest named ?");
	json_object_del(t.config, "c_info");
	refuses("the stream is of guest ?");
}

static void
what_is_no_configuration_is_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "null", "7", "{}",
		"{\"c_info\":{}}", "{\"b_info\":[]}", "{\"b_info\":{}} more",
		"{\"b_info\":{},\"b_info\":{}}", "{\"b_info\":{\"a\":\"\\u0000\"}}",
		"{\"b_info\":{\"a\":\"\xff\"}}", "{\"b_info\":{} /* no */}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    header_check_config(bad[i], strlen(bad[i]), &t.wish, &t.err),
		    -EPROTO);
}

static void
a_name_given_twice_is_refused(void **state)
{
	static const char twice[] =
	    "{\"c_info\":{\"uuid\":\"" UUID_1 "\",\"name\":\"vm1\"},"
	    "\"b_info\":{\"bootloader\":\"\",\"bootloader\":\"/tmp/evil\"}}";

	(void)state;
	assert_int_equal(
	    header_check_config(twice, sizeof(twice) - 1, &t.wish, &t.err), -EPROTO);
}

static void
nesting_without_end_is_refused(void **state)
{
	static char deep[HEADER_MAX];

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_int_equal(
	    header_check_config(deep, sizeof(deep), &t.wish, &t.err), -EPROTO);
}

static void
whatever_names_a_program_or_shares_something_is_refused(void **state)
{
	static const char *const build[] = { "bootloader", "device_model",
		"stubdomain_kernel", "stubdomain_ramdisk", "firmware", "cmdline_override",
		"acpi_firmware" };
	static const char *const lists[] = { "bootloader_args", "extra", "extra_pv",
		"extra_hvm" };
	static const char *const devices[] = { "pcidevs", "p9s", "channels", "usbctrls",
		"usbdevs", "vtpms", "dtdevs", "rdms", "pvcallsifs" };

	(void)state;
	for (size_t i = 0; i < sizeof(build) / sizeof(build[0]); i++) {
		set("b_info", build[i], json_string("/tmp/evil"));
		refuses(build[i]);
		set("b_info", build[i], json_string(""));
		assert_int_equal(check(), 0);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		set("b_info", lists[i], json_pack("[s]", "-monitor"));
		refuses(lists[i]);
		set("b_info", lists[i], json_array());
		assert_int_equal(check(), 0);
	}
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		set(NULL, devices[i], json_pack("[{}]"));
		refuses(devices[i]);
		set(NULL, devices[i], json_array());
		assert_int_equal(check(), 0);
	}
}

static void
what_is_hidden_in_the_part_of_a_kind_of_guest_is_refused_too(void **state)
{
	static const struct {
		const char *part, *key, *value;
	} bad[] = { { "type.pv", "bootloader", "/tmp/evil" },
		{ "type.pvh", "pvshim_path", "/tmp/evil" },
		{ "type.hvm", "firmware", "/tmp/evil" },
		{ "type.hvm", "system_firmware", "/tmp/evil" },
		{ "type.hvm", "smbios_firmware", "/etc/shadow" },
		{ "type.hvm", "acpi_firmware", "/etc/shadow" },
		{ "type.hvm", "serial", "file:/etc/passwd" },
		{ "type.hvm", "serial", "pty,chardev=x" },
		{ "type.hvm", "usbdevice", "disk:/etc/shadow" },
		{ "type.pv", "kernel", "/proc/../etc/shadow" } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set("b_info", bad[i].part, json_pack("{ss}", bad[i].key, bad[i].value));
		refuses(bad[i].key);
		json_object_del(json_object_get(t.config, "b_info"), bad[i].part);
	}
	set("b_info", "type.hvm", json_pack("{s[s]}", "serial_list", "tcp:1.2.3.4:5"));
	refuses("serial_list");
	set("b_info", "type.hvm", json_pack("{s[s]}", "usbdevice_list", "disk:/dev/sda"));
	refuses("usbdevice_list");
}

static void
the_usual_devices_of_an_hvm_guest_are_taken(void **state)
{
	(void)state;
	set("b_info", "type.hvm",
	    json_pack("{sssssssss[ss]s[s]s{ss}}", "bios", "seabios", "serial", "pty",
		"boot", "cd", "usbdevice", "tablet", "serial_list", "pty", "none",
		"usbdevice_list", "tablet", "vnc", "enable", "True"));
	if (check() != 0)
		fail_msg("%s", t.err.text);
}

static void
a_script_is_a_plain_file_of_the_folder_of_scripts(void **state)
{
	static const char *const bad[] = { "%s/../evil", "%s/scripts/../evil", "../evil",
		"%s/evil", "%s/scripts/.hidden", "%s/scripts/", "%s/scripts", ".", "..",
		"%s/scripts//vif-bridge", "vif-bridge -x", "%s/scripts-too/evil", "none",
		"/bin/sh" };
	static const char *const good[] = { "vif-bridge", "%s/scripts/vif-bridge", "" };
	static const char *const kinds[] = { "nics", "disks" };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		json_t *device = json_array_get(json_object_get(t.config, kinds[k]), 0);

		assert_true(json_is_object(device));
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			char path[256];
			/* NOLINTNEXTLINE: the formats are above */
			snprintf(path, sizeof(path), bad[i], t.folder);
			json_object_set_new(device, "script", json_string(path));
			refuses("no script of");
		}
		json_object_set_new(device, "script", json_pack("[s]", "vif-bridge"));
		refuses("a script that is no text");
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			char path[256];
			snprintf(path, sizeof(path), good[i], t.folder);
			json_object_set_new(device, "script", json_string(path));
			assert_int_equal(check(), 0);
		}
		json_object_del(device, "script");
	}
}

static void
a_kernel_must_be_a_plain_file_here(void **state)
{
	(void)state;
	set_path("kernel", "/nowhere");
	assert_int_equal(check(), -ENOENT);
	refuses("/nowhere is no file here");
	set_path("kernel", "/scripts");
	refuses("is no file here");
	set_path("kernel", "/scripts/../kernel");
	refuses("is no plain path");
	set("b_info", "kernel", json_string("kernel"));
	refuses("is no plain path");
	set("b_info", "kernel", json_string("/dev/zero"));
	refuses("is no file here");
	set("b_info", "kernel", json_string(""));
	set("b_info", "ramdisk", json_null());
	assert_int_equal(check(), 0);
}

static void
a_disk_is_one_of_the_order_s(void **state)
{
	static const struct {
		const char *path, *part;
	} bad[] = { { "/dev/sda", "nothing shared under sda" },
		{ "/etc/shadow", "is no device" }, { "sdb", "is no device" },
		{ "nbd:192.0.2.1:10809", "is no device" },
		{ "/dev/../etc/sdb", "is no device" },
		{ "/dev/sdz", "/dev/sdz is no block device here" } };
	json_t *disk = json_array_get(json_object_get(t.config, "disks"), 0);

	(void)state;
	assert_int_equal(check(), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_object_set_new(disk, "pdev_path", json_string(bad[i].path));
		refuses(bad[i].part);
	}
	json_object_set_new(disk, "pdev_path", json_array());
	refuses("disk ? is no device");
	json_object_set_new(disk, "pdev_path", json_string("/dev/sdb"));
	t.wish.n_disks = 1;
	refuses("disk /dev/sdb is shared, none of the order's");
	json_object_del(disk, "pdev_path"); /* a drive without a medium */
	assert_int_equal(check(), 0);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_head_of_a_real_stream_is_understood),
		FRESH(a_head_cut_short_is_refused),
		FRESH(another_magic_is_refused_whichever_byte_differs),
		FRESH(another_byte_order_and_unknown_flags_are_refused),
		FRESH(a_length_that_cannot_be_is_refused),
		FRESH(another_guest_than_the_order_s_is_refused),
		FRESH(what_is_no_configuration_is_refused),
		FRESH(a_name_given_twice_is_refused),
		FRESH(nesting_without_end_is_refused),
		FRESH(whatever_names_a_program_or_shares_something_is_refused),
		FRESH(what_is_hidden_in_the_part_of_a_kind_of_guest_is_refused_too),
		FRESH(the_usual_devices_of_an_hvm_guest_are_taken),
		FRESH(a_script_is_a_plain_file_of_the_folder_of_scripts),
		FRESH(a_kernel_must_be_a_plain_file_here),
		FRESH(a_disk_is_one_of_the_order_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
