#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole.h"

static int
cannot(struct err *err, int error, const char *what, const char *path)
{
	char why[128];

	return err_set(err, -error, "cannot %s %s: %s", what, path,
	    err_text(why, sizeof(why), error));
}

int
files_lock(const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return cannot(err, errno, "open", folder);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0) {
		int r = cannot(err, errno, "write in", folder);

		close(fd);
		return r;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return err_set(
		    err, -EBUSY, "another init, join or admit is at work in %s", folder);
	}
	return fd;
}

int
files_read(char **text, bool *found, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	char *all;
	size_t n = 0;
	int error = 0;

	*found = f != NULL;
	if (!f && errno != ENOENT)
		return cannot(err, errno, "read", path);
	all = malloc((size_t)FILES_MAX + 1);
	if (f && all) {
		n = fread(all, 1, FILES_MAX, f);
		error = ferror(f) ? EIO : feof(f) ? 0 : EFBIG;
	}
	if (f)
		fclose(f);
	if (!all)
		return err_set(err, -ENOMEM, "out of memory");
	all[n] = '\0';
	if (error == 0 && strlen(all) == n) {
		*text = all;
		return 0;
	}
	free(all);
	return error ? cannot(err, error, "read", path)
		     : err_set(err, -EINVAL, "%s: a NUL byte", path);
}

static int
fill(int fd, const char *text, const struct files_owner *owner)
{
	int r = whole_write(fd, text, strlen(text));

	if (r < 0)
		return -r;
	if (fchown(fd, owner->uid, owner->gid) < 0 || fchmod(fd, owner->mode) < 0 ||
	    fsync(fd) < 0)
		return errno;
	return 0;
}

int
files_prepare(struct files_new *f, const char *path, const char *text,
    const struct files_owner *owner, struct err *err)
{
	struct files_owner as = *owner;
	struct stat st;
	int fd, error;

	f->path_new[0] = '\0';
	if (stat(path, &st) == 0)
		as = (struct files_owner){ st.st_uid, st.st_gid, st.st_mode & 07777 };
	if (!realpath(path, f->path) &&
	    (size_t)snprintf(f->path, sizeof(f->path), "%s", path) >= sizeof(f->path))
		return cannot(err, ENAMETOOLONG, "write", path);
	if (strlen(f->path) + sizeof(".new") > sizeof(f->path_new))
		return cannot(err, ENAMETOOLONG, "write", path);
	stpcpy(stpcpy(f->path_new, f->path), ".new");
	unlink(f->path_new); /* of one that was ended in the middle */
	fd = open(f->path_new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		error = errno;
		f->path_new[0] = '\0';
		return cannot(err, error, "write", path);
	}
	error = fill(fd, text, &as);
	if (close(fd) < 0 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	files_drop(f);
	return cannot(err, error, "write", path);
}

int
files_commit(struct files_new *f, int folder, struct err *err)
{
	if (!f->path_new[0])
		return 0;
	if (rename(f->path_new, f->path) < 0)
		return cannot(err, errno, "write", f->path);
	f->path_new[0] = '\0';
	return fsync(folder) < 0 ? cannot(err, errno, "sync", f->path) : 0;
}

void
files_drop(struct files_new *f)
{
	if (f->path_new[0])
		unlink(f->path_new);
	f->path_new[0] = '\0';
}
