#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "tests/unit/head_rig.h"

enum { CONFIG_AT = 48 };

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
	assert_int_equal(head_check(), 0);
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
	head_set("c_info", "uuid", json_string("4c1feb0a-0000-4000-8000-000000000002"));
	head_refuses("the stream is of guest 4c1feb0a-0000-4000-8000-000000000002");
	head_set("c_info", "uuid", json_string("no uuid"));
	head_refuses("the stream is of guest no uuid");
	head_set("c_info", "uuid", json_integer(7));
	head_refuses("the stream is of guest ?");
	head_set("c_info", "uuid", json_string(HEAD_UUID));
	head_set("c_info", "name", json_string("vm2"));
	head_refuses("a guest named vm2");
	head_set("c_info", "name", json_null());
	head_refuses("a guest named ?");
	json_object_del(t.config, "c_info");
	head_refuses("the stream is of guest ?");
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
	    "{\"c_info\":{\"uuid\":\"" HEAD_UUID "\",\"name\":\"vm1\"},"
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
	static const char *const create[] = { "driver_domain", "ssid_label" };
	static const char *const parts[] = { "ioports", "irqs", "iomem" };
	static const char *const devices[] = { "pcidevs", "p9s", "channels", "usbctrls",
		"usbdevs", "vtpms", "dtdevs", "rdms", "pvcallsifs" };

	(void)state;
	for (size_t i = 0; i < sizeof(build) / sizeof(build[0]); i++) {
		head_set("b_info", build[i], json_string("/tmp/evil"));
		head_refuses(build[i]);
		head_set("b_info", build[i], json_string(""));
		assert_int_equal(head_check(), 0);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		head_set("b_info", lists[i], json_pack("[s]", "-monitor"));
		head_refuses(lists[i]);
		head_set("b_info", lists[i], json_array());
		assert_int_equal(head_check(), 0);
	}
	for (size_t i = 0; i < sizeof(create) / sizeof(create[0]); i++) {
		head_set("c_info", create[i], json_string("True"));
		head_refuses(create[i]);
		head_set("c_info", create[i], json_string("False"));
		assert_int_equal(head_check(), 0);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		head_set(
		    "b_info", parts[i], json_pack("[{sisi}]", "start", 0, "number", 8));
		head_refuses(parts[i]);
		head_set("b_info", parts[i], json_array());
		assert_int_equal(head_check(), 0);
	}
	head_set("c_info", "xsdata", json_pack("{ss}", "vm-data/a", "b"));
	head_refuses("xsdata");
	json_object_del(json_object_get(t.config, "c_info"), "xsdata");
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		head_set(NULL, devices[i], json_pack("[{}]"));
		head_refuses(devices[i]);
		head_set(NULL, devices[i], json_array());
		assert_int_equal(head_check(), 0);
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
		head_set(
		    "b_info", bad[i].part, json_pack("{ss}", bad[i].key, bad[i].value));
		head_refuses(bad[i].key);
		json_object_del(json_object_get(t.config, "b_info"), bad[i].part);
	}
	head_set(
	    "b_info", "type.hvm", json_pack("{s[s]}", "serial_list", "tcp:1.2.3.4:5"));
	head_refuses("serial_list");
	head_set(
	    "b_info", "type.hvm", json_pack("{s[s]}", "usbdevice_list", "disk:/dev/sda"));
	head_refuses("usbdevice_list");
}

static void
the_usual_devices_of_an_hvm_guest_are_taken(void **state)
{
	(void)state;
	head_set("b_info", "type.hvm",
	    json_pack("{sssssssss[ss]s[s]s{ss}}", "bios", "seabios", "serial", "pty",
		"boot", "cd", "usbdevice", "tablet", "serial_list", "pty", "none",
		"usbdevice_list", "tablet", "vnc", "enable", "True"));
	if (head_check() != 0)
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
			head_refuses("no script of");
		}
		json_object_set_new(device, "script", json_pack("[s]", "vif-bridge"));
		head_refuses("a script that is no text");
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			char path[256];
			snprintf(path, sizeof(path), good[i], t.folder);
			json_object_set_new(device, "script", json_string(path));
			assert_int_equal(head_check(), 0);
		}
		json_object_del(device, "script");
	}
}

static void
a_kernel_must_be_a_plain_file_here(void **state)
{
	(void)state;
	head_set_path("kernel", "/nowhere");
	assert_int_equal(head_check(), -ENOENT);
	head_refuses("/nowhere is no file here");
	head_set_path("kernel", "/scripts");
	head_refuses("is no file here");
	head_set_path("kernel", "/scripts/../kernel");
	head_refuses("is no plain path");
	head_set("b_info", "kernel", json_string("kernel"));
	head_refuses("is no plain path");
	head_set("b_info", "kernel", json_string("/dev/zero"));
	head_refuses("is no file here");
	head_set("b_info", "kernel", json_string(""));
	head_set("b_info", "ramdisk", json_null());
	assert_int_equal(head_check(), 0);
}

static void
may_be_a_secret(const char *name, mode_t locked)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", t.folder, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, locked), 0);
	assert_int_equal(head_check(), -ENOENT);
	head_refuses(
	    "may not be read by everybody here, and could be a secret of this host");
	assert_int_equal(chmod(path, st.st_mode & 07777), 0);
	assert_int_equal(head_check(), 0);
}

static void
a_kernel_is_nothing_that_could_be_a_secret(void **state)
{
	char link_path[128], file[128];

	(void)state;
	may_be_a_secret("/kernel", 0640);
	may_be_a_secret("/initrd", 0600);
	may_be_a_secret("", 0750); /* the folder: nobody else gets to the file */
	snprintf(link_path, sizeof(link_path), "%s/vmlinuz", t.folder);
	snprintf(file, sizeof(file), "%s/scripts/vif-bridge", t.folder);
	assert_int_equal(symlink(file, link_path), 0);
	head_set("b_info", "kernel", json_string(link_path));
	may_be_a_secret("/scripts", 0700);
	may_be_a_secret("/scripts/vif-bridge", 0600);
	head_set("b_info", "type.pv", json_pack("{ss}", "kernel", "/proc/1/environ"));
	head_refuses("is no plain path");
	head_set("b_info", "type.pv", json_pack("{ss}", "ramdisk", "/dev/fd/3"));
	head_refuses("is no plain path");
}

static void
a_disk_is_one_of_the_order_s(void **state)
{
	static const struct {
		const char *path, *part;
	} bad[] = { { "/dev/sda", "nothing shared under sda" },
		{ "/etc/shadow", "is no device" }, { "sdb", "is no device" },
		{ "nbd:192.0.2.1:10809", "is no device" },
		{ "/dev/../etc/sdb", "is no device" }, { "/dev/shm/sdb", "is no device" },
		{ "/dev//shm/sdb", "is no device" }, { "/dev/./shm/sdb", "is no device" },
		{ "/dev/mqueue/sdb", "is no device" }, { "/dev/fd/7", "is no device" },
		{ "/dev/disk/a,readonly=off", "is no device" },
		{ "/dev/sdz", "/dev/sdz is no block device here" } };
	json_t *disk = json_array_get(json_object_get(t.config, "disks"), 0);

	(void)state;
	assert_int_equal(head_check(), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_object_set_new(disk, "pdev_path", json_string(bad[i].path));
		head_refuses(bad[i].part);
	}
	json_object_set_new(disk, "pdev_path", json_array());
	head_refuses("disk ? is no device");
	json_object_set_new(disk, "pdev_path", json_string("/dev/sdb"));
	t.wish.n_disks = 1;
	head_refuses("disk /dev/sdb is shared, none of the order's");
	json_object_del(disk, "pdev_path"); /* a drive without a medium */
	assert_int_equal(head_check(), 0);
}

static void
a_bridge_is_one_of_the_order_s(void **state)
{
	json_t *nic = json_array_get(json_object_get(t.config, "nics"), 0);

	(void)state;
	json_object_set_new(nic, "bridge", json_string("backup"));
	assert_int_equal(head_check(), 0);
	json_object_set_new(nic, "bridge", json_string("management"));
	head_refuses("bridge management is none of the order's");
	json_object_set_new(nic, "bridge", json_integer(1));
	head_refuses("bridge ? is none of the order's");
	json_object_set_new(nic, "bridge", json_string("")); /* libxl's own: xenbr0 */
	assert_int_equal(head_check(), 0);
	json_object_del(nic, "bridge");
	assert_int_equal(head_check(), 0);
	t.wish.n_bridges = 1;
	head_refuses("bridge xenbr0 is none of the order's");
	json_array_clear(json_object_get(t.config, "nics"));
	assert_int_equal(head_check(), 0);
}

static void
memory_is_what_the_order_says_and_a_little_for_xen(void **state)
{
	const int most = (int)t.wish.memory_kib;

	(void)state;
	head_set("b_info", "target_memkb", json_integer(most));
	head_set(
	    "b_info", "max_memkb", json_integer(20 * most)); /* once it is told to grow */
	head_refuses("besides its memory it would take");
	head_set("b_info", "max_memkb", json_integer(4 * most));
	assert_int_equal(head_check(), 0);
	head_set("b_info", "target_memkb", json_integer(most + 1));
	head_refuses("it would take 164865 KiB, and by its order 164864 are its most");
	json_object_del(json_object_get(t.config, "b_info"), "target_memkb");
	head_refuses("it would take 659456 KiB");
	head_set("b_info", "max_memkb", json_integer(most));
	assert_int_equal(head_check(), 0);
	head_set("b_info", "shadow_memkb", json_integer(most / 8));
	assert_int_equal(head_check(), 0);
	head_set("b_info", "iommu_memkb", json_integer(2048));
	head_refuses("besides its memory it would take 22656 KiB");
	head_set("b_info", "iommu_memkb", json_integer(0));
	head_set("b_info", "stubdomain_memkb", json_integer(INT32_MAX));
	head_refuses("besides its memory");
}

static void
a_number_that_is_none_is_refused(void **state)
{
	static const char *const names[] = { "target_memkb", "max_memkb", "shadow_memkb",
		"iommu_memkb", "stubdomain_memkb", "max_vcpus" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *build = json_object_get(t.config, "b_info");
		json_t *was = json_incref(json_object_get(build, names[i]));

		head_set("b_info", names[i], json_integer(-1));
		head_refuses(names[i]);
		head_set("b_info", names[i], json_integer(INT64_MAX));
		head_refuses(names[i]);
		head_set("b_info", names[i], json_string("1"));
		head_refuses(names[i]);
		head_set("b_info", names[i], json_real(1.5));
		head_refuses(names[i]);
		head_set("b_info", names[i], json_null());
		head_refuses(names[i]);
		json_object_del(build, names[i]);
		if (was)
			head_set("b_info", names[i], was);
		assert_int_equal(head_check(), 0);
	}
}

static void
vcpus_are_no_more_than_the_order_s(void **state)
{
	(void)state;
	head_set("b_info", "max_vcpus", json_integer(2));
	head_refuses("it has 2 vcpus, and by its order 1");
	t.wish.vcpus = 2;
	assert_int_equal(head_check(), 0);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, head_setup, head_teardown)

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
		FRESH(a_kernel_is_nothing_that_could_be_a_secret),
		FRESH(a_disk_is_one_of_the_order_s),
		FRESH(a_bridge_is_one_of_the_order_s),
		FRESH(memory_is_what_the_order_says_and_a_little_for_xen),
		FRESH(a_number_that_is_none_is_refused),
		FRESH(vcpus_are_no_more_than_the_order_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
