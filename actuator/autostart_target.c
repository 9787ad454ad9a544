#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/autostart.h"
#include "actuator/folder.h"
#include "actuator/run.h"
#include "actuator/xl.h"

#define CHECKED "autostart.cfg"

enum { PATH_SIZE = 512, CONFIG_MAX = 1024 * 1024 };

/*
 * xl draws a UUID for a file without one.  The last assignment counts for it, so the
 * guest's own stands first: what is read back is the file's word, if it has one.
 */
static int
write_checked(const char *folder, const struct autostart *a, const struct uuid *uuid)
{
	const size_t size = sizeof("uuid = \"\"\n") + UUID_TEXT_SIZE + a->len;
	char *text = malloc(size), line[UUID_TEXT_SIZE];
	int n, r;

	if (!text)
		return -ENOMEM;
	uuid_format(line, uuid);
	n = snprintf(text, size, "uuid = \"%s\"\n%s", line, a->text);
	r = folder_write(folder, CHECKED, text, (size_t)n);
	free(text);
	return r;
}

int
autostart_check(const char *xl, const char *folder, const struct autostart *a,
    const struct header_wish *wish, struct err *err)
{
	char path[PATH_SIZE], why[128], *config;
	const char *const argv[] = { xl, "create", "--quiet", "--dryrun", "--defconfig",
		path, NULL };
	int r;

	if (strlen(a->text) != a->len)
		return err_set(err, -EPERM, "its file has a NUL in it");
	r = write_checked(folder, a, &wish->uuid);
	if (r < 0)
		return err_set(err, r, "%s: %s", folder, err_text(why, sizeof(why), r));
	snprintf(path, sizeof(path), "%s/" CHECKED, folder);
	config = malloc(CONFIG_MAX);
	r = config ? run_output(argv, config, CONFIG_MAX, XL_LIMIT_MS, err) : -ENOMEM;
	if (r == 0)
		r = header_check_config(config, strlen(config), wish, err);
	else if (r > 0)
		r = err_set(
		    err, -EPERM, "%s does not understand its file: status %d", xl, r);
	else if (r == -ENOMEM)
		err_set(err, r, "out of memory");
	free(config);
	return r;
}

/* What is there already under that name. */
static int
judge_file(const char *path, const struct autostart *a, const char *name,
    const struct uuid *uuid, struct err *err)
{
	size_t len;
	char *text = autostart_read(path, &len);
	int r = 0;

	if (!text || !autostart_is_about(text, name, uuid))
		r = err_set(err, -EEXIST, "%s is there and not about this guest", path);
	else if (len != a->len || memcmp(text, a->text, len) != 0)
		r = AUTOSTART_E_KEPT;
	free(text);
	return r;
}

/* Whole or not at all, and replacing nothing. */
static int
put_file(const char *folder, const struct autostart *a, const char *name,
    const struct uuid *uuid, struct err *err)
{
	char made[NAME_SIZE + 16], from[PATH_SIZE + NAME_SIZE + 16];
	char path[PATH_SIZE + NAME_SIZE + 8], why[128];
	int r;

	snprintf(made, sizeof(made), "%s.cfg.new", name);
	snprintf(from, sizeof(from), "%s/%s", folder, made);
	snprintf(path, sizeof(path), "%s/%s.cfg", folder, name);
	r = folder_write(folder, made, a->text, a->len);
	if (r == 0 && link(from, path) < 0)
		r = -errno;
	unlink(from);
	if (r == -EEXIST)
		r = judge_file(path, a, name, uuid, err);
	else if (r < 0)
		err_set(err, r, "%s: %s", path, err_text(why, sizeof(why), r));
	if (r >= 0 && folder_sync(folder) < 0)
		r = err_set(err, -EIO, "%s cannot be made durable", folder);
	return r;
}

static int
put_link(const char *folder, const char *name, struct err *err)
{
	char path[PATH_SIZE + NAME_SIZE + 8], leads[NAME_SIZE + 8], why[128];

	mkdir(folder, 0755);
	snprintf(path, sizeof(path), "%s/%s.cfg", folder, name);
	snprintf(leads, sizeof(leads), "../%s.cfg", name);
	if (symlink(leads, path) < 0)
		return err_set(
		    err, -errno, "%s: %s", path, err_text(why, sizeof(why), errno));
	return 0;
}

int
autostart_make(const char *root, const struct autostart *a, const char *name,
    const struct uuid *uuid, struct err *err)
{
	char xen[PATH_SIZE], automatic[PATH_SIZE];
	struct autostart here;
	bool there;
	int kept = 0, r;

	if (strchr(name, '/') || name[0] == '.')
		return err_set(err, -EPERM, "%s is no name of a file", name);
	snprintf(xen, sizeof(xen), "%s" AUTOSTART_XEN, root);
	snprintf(automatic, sizeof(automatic), "%s" AUTOSTART_AUTO, root);
	r = autostart_find(&here, root, name, uuid, err);
	there = here.text != NULL;
	autostart_deinit(&here);
	if (r == 0 && !there) {
		kept = r = put_file(xen, a, name, uuid, err);
		if (r >= 0)
			r = put_link(automatic, name, err);
	}
	/* The folder of links may be new itself. */
	if (r == 0 && (folder_sync(automatic) < 0 || folder_sync(xen) < 0))
		r = err_set(err, -EIO, "%s cannot be made durable", automatic);
	return r < 0 ? r : kept;
}
