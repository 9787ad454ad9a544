/*
 * base/sysfs: small files of /sys as values.  Every path is taken below a root, "" in
 * production and a tree of the test's own otherwise.
 */
#ifndef BASE_SYSFS_H
#define BASE_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SYSFS_PATH = 1024, SYSFS_NAME = 64 };

/* Bytes read into buf, or -errno. */
ssize_t sysfs_read(void *buf, size_t size, const char *root, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The first line without its newline; false, and text empty, when it cannot be read. */
bool sysfs_text(char *text, size_t size, const char *root, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The number the file begins with, in strtoull's base 0; fallback otherwise. */
uint64_t sysfs_number(uint64_t fallback, const char *root, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

bool sysfs_exists(const char *root, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Names in a folder, sorted: max of them, whichever come first there, and those of
 * SYSFS_NAME bytes or more left out.  How many; 0 when it is not there.
 */
int sysfs_list(char (*names)[SYSFS_NAME], int max, const char *root, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
