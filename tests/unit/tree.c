#include "tests/unit/tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_all.h"

#define TEMPLATE "/tmp/lifeboat-XXXXXX"

enum { PLACES = 4, PLACE = 512 };

char tree[] = TEMPLATE;

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int
tree_make(void **state)
{
	(void)state;
	memcpy(tree, TEMPLATE, sizeof(tree));
	return mkdtemp(tree) ? 0 : -1;
}

int
tree_remove(void **state)
{
	(void)state;
	return nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char *
place(const char *fmt, va_list ap)
{
	static char places[PLACES][PLACE];
	static unsigned next;
	char *at = places[next++ % PLACES];
	size_t len = strlen(tree);

	memcpy(at, tree, len);
	assert_true(vsnprintf(at + len, PLACE - len, fmt, ap) < (int)(PLACE - len));
	return at;
}

char *
tree_path(const char *fmt, ...)
{
	va_list ap;
	char *at;

	va_start(ap, fmt);
	at = place(fmt, ap);
	va_end(ap);
	return at;
}

static void
make_folders_of(char *path)
{
	for (char *p = path + sizeof(tree); (p = strchr(p, '/')); p++) {
		*p = '\0';
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
}

static void
write_file(char *path, const void *data, size_t len)
{
	FILE *f;

	make_folders_of(path);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void
tree_put(const char *text, const char *fmt, ...)
{
	va_list ap;
	char *at;

	va_start(ap, fmt);
	at = place(fmt, ap);
	va_end(ap);
	write_file(at, text, strlen(text));
}

void
tree_put_bytes(const void *data, size_t len, const char *path)
{
	write_file(tree_path("%s", path), data, len);
}

void
tree_link(const char *target, const char *path)
{
	char *at = tree_path("%s", path);

	make_folders_of(at);
	assert_int_equal(symlink(target, at), 0);
}

void
tree_folder(const char *path)
{
	char *at = tree_path("%s", path);

	make_folders_of(at);
	assert_int_equal(mkdir(at, 0755), 0);
}

void
tree_drop(const char *path)
{
	assert_int_equal(
	    nftw(tree_path("%s", path), remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}
