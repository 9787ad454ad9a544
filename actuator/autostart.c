#include "actuator/autostart.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "base/text.h"

#define XEN_FOLDER  "/etc/xen"
#define AUTO_FOLDER XEN_FOLDER "/auto"
#define NOTE        "autostart"

enum { PATH_SIZE = 512, VALUE_SIZE = 256 };

/* The value of `key = "value"` or `key = 'value'` in an xl configuration. */
static bool
value_of(const char *line, const char *key, char value[VALUE_SIZE])
{
	char quote[2] = { 0 };
	size_t len;

	line += strspn(line, " \t");
	len = strlen(key);
	if (strncmp(line, key, len) != 0)
		return false;
	line += len;
	line += strspn(line, " \t");
	if (*line++ != '=')
		return false;
	line += strspn(line, " \t");
	if (*line != '"' && *line != '\'')
		return false;
	quote[0] = *line++;
	len = strcspn(line, quote);
	if (len >= VALUE_SIZE || line[len] != quote[0])
		return false;
	memcpy(value, line, len);
	value[len] = '\0';
	return true;
}

static bool
is_about(const char *text, const char *name, const struct uuid *uuid)
{
	char value[VALUE_SIZE];
	struct uuid u;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (value_of(line, "name", value) && strcmp(value, name) == 0)
			return true;
		if (value_of(line, "uuid", value) && uuid_parse(&u, value) &&
		    uuid_equal(&u, uuid))
			return true;
	}
	return false;
}

/* Its text with a NUL behind it, or NULL. */
static char *
read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(AUTOSTART_FILE_MAX + 1) : NULL;

	*len = text ? fread(text, 1, AUTOSTART_FILE_MAX + 1, f) : 0;
	if (f)
		fclose(f);
	if (!text || *len > AUTOSTART_FILE_MAX) {
		free(text);
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

int
autostart_find(struct autostart *a, const char *root, const char *name,
    const struct uuid *uuid, struct err *err)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *dir;
	int r = 0;

	*a = (struct autostart){ .len = 0 };
	snprintf(path, sizeof(path), "%s" AUTO_FOLDER, root);
	dir = opendir(path);
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && r == 0 && !a->text && (entry = readdir(dir))) {
		char *text;
		size_t len;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s" AUTO_FOLDER "/%s", root, entry->d_name);
		text = read_file(path, &len);
		if (!text || !is_about(text, name, uuid)) {
			free(text);
			continue;
		}
		a->text = text;
		a->len = len;
		if (!text_copy(a->entry, sizeof(a->entry), entry->d_name))
			r = err_set(err, -ENAMETOOLONG, "%s: too long a name", path);
	}
	if (dir)
		closedir(dir);
	return r;
}

void
autostart_deinit(struct autostart *a)
{
	free(a->text);
	*a = (struct autostart){ .len = 0 };
}

/*
 * The note is the entry's name, a NUL, and where the link leads; empty when the entry is
 * the file itself, which is then renamed instead.
 */
int
autostart_take(const char *root, const char *folder, const char *entry)
{
	char path[PATH_SIZE], aside[PATH_SIZE], note[AUTOSTART_NAME + PATH_SIZE];
	size_t n = strlen(entry) + 1;
	ssize_t leads;
	int r;

	snprintf(path, sizeof(path), "%s" AUTO_FOLDER "/%s", root, entry);
	snprintf(aside, sizeof(aside), "%s" XEN_FOLDER "/%s.moved", root, entry);
	memcpy(note, entry, n);
	leads = readlink(path, note + n, PATH_SIZE - 1);
	if (leads < 0 && errno != EINVAL)
		return -errno;
	n += leads > 0 ? (size_t)leads : 0;
	r = folder_write(folder, NOTE, note, n);
	if (r < 0)
		return r;
	r = leads >= 0 ? unlink(path) : rename(path, aside);
	return r < 0 ? -errno : 0;
}

static bool
read_note(const char *folder, char entry[AUTOSTART_NAME], char leads[PATH_SIZE])
{
	char note[AUTOSTART_NAME + PATH_SIZE];
	int n = folder_read(folder, NOTE, note, sizeof(note) - 1);

	if (n <= 0)
		return false;
	note[n] = '\0';
	if (!text_copy(entry, AUTOSTART_NAME, note))
		return false;
	leads[0] = '\0';
	if ((size_t)n > strlen(note) + 1)
		text_copy(leads, PATH_SIZE, note + strlen(note) + 1);
	return true;
}

int
autostart_put_back(const char *root, const char *folder)
{
	char path[PATH_SIZE], aside[PATH_SIZE], entry[AUTOSTART_NAME], leads[PATH_SIZE];
	int r;

	if (!read_note(folder, entry, leads))
		return 0;
	snprintf(path, sizeof(path), "%s" AUTO_FOLDER "/%s", root, entry);
	snprintf(aside, sizeof(aside), "%s" XEN_FOLDER "/%s.moved", root, entry);
	r = leads[0] ? symlink(leads, path) : rename(aside, path);
	/* It may have been put back before, by a mover that died then. */
	return r < 0 && errno != EEXIST && errno != ENOENT ? -errno : 0;
}

int
autostart_let_go(const char *root, const char *folder)
{
	char path[PATH_SIZE], aside[PATH_SIZE], entry[AUTOSTART_NAME], leads[PATH_SIZE];
	char name[AUTOSTART_NAME];
	const char *last;

	if (!read_note(folder, entry, leads) || !leads[0])
		return 0;
	last = strrchr(leads, '/');
	if (!text_copy(name, sizeof(name), last ? last + 1 : leads))
		return -ENAMETOOLONG;
	snprintf(path, sizeof(path), "%s" XEN_FOLDER "/%s", root, name);
	snprintf(aside, sizeof(aside), "%s" XEN_FOLDER "/%s.moved", root, name);
	return rename(path, aside) < 0 && errno != ENOENT ? -errno : 0;
}

static const char *
forbidden(const char *text)
{
	static const char *const words[] = { "script", "bootloader", "device_model",
		"stubdomain", "firmware", "p9", "channel", "loader", "colo" };

	for (const char *line = text; line; line = strchr(line, '\n')) {
		char copy[1024];
		line += *line == '\n';
		if (line[strspn(line, " \t")] == '#')
			continue;
		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strstr(copy, words[i]))
				return words[i];
	}
	return NULL;
}

static int
write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	if (write(fd, text, len) != (ssize_t)len || fsync(fd) < 0)
		r = errno ? -errno : -EIO;
	close(fd);
	if (r < 0)
		unlink(path);
	return r;
}

int
autostart_make(
    const char *root, const char *name, const char *text, size_t len, struct err *err)
{
	char path[PATH_SIZE], leads[PATH_SIZE], why[128];
	const char *word = forbidden(text);
	int r;

	if (strchr(name, '/') || name[0] == '.')
		return err_set(err, -EPERM, "%s is no name of a file", name);
	if (strlen(text) != len || word)
		return err_set(err, -EPERM,
		    "its file says \"%s\", which is not taken from "
		    "another host",
		    word ? word : "a NUL");
	snprintf(path, sizeof(path), "%s" XEN_FOLDER "/%s.cfg", root, name);
	r = write_file(path, text, len);
	if (r == 0) {
		snprintf(path, sizeof(path), "%s" AUTO_FOLDER, root);
		mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s" AUTO_FOLDER "/%s.cfg", root, name);
		snprintf(leads, sizeof(leads), "../%s.cfg", name);
		if (symlink(leads, path) < 0 && errno != EEXIST)
			r = -errno;
	}
	if (r < 0)
		return err_set(err, r, "%s: %s", path, err_text(why, sizeof(why), r));
	return 0;
}
