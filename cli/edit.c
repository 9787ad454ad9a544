#include "cli/edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int
insert(struct edit *e, size_t at, char *line)
{
	char **more;

	if (!line)
		return -ENOMEM;
	if (e->n == e->room) {
		more = realloc(e->lines, (e->room * 2 + 16) * sizeof(*more));
		if (!more) {
			free(line);
			return -ENOMEM;
		}
		e->lines = more;
		e->room = e->room * 2 + 16;
	}
	memmove(e->lines + at + 1, e->lines + at, (e->n - at) * sizeof(*e->lines));
	e->lines[at] = line;
	e->n++;
	return 0;
}

int
edit_init(struct edit *e, const char *text)
{
	int r = 0;

	*e = (struct edit)EDIT_NULL;
	while (*text && r == 0) {
		size_t len = strcspn(text, "\n");

		r = insert(e, e->n, strndup(text, len));
		text += len + (text[len] == '\n');
	}
	if (r < 0)
		edit_deinit(e);
	return r;
}

void
edit_deinit(struct edit *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->lines[i]);
	free(e->lines);
	*e = (struct edit)EDIT_NULL;
}

static bool
is_section(const char *line, char section[EDIT_SECTION])
{
	size_t len;

	if (line[0] != '[')
		return false;
	len = strcspn(line + 1, "]");
	if (line[1 + len] != ']' || len >= EDIT_SECTION)
		return false;
	memcpy(section, line + 1, len);
	section[len] = '\0';
	return true;
}

/* The bytes before a comment, which a ';' behind a blank begins. */
static size_t
before_comment(const char *text)
{
	size_t n;

	for (n = 0; text[n]; n++)
		if (text[n] == ';' && n > 0 && strchr(" \t", text[n - 1]))
			break;
	return n;
}

/* "key = value" with that key; the value's bytes within line. */
static bool
is_key(const char *line, const char *key, const char **value, size_t *len)
{
	const size_t n = strlen(key);
	const char *end;

	if (strncmp(line, key, n) != 0)
		return false;
	line += n + strspn(line + n, " \t");
	if (*line != '=' && *line != ':')
		return false;
	line++;
	end = line + before_comment(line);
	line += strspn(line, " \t");
	while (end > line && strchr(" \t\r", end[-1]))
		end--;
	*value = line;
	*len = (size_t)(end - line);
	return true;
}

/* Where a key stands in its section, and where it would stand; as line numbers, 0:
 * nowhere. */
struct spot {
	size_t given, shown, last;
};

static struct spot
find(const struct edit *e, const char *section, const char *key)
{
	struct spot spot = { 0, 0, 0 };
	char here[EDIT_SECTION] = "";
	const char *value;
	size_t len;

	for (size_t i = 0; i < e->n; i++) {
		const char *line = e->lines[i];
		bool heading = is_section(line, here);

		if (strcmp(here, section) != 0)
			continue;
		/* A comment may belong to the section that follows. */
		if (heading || (line[strspn(line, " \t\r")] && line[0] != '#'))
			spot.last = i + 1;
		if (is_key(line, key, &value, &len))
			spot.given = i + 1;
		if (line[0] == '#' && is_key(line + 1, key, &value, &len))
			spot.shown = i + 1;
	}
	return spot;
}

size_t
edit_get(
    const struct edit *e, const char *section, const char *key, char value[EDIT_VALUE])
{
	struct spot spot = find(e, section, key);
	const char *at;
	size_t len;

	value[0] = '\0';
	if (!spot.given || !is_key(e->lines[spot.given - 1], key, &at, &len))
		return 0;
	snprintf(value, EDIT_VALUE, "%.*s", (int)len, at);
	return spot.given;
}

static char *
joined(const char *a, const char *b, const char *c)
{
	char *line;

	return asprintf(&line, "%s%s%s", a, b, c) < 0 ? NULL : line;
}

int
edit_set(struct edit *e, const char *section, const char *key, const char *value)
{
	struct spot spot = find(e, section, key);
	char *line = joined(key, " = ", value);
	int r = 0;

	if (!line)
		return -ENOMEM;
	if (spot.given) {
		free(e->lines[spot.given - 1]);
		e->lines[spot.given - 1] = line;
		return 0;
	}
	if (spot.shown || spot.last)
		return insert(e, spot.shown ? spot.shown : spot.last, line);
	if (e->n > 0)
		r = insert(e, e->n, strdup(""));
	if (r == 0)
		r = insert(e, e->n, joined("[", section, "]"));
	if (r == 0)
		return insert(e, e->n, line);
	free(line);
	return r;
}

bool
edit_section(const struct edit *e, size_t *at, char section[EDIT_SECTION])
{
	while (*at < e->n)
		if (is_section(e->lines[(*at)++], section))
			return true;
	return false;
}

char *
edit_text(const struct edit *e)
{
	size_t size = 1, at = 0;
	char *text;

	for (size_t i = 0; i < e->n; i++)
		size += strlen(e->lines[i]) + 1;
	text = malloc(size);
	if (!text)
		return NULL;
	for (size_t i = 0; i < e->n; i++)
		at += (size_t)snprintf(text + at, size - at, "%s\n", e->lines[i]);
	text[at] = '\0';
	return text;
}
