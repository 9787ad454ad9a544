#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "actuator/header.h"
#include "actuator/members.h"
#include "actuator/need.h"
#include "base/disk.h"
#include "base/public.h"

enum {
	MAGIC = 32,
	BYTEORDER = 0x01020304,
	FLAG_JSON = 1 << 0,
	FLAG_STREAM_V2 = 1 << 1,
	OPTIONAL_AT = 44,
	CONFIG_AT = 48,
	VCPU_KIB = 1024,   /* of what a guest takes besides its memory: so much a vcpu */
	BESIDES_SHARE = 8, /* and this part of its memory */
};

/* More than any size may be, in KiB: sums of a few do not overflow. */
static const json_int_t number_max = INT64_C(1) << 48;
/* Where libxl puts a network card that names no bridge. */
static const char bridge_unnamed[] = "xenbr0";

static const char magic[MAGIC] = "Xen saved domain, xl format\n \0 \r";

/* Where anybody may put a link, or where one leads elsewhere in another process. */
static const char *const unsteady[] = { "/proc/", "/dev/fd/", "/dev/std", "/dev/shm/",
	"/dev/mqueue/" };

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

/* The same file for everybody at all times, as far as a path by itself shows that. */
static bool
is_plain_path(const char *path)
{
	for (size_t i = 0; i < sizeof(unsteady) / sizeof(unsteady[0]); i++)
		if (strncmp(path, unsteady[i], strlen(unsteady[i])) == 0)
			return false;
	return *path == '/' && !strstr(path, "//") && !strstr(path, "/./") &&
	       !strstr(path, "/../");
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

/* Any path would do for libxl, which is root: a file, or this host's own disk.  Behind a
 * comma QEMU would read another option. */
static int
check_disk(const json_t *disk, const struct header_wish *wish, struct err *err)
{
	const json_t *member = json_object_get(disk, "pdev_path");
	const char *path = json_string_value(member);
	char block[DISK_NAME], identity[DISK_SIZE];

	if (!member || json_is_null(member) || (path && *path == '\0'))
		return 0; /* a drive without a medium */
	if (!path || strncmp(path, "/dev/", 5) != 0 || !is_plain_path(path) ||
	    strchr(path, ','))
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

static bool
has_bridge(const struct header_wish *wish, const char *bridge)
{
	for (int i = 0; i < wish->n_bridges; i++)
		if (strcmp(bridge, wish->bridges[i]) == 0)
			return true;
	return false;
}

static int
check_bridges(const json_t *config, const struct header_wish *wish, struct err *err)
{
	const json_t *nics = json_object_get(config, "nics");

	for (size_t i = 0; i < json_array_size(nics); i++) {
		const json_t *member = json_object_get(json_array_get(nics, i), "bridge");
		const char *bridge = member ? json_string_value(member) : bridge_unnamed;

		if (!bridge || !has_bridge(wish, *bridge ? bridge : bridge_unnamed))
			return err_set(err, -EPERM, "bridge %s is none of the order's",
			    bridge ? bridge : "?");
	}
	return 0;
}

static int
read_number(uint64_t *out, const json_t *object, const char *name, struct err *err)
{
	const json_t *value = json_object_get(object, name);
	json_int_t n = json_integer_value(value);

	if (value && (!json_is_integer(value) || n < 0 || n > number_max))
		return err_set(err, -EPERM, "its \"%s\" is no such number", name);
	*out = (uint64_t)n;
	return 0;
}

/*
 * What libxl takes from this host for it: the memory that it is to have now, which is
 * what it may have where that is not said; and besides, not counted into it, at most a
 * share.
 */
static int
check_memory(const json_t *build, const struct header_wish *wish, struct err *err)
{
	static const char *const names[] = { "target_memkb", "max_memkb", "shadow_memkb",
		"iommu_memkb", "stubdomain_memkb", "max_vcpus" };
	enum { TARGET, MAX, SHADOW, IOMMU, STUBDOMAIN, VCPUS, NUMBERS };
	uint64_t n[NUMBERS], besides;

	for (int i = 0; i < NUMBERS; i++)
		if (read_number(&n[i], build, names[i], err) < 0)
			return -EPERM;
	if (!json_object_get(build, names[TARGET]))
		n[TARGET] = n[MAX];
	if (n[TARGET] > wish->memory_kib)
		return err_set(err, -EPERM,
		    "it would take %" PRIu64 " KiB, and by its order %" PRIu64
		    " are its most",
		    n[TARGET], wish->memory_kib);
	if (n[VCPUS] > wish->vcpus)
		return err_set(err, -EPERM,
		    "it has %" PRIu64 " vcpus, and by its order %" PRIu32, n[VCPUS],
		    wish->vcpus);
	if (!json_object_get(build, names[SHADOW]))
		n[SHADOW] = need_shadow(n[MAX], n[VCPUS]);
	besides = n[SHADOW] + n[IOMMU] + n[STUBDOMAIN];
	if (besides > wish->memory_kib / BESIDES_SHARE + (uint64_t)VCPU_KIB * wish->vcpus)
		return err_set(err, -EPERM,
		    "besides its memory it would take %" PRIu64 " KiB", besides);
	return 0;
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

/* The guest gets to see what libxl, which is root, reads as its kernel. */
static int
check_file(const char *what, const char *path, struct err *err)
{
	char text[128];
	int r;

	if (!is_plain_path(path))
		return err_set(err, -EPERM, "%s %s is no plain path", what, path);
	r = public_file(path);
	if (r == 0)
		return 0;
	if (r == -EACCES)
		return err_set(err, -ENOENT, "%s %s " HEADER_SECRET, what, path);
	if (r == -ENOENT || r == -EISDIR)
		return err_set(err, -ENOENT, "%s %s is no file here", what, path);
	return err_set(err, -ENOENT, "%s %s cannot be seen here: %s", what, path,
	    err_text(text, sizeof(text), r));
}

static int
check_files(const json_t *build, struct err *err)
{
	static const char *const names[] = { "kernel", "ramdisk" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = json_string_value(json_object_get(build, names[i]));

		if (path && *path)
			r = check_file(names[i], path, err);
	}
	return r;
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
		r = members_check(config, err);
	if (r == 0)
		r = check_files(build, err);
	if (r == 0) /* where a PV guest of an older xl has them */
		r = check_files(json_object_get(build, "type.pv"), err);
	if (r == 0)
		r = check_scripts(config, "disks", wish->scripts, err);
	if (r == 0)
		r = check_scripts(config, "nics", wish->scripts, err);
	if (r == 0)
		r = check_disks(config, wish, err);
	if (r == 0)
		r = check_bridges(config, wish, err);
	if (r == 0)
		r = check_memory(build, wish, err);
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
