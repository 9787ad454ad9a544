#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "cmocka_all.h"
#include "tests/unit/head_rig.h"

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

struct head_rig t;

void
head_make_file(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", t.folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	close(fd);
}

void
head_set(const char *object, const char *key, json_t *value)
{
	json_t *at = object ? json_object_get(t.config, object) : t.config;

	assert_non_null(at);
	assert_int_equal(json_object_set_new(at, key, value), 0);
}

void
head_set_path(const char *key, const char *path)
{
	head_set("b_info", key, json_sprintf("%s%s", t.folder, path));
}

int
head_setup(void **state)
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
	head_make_file("kernel");
	head_make_file("initrd");
	head_make_file("scripts/vif-bridge");
	head_make_file("evil");
	t.wish = (struct header_wish){ .name = "vm1",
		.scripts = t.scripts,
		.disks = disks,
		.n_disks = 2,
		.bridges = bridges,
		.n_bridges = 2,
		.memory_kib =
		    164864, /* as Xen has it: 1 MiB more than what xl was told */
		.vcpus = 1 };
	uuid_parse(&t.wish.uuid, HEAD_UUID);
	t.config = json_loadb(
	    (const char *)t.head + HEADER_FIXED, t.length - HEADER_FIXED - 1, 0, NULL);
	if (!t.config)
		return -1;
	head_set_path("kernel", "/kernel");
	head_set_path("ramdisk", "/initrd");
	return 0;
}

int
head_teardown(void **state)
{
	char command[128];

	(void)state;
	json_decref(t.config);
	snprintf(command, sizeof(command), "rm -rf %s", t.folder);
	return system(command);
}

int
head_check(void)
{
	char *text = json_dumps(t.config, 0);
	int r = header_check_config(text, strlen(text), &t.wish, &t.err);

	free(text);
	return r;
}

void
head_refuses(const char *part)
{
	int r = head_check();

	if (r >= 0 || !strstr(t.err.text, part))
		fail_msg("%d: '%s' instead of '%s'", r, r < 0 ? t.err.text : "", part);
}
