#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sysfs.h"
#include "base/text.h"

static void
make_path(char path[SYSFS_PATH], const char *root, const char *fmt, va_list ap)
{
	int n = snprintf(path, SYSFS_PATH, "%s", root);

	if (n >= 0 && n < SYSFS_PATH)
		vsnprintf(path + n, (size_t)(SYSFS_PATH - n), fmt, ap);
}

static ssize_t
read_path(void *buf, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -errno : read(fd, buf, size);

	if (fd >= 0 && n < 0)
		n = -errno;
	if (fd >= 0)
		close(fd);
	return n;
}

ssize_t
sysfs_read(void *buf, size_t size, const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH];
	va_list ap;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	return read_path(buf, size, path);
}

bool
sysfs_text(char *text, size_t size, const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH];
	va_list ap;
	ssize_t n;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	n = read_path(text, size - 1, path);
	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return n >= 0;
}

uint64_t
sysfs_number(uint64_t fallback, const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH], text[64], *end;
	va_list ap;
	uint64_t v;
	ssize_t n;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	n = read_path(text, sizeof(text) - 1, path);
	if (n <= 0)
		return fallback;
	text[n] = '\0';
	v = strtoull(text, &end, 0);
	return end == text ? fallback : v;
}

bool
sysfs_exists(const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH];
	va_list ap;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	return access(path, F_OK) == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int
sysfs_list(char (*names)[SYSFS_NAME], int max, const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH];
	const struct dirent *e;
	va_list ap;
	int n = 0;
	DIR *d;

	va_start(ap, fmt);
	make_path(path, root, fmt, ap);
	va_end(ap);
	d = opendir(path);
	if (!d)
		return 0;
	/* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (n < max && (e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    text_copy(names[n], sizeof(names[n]), e->d_name))
			n++;
	closedir(d);
	qsort(names, (size_t)n, sizeof(names[0]), by_name);
	return n;
}
