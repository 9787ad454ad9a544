#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "actuator/header.h"
#include "base/disk.h"

enum {
	MAGIC = 32,
	BYTEORDER = 0x01020304,
	FLAG_JSON = 1 << 0,
	FLAG_STREAM_V2 = 1 << 1,
	OPTIONAL_AT = 44,
	CONFIG_AT = 48,
};

static const char magic[MAGIC] = "Xen saved domain, xl format\n \0 \r";

/* Members that make libxl run, load or share something: none of them may be given. */
static const char *const forbidden_build[] = { "bootloader", "bootloader_args",
	"device_model", "device_model_user", "device_model_ssidref", "stubdomain_kernel",
	"stubdomain_ramdisk", "extra", "extra_pv", "extra_hvm", "firmware",
	"system_firmware", "smbios", "acpi_firmware", "cmdline_override", "dtb",
	"device_tree", "ssid_label", "smbios_firmware", "pvshim_path" };
/* What is said of one kind of guest only, with members of the same names again. */
static const char *const kinds[] = { "type.pv", "type.pvh", "type.hvm" };
/* Members that QEMU, which is root, would open: these words are all they may say. */
static const char *const harmless_members[] = { "serial", "serial_list", "usbdevice",
	"usbdevice_list" };
static const char *const harmless_words[] = { "", "none", "null", "pty", "tablet",
	"mouse", "keyboard" };
static const char *const forbidden_devices[] = { "pcidevs", "rdms", "dtdevs", "p9s", "p9",
	"pvcallsifs", "channels", "usbctrls", "usbdevs", "vtpms", "colo_restore_enable" };

static uint32_t
u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

int
header_length(const uint8_t *buf, size_t len, struct err *err)
{
	uint32_t flags, optional, config;

	if (len < HEADER_FIXED || memcmp(buf, magic, MAGIC) != 0)
		return err_set(err, -EPROTO, "not a migration stream of xl");
	if (u32_at(buf + MAGIC) != BYTEORDER)
		return err_set(err, -EPROTO, "a stream of another byte order");
	flags = u32_at(buf + MAGIC + 4);
	if (flags != (FLAG_JSON | FLAG_STREAM_V2) || u32_at(buf + MAGIC + 8) != 0)
		return err_set(
		    err, -EPROTO, "a stream with flags 0x%x that are not known", flags);
	optional = u32_at(buf + OPTIONAL_AT);
	config = u32_at(buf + CONFIG_AT);
	if (optional < 4 || config != optional - 4 || config > HEADER_MAX - HEADER_FIXED)
		return err_set(err, -EPROTO, "a head of %u bytes", optional);
	return HEADER_FIXED + (int)config;
}

static bool
is_given(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0 &&
		       strcmp(json_string_value(value), "False") != 0;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	default:
		return json_is_true(value);
	}
}

static int
refuse_members(const json_t *object, const char *const *names, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_object_get(object, names[i]);
		if (value && is_given(value))
			return err_set(err, -EPERM,
			    "its configuration has \"%s\", which is not taken from "
			    "another host",
			    names[i]);
	}
	return 0;
}

static bool
is_harmless(const json_t *value)
{
	const char *word = json_string_value(value);

	for (size_t i = 0; i < json_array_size(value); i++)
		if (!is_harmless(json_array_get(value, i)))
			return false;
	for (size_t i = 0; word && i < sizeof(harmless_words) / sizeof(harmless_words[0]);
	     i++)
		if (strcmp(word, harmless_words[i]) == 0)
			return true;
	return json_is_array(value) || json_is_null(value);
}

static int
refuse_harmful(const json_t *object, struct err *err)
{
	const size_t n = sizeof(harmless_members) / sizeof(harmless_members[0]);

	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_object_get(object, harmless_members[i]);
		if (value && !is_harmless(value))
			return err_set(err, -EPERM,
			    "its \"%s\" is none of the harmless ones",
			    harmless_members[i]);
	}
	return 0;
}

/* A plain file in the folder of scripts, by its name or by its whole path. */
static bool
is_script(const char *script, const char *folder)
{
	const char *name = script;
	size_t len = strlen(folder);
	char path[512];
	struct stat st;

	if (strncmp(script, folder, len) == 0 && script[len] == '/')
		name = script + len + 1;
	if (*name == '\0' || *name == '.' || strchr(name, '/') ||
	    snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int
check_scripts(const json_t *config, const char *kind, const char *folder, struct err *err)
{
	const json_t *devices = json_object_get(config, kind);

	for (size_t i = 0; i < json_array_size(devices); i++) {
		const json_t *device = json_array_get(devices, i);
		const json_t *script = json_object_get(device, "script");
		const char *path = json_string_value(script);
		if (script && !path)
			return err_set(err, -EPERM, "a script that is no text");
		if (path && *path && !is_script(path, folder))
			return err_set(
			    err, -EPERM, "%s: no script of %s here", path, folder);
	}
	return 0;
}

/* Any path would do for libxl, which is root: a file, or this host's own disk. */
static int
check_disk(const json_t *disk, const struct header_wish *wish, struct err *err)
{
	const json_t *member = json_object_get(disk, "pdev_path");
	const char *path = json_string_value(member);
	char block[DISK_NAME], identity[DISK_SIZE];

	if (!member || json_is_null(member) || (path && *path == '\0'))
		return 0; /* a drive without a medium */
	if (!path || strncmp(path, "/dev/", 5) != 0 || strstr(path, "/../"))
		return err_set(err, -EPERM, "disk %s is no device", path ? path : "?");
	if (disk_block_name(block, path, err) < 0)
		return -ENOENT;
	if (disk_identify(identity, "", block, err) < 0)
		return -EPERM;
	for (int i = 0; i < wish->n_disks; i++)
		if (strcmp(identity, wish->disks[i]) == 0)
			return 0;
	return err_set(err, -EPERM, "disk %s is %s, none of the order's", path, identity);
}

static int
check_disks(const json_t *config, const struct header_wish *wish, struct err *err)
{
	const json_t *disks = json_object_get(config, "disks");
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(disks); i++)
		r = check_disk(json_array_get(disks, i), wish, err);
	return r;
}

static int
check_identity(const json_t *config, const struct header_wish *wish, struct err *err)
{
	const json_t *info = json_object_get(config, "c_info");
	const char *uuid = json_string_value(json_object_get(info, "uuid"));
	const char *name = json_string_value(json_object_get(info, "name"));
	struct uuid u;

	if (!uuid || !uuid_parse(&u, uuid) || !uuid_equal(&u, &wish->uuid))
		return err_set(
		    err, -EPERM, "the stream is of guest %s", uuid ? uuid : "?");
	if (!name || strcmp(name, wish->name) != 0)
		return err_set(
		    err, -EPERM, "the stream is of a guest named %s", name ? name : "?");
	return 0;
}

/*
 * A kernel that libxl would read as root must be a plain file here.  Whether it is, the
 * carrier may lack the right to see: then libxl finds out, before the guest is suspended.
 */
static int
check_files(const json_t *build, struct err *err)
{
	static const char *const names[] = { "kernel", "ramdisk" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = json_string_value(json_object_get(build, names[i]));
		struct stat st;

		if (!path || *path == '\0')
			continue;
		if (*path != '/' || strstr(path, "/../"))
			return err_set(
			    err, -EPERM, "%s %s is no plain path", names[i], path);
		if (stat(path, &st) == 0 ? !S_ISREG(st.st_mode) : errno != EACCES)
			return err_set(
			    err, -ENOENT, "%s %s is no file here", names[i], path);
	}
	return 0;
}

/* What it is built from, as a whole or for one kind of guest. */
static int
check_build(const json_t *build, struct err *err)
{
	int r = refuse_members(build, forbidden_build,
	    sizeof(forbidden_build) / sizeof(forbidden_build[0]), err);

	if (r == 0)
		r = refuse_harmful(build, err);
	return r == 0 ? check_files(build, err) : r;
}

int
header_check_config(
    const char *text, size_t len, const struct header_wish *wish, struct err *err)
{
	json_error_t fault;
	json_t *config = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
	const json_t *build = json_object_get(config, "b_info");
	int r;

	if (!json_is_object(config) || !json_is_object(build)) {
		json_decref(config);
		return err_set(
		    err, -EPROTO, "a configuration that is no JSON: line %d", fault.line);
	}
	r = check_identity(config, wish, err);
	if (r == 0)
		r = check_build(build, err);
	for (size_t i = 0; r == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		r = check_build(json_object_get(build, kinds[i]), err);
	if (r == 0)
		r = refuse_members(config, forbidden_devices,
		    sizeof(forbidden_devices) / sizeof(forbidden_devices[0]), err);
	if (r == 0)
		r = check_scripts(config, "disks", wish->scripts, err);
	if (r == 0)
		r = check_scripts(config, "nics", wish->scripts, err);
	if (r == 0)
		r = check_disks(config, wish, err);
	json_decref(config);
	return r;
}

int
header_check(
    const uint8_t *buf, size_t len, const struct header_wish *wish, struct err *err)
{
	int length = header_length(buf, len, err);
	size_t config;

	if (length < 0)
		return length;
	if ((size_t)length != len)
		return err_set(err, -EPROTO, "a head cut short");
	config = len - HEADER_FIXED;
	if (config > 0 && buf[len - 1] == '\0')
		config--;
	return header_check_config((const char *)buf + HEADER_FIXED, config, wish, err);
}
