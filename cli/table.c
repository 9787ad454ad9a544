#include "cli/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, WRAP_LEAST = 20 };

struct layout {
	const struct table *table;
	const struct screen *screen;
	size_t width[TABLE_COLUMNS]; /* 0: left out */
	size_t last;                 /* the last column that is printed */
	size_t indent;               /* where that begins */
};

void
table_init(struct table *t, const struct table_column *columns, size_t n)
{
	assert(n > 0 && n <= TABLE_COLUMNS);
	*t = (struct table){ .columns = columns, .n = n };
}

void
table_deinit(struct table *t)
{
	for (size_t i = 0; i < t->used; i++)
		free(t->cells[i].text);
	free(t->cells);
	*t = (struct table){ 0 };
}

static void
grow(struct table *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	struct table_cell *cells = reallocarray(t->cells, room, sizeof(*cells));

	if (!cells) {
		fputs("lifeboat: out of memory\n", stderr);
		exit(EXIT_FAILURE); /* NOLINT(concurrency-mt-unsafe): one thread */
	}
	t->cells = cells;
	t->room = room;
}

void
table_cell(struct table *t, enum tint tint, const char *fmt, ...)
{
	va_list ap;

	if (t->used == t->room)
		grow(t);
	va_start(ap, fmt);
	t->cells[t->used++] = (struct table_cell){ screen_vformat(fmt, ap), tint };
	va_end(ap);
}

static void
measure(struct layout *l)
{
	const struct table *t = l->table;

	for (size_t i = 0; i < t->used; i++) {
		size_t *width = &l->width[i % t->n];
		size_t n = screen_columns(t->cells[i].text);

		*width = n > *width ? n : *width;
	}
	for (size_t c = 0; c < t->n; c++) {
		size_t n = screen_columns(t->columns[c].title);

		if (l->width[c] == 0)
			continue;
		l->width[c] = n > l->width[c] ? n : l->width[c];
		l->last = c;
	}
	for (size_t c = 0; c < l->last; c++)
		l->indent += l->width[c] ? l->width[c] + GAP : 0;
}

static void
pad(const struct layout *l, size_t n)
{
	fprintf(l->screen->out, "%*s", (int)n, "");
}

/* How many bytes of text, which is wider, go on this line; cut at a blank if there is
 * one. */
static size_t
bytes_that_fit(const char *text, size_t columns)
{
	size_t n = 0, blank = 0, end = 0;

	while (text[end]) {
		if (((unsigned char)text[end] & 0xc0) != 0x80 && n++ == columns)
			break;
		if (text[end] == ' ')
			blank = end;
		end++;
	}
	return blank > 0 ? blank : end;
}

static void
print_wrapped(const struct layout *l, const char *text)
{
	const struct screen *s = l->screen;
	size_t room = s->width > l->indent ? s->width - l->indent : 0;

	while (room >= WRAP_LEAST && screen_columns(text) > room) {
		size_t n = bytes_that_fit(text, room);

		fprintf(s->out, "%.*s\n", (int)n, text);
		pad(l, l->indent);
		text += n;
		text += strspn(text, " ");
	}
	fputs(text, s->out);
}

static void
print_cell(const struct layout *l, size_t column, const struct table_cell *cell)
{
	const struct screen *s = l->screen;
	size_t n = screen_columns(cell->text);
	size_t space = l->width[column] > n ? l->width[column] - n : 0;

	if (l->table->columns[column].right)
		pad(l, space);
	fputs(screen_tint(s, cell->tint), s->out);
	if (column == l->last)
		print_wrapped(l, cell->text);
	else
		fputs(cell->text, s->out);
	fputs(screen_untint(s, cell->tint), s->out);
	if (column == l->last)
		return;
	pad(l, GAP + (l->table->columns[column].right ? 0 : space));
}

static void
print_titles(const struct layout *l)
{
	const struct table *t = l->table;

	for (size_t c = 0; c <= l->last; c++) {
		struct table_cell cell = { (char *)t->columns[c].title, TINT_BOLD };

		if (l->width[c])
			print_cell(l, c, &cell);
	}
	fputc('\n', l->screen->out);
	if (!l->screen->terminal)
		return;
	for (size_t c = 0; c <= l->last; c++) {
		size_t n =
		    c == l->last ? screen_columns(t->columns[c].title) : l->width[c];

		for (size_t i = 0; l->width[c] && i < n; i++)
			fputc('-', l->screen->out);
		if (l->width[c] && c < l->last)
			pad(l, GAP);
	}
	fputc('\n', l->screen->out);
}

void
table_print(const struct table *t, const struct screen *s)
{
	struct layout l = { .table = t, .screen = s };

	if (t->used == 0)
		return;
	measure(&l);
	print_titles(&l);
	for (size_t i = 0; i < t->used; i++) {
		size_t c = i % t->n;

		if (c <= l.last && l.width[c])
			print_cell(&l, c, &t->cells[i]);
		if (c == t->n - 1)
			fputc('\n', s->out);
	}
}
