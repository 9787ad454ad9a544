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

enum { PATH_SIZE = 512, VALUE_SIZE = 256, NOTE_SIZE = 64 };

/* What was taken away, as the note says. */
struct note {
	char entry[AUTOSTART_NAME];
	char leads[PATH_SIZE]; /* what the link said; "": it was the file itself */
	char file[PATH_SIZE];  /* where that is, inside /etc/xen; "": elsewhere */
};

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

bool
autostart_is_about(const char *text, const char *name, const struct uuid *uuid)
{
	char value[VALUE_SIZE];
	struct uuid u;

	for (const char *line = text; line; line = strpbrk(line, "\n;")) {
		line += *line == '\n' || *line == ';';
		if (value_of(line, "name", value) && strcmp(value, name) == 0)
			return true;
		if (value_of(line, "uuid", value) && uuid_parse(&u, value) &&
		    uuid_equal(&u, uuid))
			return true;
	}
	return false;
}

char *
autostart_read(const char *path, size_t *len)
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

/* One more entry; it is the guest's, or not. */
static int
look_at(struct autostart *a, const char *path, const char *name, const struct uuid *uuid,
    struct err *err)
{
	const char *entry = strrchr(path, '/') + 1;
	size_t len;
	char *text = autostart_read(path, &len);

	if (!text || !autostart_is_about(text, name, uuid)) {
		free(text);
		return 0;
	}
	if (a->text) {
		free(text);
		return err_set(err, -ENOTUNIQ,
		    "%s and %s in " AUTOSTART_AUTO " both start it: leave one", a->entry,
		    entry);
	}
	a->text = text;
	a->len = len;
	if (!text_copy(a->entry, sizeof(a->entry), entry))
		return err_set(err, -ENAMETOOLONG, "%s: too long a name", path);
	return 0;
}

int
autostart_find(struct autostart *a, const char *root, const char *name,
    const struct uuid *uuid, struct err *err)
{
	char path[PATH_SIZE], why[128];
	struct dirent *entry;
	DIR *dir;
	int r = 0;

	*a = (struct autostart){ .len = 0 };
	snprintf(path, sizeof(path), "%s" AUTOSTART_AUTO, root);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0
				       : err_set(err, -errno, "%s: %s", path,
					     err_text(why, sizeof(why), errno));
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (r == 0 && (entry = readdir(dir))) {
		snprintf(
		    path, sizeof(path), "%s" AUTOSTART_AUTO "/%s", root, entry->d_name);
		if (entry->d_name[0] != '.')
			r = look_at(a, path, name, uuid, err);
	}
	closedir(dir);
	if (r < 0)
		autostart_deinit(a);
	return r;
}

void
autostart_deinit(struct autostart *a)
{
	free(a->text);
	*a = (struct autostart){ .len = 0 };
}

static const char *
note_name(char name[NOTE_SIZE], const struct uuid *uuid)
{
	char text[UUID_TEXT_SIZE];

	uuid_format(text, uuid);
	snprintf(name, NOTE_SIZE, "autostart.%s", text);
	return name;
}

static bool
read_note(struct note *note, const char *run, const struct uuid *uuid)
{
	char name[NOTE_SIZE];

	return folder_read(run, note_name(name, uuid), note, sizeof(*note)) ==
	       sizeof(*note);
}

void
autostart_forget(const char *run, const struct uuid *uuid)
{
	char path[PATH_SIZE], name[NOTE_SIZE];

	snprintf(path, sizeof(path), "%s/%s", run, note_name(name, uuid));
	unlink(path);
}

bool
autostart_is_taken(const char *run, const struct uuid *uuid)
{
	char name[NOTE_SIZE];

	return folder_has(run, note_name(name, uuid));
}

/* Where a link ends, if that is inside /etc/xen: nothing else is ours to rename. */
static void
follow(char file[PATH_SIZE], const char *root, const char *link)
{
	char path[PATH_SIZE], *to = realpath(link, NULL), *inside;
	size_t len;

	snprintf(path, sizeof(path), "%s" AUTOSTART_XEN, root);
	inside = realpath(path, NULL);
	len = inside ? strlen(inside) : 0;
	file[0] = '\0';
	if (to && inside && strncmp(to, inside, len) == 0 && to[len] == '/')
		text_copy(file, PATH_SIZE, to);
	free(inside);
	free(to);
}

static int
sync_folders(const char *root)
{
	char path[PATH_SIZE];
	int r;

	snprintf(path, sizeof(path), "%s" AUTOSTART_AUTO, root);
	r = folder_sync(path);
	snprintf(path, sizeof(path), "%s" AUTOSTART_XEN, root);
	return r < 0 ? r : folder_sync(path);
}

int
autostart_take(
    const char *root, const char *run, const struct uuid *uuid, const char *entry)
{
	char path[PATH_SIZE], aside[PATH_SIZE], name[NOTE_SIZE];
	struct note note = { .leads = "" };
	int r;

	snprintf(path, sizeof(path), "%s" AUTOSTART_AUTO "/%s", root, entry);
	snprintf(aside, sizeof(aside), "%s" AUTOSTART_XEN "/%s.moved", root, entry);
	if (!text_copy(note.entry, sizeof(note.entry), entry))
		return -ENAMETOOLONG;
	if (readlink(path, note.leads, sizeof(note.leads) - 1) < 0 && errno != EINVAL)
		return -errno;
	if (note.leads[0])
		follow(note.file, root, path);
	r = folder_write(run, note_name(name, uuid), &note, sizeof(note));
	if (r == 0 && (note.leads[0] ? unlink(path) : rename(path, aside)) < 0)
		r = -errno;
	return r < 0 ? r : sync_folders(root);
}

/* The link is there as it was; a mover that died may have made it. */
static int
make_link(const char *path, const char *leads)
{
	char was[PATH_SIZE] = "";

	if (symlink(leads, path) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	return readlink(path, was, sizeof(was) - 1) > 0 && strcmp(was, leads) == 0
		   ? 0
		   : -EEXIST;
}

static bool
is_one_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return lstat(a, &sa) == 0 && lstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* A mover that died may have come half-way, or further. */
static int
take_from_aside(const char *path, const char *aside)
{
	int r =
	    link(aside, path) < 0 ? -errno : 0; /* replaces nothing, as rename() does */

	if (r == -ENOENT)
		return access(path, F_OK) == 0 ? 0 : r;
	if (r < 0 && !(r == -EEXIST && is_one_file(path, aside)))
		return r;
	return unlink(aside) < 0 ? -errno : 0;
}

int
autostart_put_back(const char *root, const char *run, const struct uuid *uuid)
{
	char path[PATH_SIZE * 2], aside[PATH_SIZE * 2];
	struct note note;
	int r;

	if (!read_note(&note, run, uuid))
		return 0;
	snprintf(path, sizeof(path), "%s" AUTOSTART_AUTO "/%s", root, note.entry);
	snprintf(aside, sizeof(aside), "%s" AUTOSTART_XEN "/%s.moved", root, note.entry);
	r = note.leads[0] ? make_link(path, note.leads) : take_from_aside(path, aside);
	if (r == 0)
		r = sync_folders(root);
	if (r == 0)
		autostart_forget(run, uuid);
	return r;
}

int
autostart_let_go(const char *root, const char *run, const struct uuid *uuid)
{
	char aside[PATH_SIZE + sizeof(".moved")];
	struct note note;
	int r = 0;

	if (!read_note(&note, run, uuid))
		return 0;
	snprintf(aside, sizeof(aside), "%s.moved", note.file);
	if (note.file[0] && rename(note.file, aside) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = sync_folders(root);
	if (r == 0)
		autostart_forget(run, uuid);
	return r;
}
