#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/header.h"
#include "actuator/members.h"
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
static const char bridges[][NAME_SIZE] = { "backup", "xenbr0" };

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
	assert_int_equal(fchmod(fd, 0755), 0);
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
	if (!f || !mkdtemp(t.folder) || chmod(t.folder, 0755) < 0)
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
	t.wish = (struct header_wish){ .name = "vm1",
		.scripts = t.scripts,
		.disks = disks,
		.n_disks = 2,
		.bridges = bridges,
		.n_bridges = 2,
		.memory_kib =
		    164864, /* as Xen has it: 1 MiB more than what xl was told */
		.vcpus = 1 };
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
	static const char *const create[] = { "driver_domain", "ssid_label" };
	static const char *const parts[] = { "ioports", "irqs", "iomem" };
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
	for (size_t i = 0; i < sizeof(create) / sizeof(create[0]); i++) {
		set("c_info", create[i], json_string("True"));
		refuses(create[i]);
		set("c_info", create[i], json_string("False"));
		assert_int_equal(check(), 0);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		set("b_info", parts[i], json_pack("[{sisi}]", "start", 0, "number", 8));
		refuses(parts[i]);
		set("b_info", parts[i], json_array());
		assert_int_equal(check(), 0);
	}
	set("c_info", "xsdata", json_pack("{ss}", "vm-data/a", "b"));
	refuses("xsdata");
	json_object_del(json_object_get(t.config, "c_info"), "xsdata");
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
may_be_a_secret(const char *name, mode_t locked)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", t.folder, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, locked), 0);
	assert_int_equal(check(), -ENOENT);
	refuses("may not be read by everybody here, and could be a secret of this host");
	assert_int_equal(chmod(path, st.st_mode & 07777), 0);
	assert_int_equal(check(), 0);
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
	set("b_info", "kernel", json_string(link_path));
	may_be_a_secret("/scripts", 0700);
	may_be_a_secret("/scripts/vif-bridge", 0600);
	set("b_info", "type.pv", json_pack("{ss}", "kernel", "/proc/1/environ"));
	refuses("is no plain path");
	set("b_info", "type.pv", json_pack("{ss}", "ramdisk", "/dev/fd/3"));
	refuses("is no plain path");
}

/* The one of a list, or of an object of b_info. */
static json_t *
part(const char *name)
{
	json_t *build = json_object_get(t.config, "b_info");
	json_t *devices = json_object_get(t.config, name);

	if (json_object_get(build, name))
		return json_object_get(build, name);
	if (!devices)
		set(NULL, name, devices = json_pack("[{}]"));
	return json_array_get(devices, 0);
}

static void
refuses_in(const char *name, const char *key, const char *value)
{
	json_t *object = part(name), *was = json_incref(json_object_get(object, key));

	json_object_set_new(object, key, json_string(value));
	refuses(key);
	json_object_del(object, key);
	if (was)
		json_object_set_new(object, key, was);
	if (check() != 0)
		fail_msg("%s", t.err.text);
}

static void
what_a_command_line_would_take_for_more_than_a_word_is_refused(void **state)
{
	static const struct {
		const char *part, *key, *value;
	} bad[] = { { "nics", "model", "e1000,romfile=/etc/shadow" },
		{ "nics", "ip", "10.0.0.1 -j ACCEPT" }, { "nics", "ifname", "lo" },
		{ "nics", "ifname", "../net" },
		{ "nics", "ifname", "x,script=/tmp/evil" },
		{ "nics", "gatewaydev", "eth0" }, { "nics", "coloft_forwarddev", "eth0" },
		{ "nics", "colo_sock_mirror_id", "a,path=/tmp/evil" },
		{ "nics", "colo_checkpoint_host", "192.0.2.1" },
		{ "nics", "backend_domname", "evil" }, { "disks", "vdev", "xvda,x=y" },
		{ "disks", "format", "qcow2" }, { "disks", "format", "vhd" },
		{ "disks", "backend", "standalone" }, { "disks", "colo_enable", "True" },
		{ "disks", "colo_restore_enable", "True" },
		{ "disks", "active_disk", "/etc/shadow" },
		{ "disks", "hidden_disk", "/etc/shadow" },
		{ "disks", "colo_export", "x" }, { "disks", "backend_domname", "evil" },
		{ "type.hvm", "boot", "c,splash=/etc/shadow" },
		{ "type.hvm", "keymap", "/etc/shadow" },
		{ "type.hvm", "soundhw", "es1370,x=y" },
		{ "type.hvm", "timeoffset", "../x" },
		{ "type.hvm", "gfx_passthru", "True" },
		{ "vfbs", "keymap", "/etc/shadow" }, { "vkbs", "unique_id", "../x" },
		{ "vkbs", "backend_domname", "evil" } };

	(void)state;
	set("b_info", "type.hvm", json_object());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses_in(bad[i].part, bad[i].key, bad[i].value);
}

static void
a_screen_listens_at_an_address_and_is_no_other_than_vnc_s(void **state)
{
	static const char *const bad[] = { "unix:/etc/shadow", "0.0.0.0:1,tls-creds=x",
		"none", "host.example:1" };
	static const char *const good[] = { "", "127.0.0.1", "0.0.0.0:5", "::1",
		"[::]:1" };
	static const char *const screens[] = { "type.hvm", "vfbs" };

	(void)state;
	set("b_info", "type.hvm", json_object());
	for (size_t k = 0; k < sizeof(screens) / sizeof(screens[0]); k++) {
		json_t *screen = part(screens[k]), *vnc = json_object();

		json_object_set_new(screen, "vnc", vnc);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			json_object_set_new(vnc, "listen", json_string(bad[i]));
			refuses("listen");
		}
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			json_object_set_new(vnc, "listen", json_string(good[i]));
			assert_int_equal(check(), 0);
		}
		json_object_set_new(screen, "sdl",
		    json_pack("{ssss}", "enable", "True", "xauthority", "/etc/shadow"));
		refuses("not taken from another host");
		json_object_set_new(screen, "sdl", json_pack("{ss}", "enable", "False"));
		assert_int_equal(check(), 0);
	}
	json_object_set_new(
	    part("type.hvm"), "spice", json_pack("{ss}", "enable", "True"));
	refuses("enable");
}

static void
a_device_of_another_domain_s_is_refused(void **state)
{
	static const char *const kinds[] = { "disks", "nics", "vfbs", "vkbs" };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_t *device = part(kinds[i]);

		json_object_set_new(device, "backend_domid", json_integer(7));
		refuses("backend_domid");
		json_object_set_new(device, "backend_domid", json_integer(0));
		assert_int_equal(check(), 0);
	}
}

/* What a real xl said of its guests in that file. */
static void
takes_all_of(const char *capture)
{
	static const char asked[] = "$ xl list -l ";
	char path[512], text[64 * 1024];
	const char *at = text;
	json_t *guests;
	FILE *f;

	snprintf(
	    path, sizeof(path), TEST_DATA "/../../xenlab/captures/by-hand/%s", capture);
	f = fopen(path, "rbe");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	at = strstr(text, asked);
	assert_non_null(at);
	at = strchr(at, '[');
	guests = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
	assert_true(json_array_size(guests) > 0);
	for (size_t i = 0; i < json_array_size(guests); i++)
		if (members_check(
			json_object_get(json_array_get(guests, i), "config"), &t.err) < 0)
			fail_msg("%s: %s", capture, t.err.text);
	json_decref(guests);
}

static void
whatever_a_real_xl_said_of_its_guests_is_taken(void **state)
{
	(void)state;
	takes_all_of("moved/before-xen1.txt");
	takes_all_of("moved/after-xen2.txt");
	takes_all_of("pv_guest/before-xen1.txt");
}

static void
a_number_among_the_domains_is_not_chosen_elsewhere(void **state)
{
	(void)state;
	set("c_info", "domid", json_integer(1));
	refuses("domid");
	set("c_info", "domid", json_integer(UINT32_MAX)); /* any: as xl says it */
	assert_int_equal(check(), 0);
	set("c_info", "domid", json_integer(UINT32_MAX - 1));
	assert_int_equal(check(), 0);
}

static void
what_nobody_knows_is_refused(void **state)
{
	(void)state;
	set(NULL, "vdispls", json_pack("[{}]"));
	refuses("\"vdispls\"");
	set(NULL, "vdispls", json_array());
	set("b_info", "of_next_year", json_real(1.5));
	refuses("\"of_next_year\"");
	set("b_info", "of_next_year", json_object());
	set("c_info", "of_next_year", json_false());
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
		{ "/dev/../etc/sdb", "is no device" }, { "/dev/shm/sdb", "is no device" },
		{ "/dev//shm/sdb", "is no device" }, { "/dev/./shm/sdb", "is no device" },
		{ "/dev/mqueue/sdb", "is no device" }, { "/dev/fd/7", "is no device" },
		{ "/dev/disk/a,readonly=off", "is no device" },
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

static void
a_bridge_is_one_of_the_order_s(void **state)
{
	json_t *nic = json_array_get(json_object_get(t.config, "nics"), 0);

	(void)state;
	json_object_set_new(nic, "bridge", json_string("backup"));
	assert_int_equal(check(), 0);
	json_object_set_new(nic, "bridge", json_string("management"));
	refuses("bridge management is none of the order's");
	json_object_set_new(nic, "bridge", json_integer(1));
	refuses("bridge ? is none of the order's");
	json_object_set_new(nic, "bridge", json_string("")); /* libxl's own: xenbr0 */
	assert_int_equal(check(), 0);
	json_object_del(nic, "bridge");
	assert_int_equal(check(), 0);
	t.wish.n_bridges = 1;
	refuses("bridge xenbr0 is none of the order's");
	json_array_clear(json_object_get(t.config, "nics"));
	assert_int_equal(check(), 0);
}

static void
memory_is_what_the_order_says_and_a_little_for_xen(void **state)
{
	const int most = (int)t.wish.memory_kib;

	(void)state;
	set("b_info", "target_memkb", json_integer(most));
	set("b_info", "max_memkb", json_integer(20 * most)); /* once it is told to grow */
	refuses("besides its memory it would take");
	set("b_info", "max_memkb", json_integer(4 * most));
	assert_int_equal(check(), 0);
	set("b_info", "target_memkb", json_integer(most + 1));
	refuses("it would take 164865 KiB, and by its order 164864 are its most");
	json_object_del(json_object_get(t.config, "b_info"), "target_memkb");
	refuses("it would take 659456 KiB");
	set("b_info", "max_memkb", json_integer(most));
	assert_int_equal(check(), 0);
	set("b_info", "shadow_memkb", json_integer(most / 8));
	assert_int_equal(check(), 0);
	set("b_info", "iommu_memkb", json_integer(2048));
	refuses("besides its memory it would take 22656 KiB");
	set("b_info", "iommu_memkb", json_integer(0));
	set("b_info", "stubdomain_memkb", json_integer(INT32_MAX));
	refuses("besides its memory");
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

		set("b_info", names[i], json_integer(-1));
		refuses(names[i]);
		set("b_info", names[i], json_integer(INT64_MAX));
		refuses(names[i]);
		set("b_info", names[i], json_string("1"));
		refuses(names[i]);
		set("b_info", names[i], json_real(1.5));
		refuses(names[i]);
		set("b_info", names[i], json_null());
		refuses(names[i]);
		json_object_del(build, names[i]);
		if (was)
			set("b_info", names[i], was);
		assert_int_equal(check(), 0);
	}
}

static void
vcpus_are_no_more_than_the_order_s(void **state)
{
	(void)state;
	set("b_info", "max_vcpus", json_integer(2));
	refuses("it has 2 vcpus, and by its order 1");
	t.wish.vcpus = 2;
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
		FRESH(a_kernel_is_nothing_that_could_be_a_secret),
		FRESH(what_a_command_line_would_take_for_more_than_a_word_is_refused),
		FRESH(a_screen_listens_at_an_address_and_is_no_other_than_vnc_s),
		FRESH(a_device_of_another_domain_s_is_refused),
		FRESH(whatever_a_real_xl_said_of_its_guests_is_taken),
		FRESH(a_number_among_the_domains_is_not_chosen_elsewhere),
		FRESH(what_nobody_knows_is_refused),
		FRESH(a_disk_is_one_of_the_order_s),
		FRESH(a_bridge_is_one_of_the_order_s),
		FRESH(memory_is_what_the_order_says_and_a_little_for_xen),
		FRESH(a_number_that_is_none_is_refused),
		FRESH(vcpus_are_no_more_than_the_order_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
