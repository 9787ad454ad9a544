#include "cli/screen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

static const char *const tints[] = {
	[TINT_NONE] = "",
	[TINT_BOLD] = "\x1b[1m",
	[TINT_DIM] = "\x1b[2m",
	[TINT_GOOD] = "\x1b[32m",
	[TINT_WARN] = "\x1b[33m",
	[TINT_BAD] = "\x1b[1;31m",
};

/* Characters that print nothing or turn text around: they would hide what is there. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	/* clang-format off */
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x061c, 0x061c },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	/* clang-format on */
};

static void *
or_die(void *p)
{
	if (!p) {
		fputs("lifeboat: out of memory\n", stderr);
		exit(EXIT_FAILURE); /* NOLINT(concurrency-mt-unsafe): one thread */
	}
	return p;
}

void
screen_init(struct screen *s, FILE *out, enum screen_color color)
{
	struct winsize size;

	*s = (struct screen){ .out = out, .terminal = isatty(fileno(out)) == 1 };
	s->color = color == COLOR_ALWAYS || (color == COLOR_AUTO && s->terminal);
	if (s->terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		s->width = size.ws_col;
}

static bool
is_hidden(uint32_t c)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (c >= hidden[i].first && c <= hidden[i].last)
			return true;
	}
	return false;
}

char *
screen_escape(const char *text)
{
	size_t left = strlen(text), n;
	char *out = or_die(malloc(4 * left + 1)), *q = out;

	for (; left > 0; text += n, left -= n) {
		uint32_t c;

		n = text_utf8(text, left, &c);
		if (n > 0 && !is_hidden(c)) {
			memcpy(q, text, n);
			q += n;
			continue;
		}
		n = n > 0 ? n : 1;
		for (size_t i = 0; i < n; i++)
			q += snprintf(q, 5, "\\x%02x", (unsigned char)text[i]);
	}
	*q = '\0';
	return out;
}

char *
screen_vformat(const char *fmt, va_list ap)
{
	char *raw = NULL, *safe;

	if (vasprintf(&raw, fmt, ap) < 0)
		raw = NULL;
	safe = screen_escape(or_die(raw));
	free(raw);
	return safe;
}

char *
screen_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = screen_vformat(fmt, ap);
	va_end(ap);
	return text;
}

void
screen_line(const struct screen *s, enum tint tint, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = screen_vformat(fmt, ap);
	va_end(ap);
	fprintf(s->out, "%s%s%s\n", screen_tint(s, tint), text, screen_untint(s, tint));
	free(text);
}

void
screen_row(const struct screen *s, const char *text)
{
	char *safe = screen_escape(text), *end = safe;
	size_t columns = 0;

	/* At the last column some terminals begin a new row already. */
	while (*end && (s->width == 0 || columns + 1 < s->width)) {
		end++;
		while (((unsigned char)*end & 0xc0) == 0x80)
			end++;
		columns++;
	}
	fprintf(s->out, "%.*s\n", (int)(end - safe), safe);
	free(safe);
}

size_t
screen_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

const char *
screen_tint(const struct screen *s, enum tint tint)
{
	return s->color ? tints[tint] : "";
}

const char *
screen_untint(const struct screen *s, enum tint tint)
{
	return s->color && tint != TINT_NONE ? "\x1b[0m" : "";
}
