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

int
folder_read(const char *folder, const char *file, void *buf, size_t size)
{
	char path[FOLDER_SIZE];
	size_t len = 0;
	ssize_t n = 1;
	int fd;

	if (!join(path, folder, file))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	while (n > 0 && len < size) {
		n = read(fd, (char *)buf + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n > 0)
		n = read(fd, &(char){ 0 }, 1) > 0 ? -1 : 0;
	close(fd);
	return n < 0 ? (len == size ? -E2BIG : -EIO) : (int)len;
}

static int
write_all(int fd, const void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)data + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

int
folder_write(const char *folder, const char *file, const void *data, size_t len)
{
	char path[FOLDER_SIZE], temporary[FOLDER_SIZE];
	int fd, r;

	if (!join(path, folder, file) ||
	    snprintf(temporary, sizeof(temporary), "%s/.%s", folder, file) >= FOLDER_SIZE)
		return -ENAMETOOLONG;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, data, len);
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

int
folder_remove(const char *run, const char *name)
{
	char path[FOLDER_SIZE];
	struct dirent *entry;
	DIR *dir;
	int r;

	if (!join(path, run, name))
		return -ENAMETOOLONG;
	dir = opendir(path);
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
folder_make(const char *run, const Lifeboat__Order *order, const void *conf,
    size_t conf_size, struct err *err)
{
	char name[FOLDER_NAME], making[FOLDER_NAME + 8], path[FOLDER_SIZE],
	    final[FOLDER_SIZE], text[128];
	size_t len = lifeboat__order__get_packed_size(order);
	uint8_t *packed = malloc(len + 1);
	int r = packed ? 0 : -ENOMEM;

	folder_name(name, order->id);
	snprintf(making, sizeof(making), ".%s", name);
	if (!join(path, run, making) || !join(final, run, name))
		r = -ENAMETOOLONG;
	if (r == 0) {
		lifeboat__order__pack(order, packed);
		folder_remove(run, making);
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
	folder_remove(run, making);
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

static void
clear(const char *run)
{
	struct dirent *entry;
	DIR *dir = opendir(run);

	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    folder_remove(run, entry->d_name) < 0)
			continue;
		log_line(LOG_LEVEL_NOTICE, "order-of-earlier-boot", "order",
		    entry->d_name, NULL);
	}
	if (dir)
		closedir(dir);
}

int
folder_start(const char *run, const struct uuid *boot_id, struct err *err)
{
	struct uuid was;
	char text[128];
	int r = make_path(run);

	if (r == 0 && (folder_read(run, "boot-id", &was, sizeof(was)) != sizeof(was) ||
			  !uuid_equal(&was, boot_id))) {
		clear(run);
		r = folder_write(run, "boot-id", boot_id, sizeof(*boot_id));
	}
	if (r < 0)
		return err_set(err, r, "%s: %s", run, err_text(text, sizeof(text), r));
	return 0;
}
