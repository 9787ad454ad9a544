/*
 * cli/screen: where text for people goes.
 *
 * Names and sentences come from elsewhere and may hold anything.  Every line and every
 * cell passes screen_escape(), so no byte from outside can steer a terminal; nothing in
 * cli prints an answer's text in another way, except as JSON.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum tint { TINT_NONE, TINT_BOLD, TINT_DIM, TINT_GOOD, TINT_WARN, TINT_BAD };

enum screen_color { COLOR_AUTO, COLOR_NEVER, COLOR_ALWAYS };

struct screen {
	FILE *out;
	bool terminal;
	bool color;
	size_t width; /* of the terminal in columns; 0: lines may be of any length */
};

void screen_init(struct screen *s, FILE *out, enum screen_color color);

/* One line.  An allocation that fails ends the program. */
void screen_line(const struct screen *s, enum tint tint, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* One line that takes one row of a terminal, whatever is in it: the rest is cut off. */
void screen_row(const struct screen *s, const char *text);

/*
 * A copy (the caller's, never NULL) with control characters, characters that change
 * the direction or hide, and what is no UTF-8 as \xNN.  Blanks and letters of any
 * language stay readable.
 */
char *screen_escape(const char *text);

/* printf into a new string, escaped; the caller's, never NULL. */
char *screen_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *screen_vformat(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Columns an escaped text takes: its characters. */
size_t screen_columns(const char *text);

/* What goes before and after tinted text; "" without color. */
const char *screen_tint(const struct screen *s, enum tint tint);
const char *screen_untint(const struct screen *s, enum tint tint);

#endif
