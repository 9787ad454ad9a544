#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/sysfs.h"
#include "base/text.h"

/* A stack of devices is neither deeper nor wider; a loop of links ends here. */
enum { MAX_DEPTH = 8, MAX_SLAVES = 32 };

enum { TYPE_T10 = 1, TYPE_EUI = 2, TYPE_NAA = 3 };

/* From a device down to what it lies on. */
struct walk {
	const char *sysroot;
	struct err *err;
	int depth; /* stacks that were entered */
};

static void
format_designator(char *out, size_t size, int type, const uint8_t *id, size_t len)
{
	char text[256];
	size_t n = 0;

	if (type == TYPE_T10) {
		while (len > 0 && (id[len - 1] == ' ' || id[len - 1] == '\0'))
			len--;
		for (size_t i = 0; i < len && n + 1 < sizeof(text); i++)
			text[n++] = (char)(id[i] > ' ' && id[i] < 0x7f ? id[i] : '_');
	} else {
		for (size_t i = 0; i < len && n + 2 < sizeof(text); i++, n += 2)
			snprintf(text + n, sizeof(text) - n, "%02x", id[i]);
	}
	text[n] = '\0';
	snprintf(out, size, "%s.%s",
	    type == TYPE_NAA   ? "naa"
	    : type == TYPE_EUI ? "eui"
			       : "t10",
	    text);
}

bool
disk_designator(char *out, size_t size, const uint8_t *page, size_t len)
{
	int best = 0;

	if (len < 4 || page[1] != 0x83)
		return false;
	if ((size_t)page[2] << 8 < len && ((size_t)page[2] << 8 | page[3]) + 4 < len)
		len = ((size_t)page[2] << 8 | page[3]) + 4;
	for (size_t at = 4; at + 4 <= len; at += 4U + page[at + 3]) {
		int type = page[at + 1] & 15, of = page[at + 1] >> 4 & 3;
		size_t n = page[at + 3];
		if (at + 4 + n > len)
			break;
		/* Of the logical unit itself (0), not of its port or target. */
		if (of != 0 || n == 0 || type > TYPE_NAA || type <= best)
			continue;
		best = type;
		format_designator(out, size, type, page + at + 4, n);
	}
	return best > 0;
}

void
disk_portal(char out[DISK_SIZE], const char *sysroot, const char *session)
{
	char address[128] = "", port[16] = "";
	const char *number = session + strlen("session");

	if (!sysfs_text(address, sizeof(address), sysroot,
		"/sys/class/iscsi_connection/connection%s:0/persistent_address", number))
		sysfs_text(address, sizeof(address), sysroot,
		    "/sys/class/iscsi_connection/connection%s:0/address", number);
	if (!sysfs_text(port, sizeof(port), sysroot,
		"/sys/class/iscsi_connection/connection%s:0/persistent_port", number))
		sysfs_text(port, sizeof(port), sysroot,
		    "/sys/class/iscsi_connection/connection%s:0/port", number);
	snprintf(out, DISK_SIZE, "%s%s%s", address, *port ? ":" : "", port);
}

/* The real folder of a class entry, below sysroot. */
static bool
real_folder(char out[PATH_MAX], const char *sysroot, const char *name, const char *below)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "%s/sys/class/block/%s%s", sysroot, name, below);
	return realpath(path, out) != NULL;
}

static void
find_session(struct disk_path *path, const char *sysroot, const char *name)
{
	char folder[PATH_MAX];
	const char *at;
	size_t n;

	*path = (struct disk_path){ "", "", "" };
	if (!real_folder(folder, sysroot, name, "/device"))
		return;
	at = strstr(folder, "/session");
	if (!at)
		return;
	n = strcspn(at + 1, "/");
	if (n >= sizeof(path->session))
		return;
	memcpy(path->session, at + 1, n);
	path->session[n] = '\0';
	sysfs_text(path->iqn, sizeof(path->iqn), sysroot,
	    "/sys/class/iscsi_session/%s/targetname", path->session);
	disk_portal(path->portal, sysroot, path->session);
}

static int
identify_lun(
    const struct walk *w, const char *name, char out[DISK_SIZE], struct disk_path *path)
{
	uint8_t page[512];
	char designator[DISK_SIZE];
	ssize_t n = sysfs_read(
	    page, sizeof(page), w->sysroot, "/sys/class/block/%s/device/vpd_pg83", name);

	if (n <= 0 || !disk_designator(designator, sizeof(designator), page, (size_t)n))
		return err_set(
		    w->err, -ENODEV, "%s has no VPD page 0x83: not a shared disk", name);
	find_session(path, w->sysroot, name);
	n = snprintf(out, DISK_SIZE, "%s%s%s%s%s", designator, *path->iqn ? "@" : "",
	    path->iqn, *path->portal ? "@" : "", path->portal);
	return n < DISK_SIZE
		   ? 0
		   : err_set(w->err, -ENODEV, "%s: its identity is too long", name);
}

static int
append_part(const struct walk *w, const char *name, char out[DISK_SIZE], const char *part)
{
	size_t len = strlen(out);

	if (len + strlen(part) + 2 > DISK_SIZE)
		return err_set(w->err, -ENODEV, "%s: its identity is too long", name);
	snprintf(out + len, DISK_SIZE - len, "+%s", part);
	return 0;
}

static int resolve(
    struct walk *w, const char *name, char out[DISK_SIZE], struct disk_path *path);

static int
identify_partition(
    struct walk *w, const char *name, char out[DISK_SIZE], struct disk_path *path)
{
	char folder[PATH_MAX], start[32], size[32], part[80], *slash;
	int r;

	if (!real_folder(folder, w->sysroot, name, ""))
		return err_set(w->err, -ENODEV, "%s vanished", name);
	slash = strrchr(folder, '/');
	*slash = '\0';
	slash = strrchr(folder, '/');
	r = resolve(w, slash ? slash + 1 : "", out, path);
	if (r < 0)
		return r;
	sysfs_text(start, sizeof(start), w->sysroot, "/sys/class/block/%s/start", name);
	sysfs_text(size, sizeof(size), w->sysroot, "/sys/class/block/%s/size", name);
	snprintf(part, sizeof(part), "%s:%s", start, size);
	return append_part(w, name, out, part);
}

/* All that it is made of must be shared; the smallest identity stands for it. */
static int
choose_slave(
    struct walk *w, const char *name, char out[DISK_SIZE], struct disk_path *path)
{
	char slaves[MAX_SLAVES + 1][SYSFS_NAME], one[DISK_SIZE];
	struct disk_path one_path;
	int n = sysfs_list(
	    slaves, MAX_SLAVES + 1, w->sysroot, "/sys/class/block/%s/slaves", name);

	if (n > MAX_SLAVES)
		return err_set(
		    w->err, -ENODEV, "%s: it is made of too many devices", name);
	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		int r = resolve(w, slaves[i], one, &one_path);

		if (r < 0)
			return r;
		if (out[0] == '\0' || strcmp(one, out) < 0) {
			text_copy(out, DISK_SIZE, one);
			*path = one_path;
		}
	}
	return 0;
}

static int
identify_stack(
    struct walk *w, const char *name, char out[DISK_SIZE], struct disk_path *path)
{
	char part[160];
	int r;

	if (w->depth == MAX_DEPTH)
		return err_set(w->err, -ENODEV, "%s: devices are stacked too deep", name);
	w->depth++;
	r = choose_slave(w, name, out, path);
	w->depth--;
	if (r < 0)
		return r;
	if (!sysfs_text(
		part, sizeof(part), w->sysroot, "/sys/class/block/%s/dm/uuid", name) &&
	    !sysfs_text(
		part, sizeof(part), w->sysroot, "/sys/class/block/%s/md/uuid", name))
		return err_set(
		    w->err, -ENODEV, "%s: what it is made of has no identity", name);
	return strncmp(part, "mpath-", 6) == 0 ? 0 : append_part(w, name, out, part);
}

static int
resolve(struct walk *w, const char *name, char out[DISK_SIZE], struct disk_path *path)
{
	char slave[1][SYSFS_NAME];

	if (sysfs_exists(w->sysroot, "/sys/class/block/%s/partition", name))
		return identify_partition(w, name, out, path);
	if (sysfs_list(slave, 1, w->sysroot, "/sys/class/block/%s/slaves", name) > 0)
		return identify_stack(w, name, out, path);
	return identify_lun(w, name, out, path);
}

int
disk_resolve(char out[DISK_SIZE], struct disk_path *path, const char *sysroot,
    const char *block_name, struct err *err)
{
	struct walk w = { sysroot, err, 0 };

	return resolve(&w, block_name, out, path);
}

int
disk_identify(
    char out[DISK_SIZE], const char *sysroot, const char *block_name, struct err *err)
{
	struct disk_path path;

	return disk_resolve(out, &path, sysroot, block_name, err);
}

int
disk_block_name(char out[DISK_NAME], const char *path, struct err *err)
{
	char link[64], target[PATH_MAX];
	const char *name;
	struct stat st;
	ssize_t n;

	if (stat(path, &st) == 0 && S_ISBLK(st.st_mode)) {
		snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_rdev),
		    minor(st.st_rdev));
		n = readlink(link, target, sizeof(target) - 1);
		if (n > 0) {
			target[n] = '\0';
			path = target;
		}
	}
	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	if (!text_copy(out, DISK_NAME, name) || *name == '\0' ||
	    !sysfs_exists("", "/sys/class/block/%s", name))
		return err_set(err, -ENODEV, "%s is no block device here", path);
	return 0;
}
