/*
 * cli/edit: the text of a configuration file, in which single values are set.
 *
 * Comments, order and every line that is not set stay as they are.  It knows the form of
 * such a file (base/conf) and neither files nor what keys there are.
 */
#ifndef CLI_EDIT_H
#define CLI_EDIT_H

#include <stdbool.h>
#include <stddef.h>

enum { EDIT_VALUE = 200, EDIT_SECTION = 200 };

struct edit {
	char **lines; /* owned, each without its newline */
	size_t n, room;
};
#define EDIT_NULL                                                                        \
	{                                                                                \
		NULL, 0, 0                                                               \
	}

/* 0 or -ENOMEM.  The text is copied. */
int edit_init(struct edit *e, const char *text);
void edit_deinit(struct edit *e);

/* The value that counts, and its line, the first being 1.  0: the key is not given. */
size_t edit_get(
    const struct edit *e, const char *section, const char *key, char value[EDIT_VALUE]);

/*
 * In place of the value that counts; else below the comment that shows the default, else
 * at the end of the section, which is made at the end of the text if need be.  0 or
 * -ENOMEM.
 */
int edit_set(struct edit *e, const char *section, const char *key, const char *value);

/* The next section from line *at on, which moves behind it: "host xen01". */
bool edit_section(const struct edit *e, size_t *at, char section[EDIT_SECTION]);

/* The whole, every line with its newline; the caller's.  NULL: out of memory. */
char *edit_text(const struct edit *e);

#endif
