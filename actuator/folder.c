#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "base/log.h"
#include "base/whole.h"

void
folder_name(char out[FOLDER_NAME], const Lifeboat__OrderId *id)
{
	int n =
	    snprintf(out, FOLDER_NAME, "%" PRIu64 ".%" PRIu32 "-", id->term, id->number);

	for (size_t i = 0; i < id->engine.len && (size_t)n + 2 < FOLDER_NAME; i++)
		n += snprintf(
		    out + n, FOLDER_NAME - (size_t)n, "%02x", id->engine.data[i]);
}

static bool
join(char out[FOLDER_SIZE], const char *folder, const char *file)
{
	int n = snprintf(out, FOLDER_SIZE, "%s/%s", folder, file);

	return n > 0 && n < FOLDER_SIZE;
}

/* Where something is made or removed: nobody takes it for what it is not yet, or not any
 * more. */
static bool
join_hidden(char out[FOLDER_SIZE], const char *folder, const char *file)
{
	int n = snprintf(out, FOLDER_SIZE, "%s/.%s", folder, file);

	return n > 0 && n < FOLDER_SIZE;
}

/* A file for reading: its descriptor or -errno. */
static int
open_file(const char *folder, const char *file)
{
	char path[FOLDER_SIZE];
	int fd;

	if (!join(path, folder, file))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

/* Up to size bytes from here on.  How many; -E2BIG: there are more; -EIO. */
static int
read_rest(int fd, void *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size) {
		n = read(fd, (char *)buf + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n > 0)
		n = read(fd, &(char){ 0 }, 1) > 0 ? -1 : 0;
	return n < 0 ? (len == size ? -E2BIG : -EIO) : (int)len;
}

int
folder_read(const char *folder, const char *file, void *buf, size_t size)
{
	int fd = open_file(folder, file), r;

	if (fd < 0)
		return fd;
	r = read_rest(fd, buf, size);
	close(fd);
	return r;
}

int
folder_read_end(const char *folder, const char *file, void *buf, size_t size)
{
	int fd = open_file(folder, file), r;

	if (fd < 0)
		return fd;
	/* One that is shorter is read from where it begins. */
	lseek(fd, -(off_t)size, SEEK_END);
	r = read_rest(fd, buf, size);
	close(fd);
	return r == -E2BIG ? (int)size : r; /* it has grown meanwhile */
}

int
folder_write(const char *folder, const char *file, const void *data, size_t len)
{
	char path[FOLDER_SIZE], temporary[FOLDER_SIZE];
	int fd, r;

	if (!join(path, folder, file) || !join_hidden(temporary, folder, file))
		return -ENAMETOOLONG;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = whole_write(fd, data, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

int
folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0 && errno != EINVAL) /* a file system that knows no such thing */
		r = -errno;
	close(fd);
	return r;
}

bool
folder_has(const char *folder, const char *file)
{
	char path[FOLDER_SIZE];

	return join(path, folder, file) && access(path, F_OK) == 0;
}

int
folder_lock(const char *folder)
{
	char path[FOLDER_SIZE];
	int fd, r;

	if (!join(path, folder, "lock"))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* A folder with its files, or a file. */
static int
erase(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int r;

	if (!dir && errno == ENOTDIR)
		return unlink(path) < 0 ? -errno : 0;
	if (!dir)
		return -errno;
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	r = rmdir(path);
	return r < 0 ? -errno : 0;
}

int
folder_remove(const char *run, const char *name)
{
	char path[FOLDER_SIZE], hidden[FOLDER_SIZE];

	if (!join(path, run, name) || !join_hidden(hidden, run, name))
		return -ENAMETOOLONG;
	/* An order without its state would be taken for one that has not begun. */
	erase(hidden);
	if (rename(path, hidden) < 0)
		return -errno;
	return erase(hidden);
}

int
folder_make(const char *run, const Lifeboat__Order *order, const void *conf,
    size_t conf_size, struct err *err)
{
	char name[FOLDER_NAME], path[FOLDER_SIZE], final[FOLDER_SIZE], text[128];
	size_t len = lifeboat__order__get_packed_size(order);
	uint8_t *packed = malloc(len + 1);
	int r = packed ? 0 : -ENOMEM;

	folder_name(name, order->id);
	if (!join_hidden(path, run, name) || !join(final, run, name))
		r = -ENAMETOOLONG;
	if (r == 0) {
		lifeboat__order__pack(order, packed);
		erase(path);
		if (mkdir(path, 0700) < 0)
			r = -errno;
	}
	if (r == 0)
		r = folder_write(path, "order", packed, len);
	if (r == 0)
		r = folder_write(path, "conf", conf, conf_size);
	if (r == 0 && rename(path, final) < 0)
		r = -errno;
	free(packed);
	if (r == 0)
		return 0;
	if (r != -ENAMETOOLONG)
		erase(path);
	return err_set(err, r, "%s: %s", run, err_text(text, sizeof(text), r));
}

static int
make_path(const char *run)
{
	char path[FOLDER_SIZE];
	size_t len = strlen(run);

	if (len >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, run, len + 1);
	for (size_t i = 1; i <= len; i++) {
		char was = path[i];
		if (was != '/' && was != '\0')
			continue;
		path[i] = '\0';
		if (mkdir(path, was ? 0755 : 0700) < 0 && errno != EEXIST)
			return -errno;
		path[i] = was;
	}
	return 0;
}

/* What was half made or half removed goes, and on another boot all that is there. */
static void
clear(const char *run, bool same_boot)
{
	char path[FOLDER_SIZE];
	struct dirent *entry;
	DIR *dir = opendir(run);

	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		bool hidden = name[0] == '.';

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    (same_boot && !hidden) || !join(path, run, name) || erase(path) < 0)
			continue;
		if (name[0] >= '0' && name[0] <= '9')
			log_line(LOG_LEVEL_NOTICE, "order-of-earlier-boot", "order", name,
			    NULL);
	}
	if (dir)
		closedir(dir);
}

int
folder_start(const char *run, const struct uuid *boot_id, struct err *err)
{
	struct uuid was;
	char text[128];
	bool same_boot;
	int r = make_path(run);

	same_boot = r == 0 &&
		    folder_read(run, "boot-id", &was, sizeof(was)) == sizeof(was) &&
		    uuid_equal(&was, boot_id);
	if (r == 0)
		clear(run, same_boot);
	if (r == 0 && !same_boot)
		r = folder_write(run, "boot-id", boot_id, sizeof(*boot_id));
	if (r < 0)
		return err_set(err, r, "%s: %s", run, err_text(text, sizeof(text), r));
	return 0;
}
