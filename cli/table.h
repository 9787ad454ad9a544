/*
 * cli/table: aligned columns.
 *
 * A column without any text is left out.  On a terminal there is a rule under the
 * titles and the last column is wrapped at the terminal's width; elsewhere a row is one
 * line.  Nothing is ever cut off.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/screen.h"

enum { TABLE_COLUMNS = 12 };

struct table_column {
	const char *title;
	bool right; /* numbers */
};

struct table_cell {
	char *text; /* escaped; owned */
	enum tint tint;
};

struct table {
	const struct table_column *columns;
	size_t n;
	struct table_cell *cells; /* owned, row by row */
	size_t used, room;
};

/* n is at most TABLE_COLUMNS; columns must outlive the table. */
void table_init(struct table *t, const struct table_column *columns, size_t n);
void table_deinit(struct table *t);

/* The next cell of the row; after the last column a new row begins. */
void table_cell(struct table *t, enum tint tint, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void table_print(const struct table *t, const struct screen *s);

#endif
