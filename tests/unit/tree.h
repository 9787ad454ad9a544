/*
 * tests/unit/tree: a folder of the test's own, and what stands in it.
 *
 * Paths begin with a slash and are taken below the folder.  What cannot be made fails the
 * test.
 */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include <stddef.h>

/* The folder's own path. */
extern char tree[];

/* cmocka's fixtures: an empty folder, and no folder any more. */
int tree_make(void **state);
int tree_remove(void **state);

/* Where that is; good until the fourth call from now. */
char *tree_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A file with that text in place of what is there, and the folders that it is in. */
void tree_put(const char *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void tree_put_bytes(const void *data, size_t len, const char *path);
/* A symbolic link, and the folders that it is in. */
void tree_link(const char *target, const char *path);
void tree_folder(const char *path);
/* That, and all that is in it, goes. */
void tree_drop(const char *path);

#endif
