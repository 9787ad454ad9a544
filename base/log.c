#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum { LINE_SIZE = 2048, RING = 16, RING_TEXT = 256 };

static enum log_level max_level = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
	max_level = level;
}

/* A word stands as it is; anything else is escaped and quoted. */
static void
append_value(char *line, size_t *len, const char *value)
{
	char escaped[512];
	size_t room = LINE_SIZE - *len;

	text_escape(escaped, sizeof(escaped), value);
	if (*value && strcmp(escaped, value) == 0)
		*len += (size_t)snprintf(line + *len, room, "%s", value);
	else
		*len += (size_t)snprintf(line + *len, room, "\"%s\"", escaped);
	if (*len > LINE_SIZE - 2)
		*len = LINE_SIZE - 2;
}

void
log_line(enum log_level level, const char *id, ...)
{
	char line[LINE_SIZE];
	size_t len;
	const char *key, *value;
	va_list ap;

	if (level > max_level)
		return;

	len = (size_t)snprintf(line, sizeof(line), "<%d>%s", (int)level, id);
	va_start(ap, id);
	while ((key = va_arg(ap, const char *))) {
		value = va_arg(ap, const char *);
		if (!value || len + strlen(key) + 8 > sizeof(line))
			continue;
		len += (size_t)snprintf(line + len, sizeof(line) - len, " %s=", key);
		append_value(line, &len, value);
	}
	va_end(ap);
	line[len++] = '\n';

	/* One write a line: lines of several processes on one pipe stay whole. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

static char *
ring_next(void)
{
	static char ring[RING][RING_TEXT];
	static unsigned int next;

	return ring[next++ % RING];
}

const char *
log_int(int64_t n)
{
	char *buf = ring_next();

	snprintf(buf, RING_TEXT, "%" PRId64, n);
	return buf;
}

const char *
log_text(const char *fmt, ...)
{
	char *buf = ring_next();
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, RING_TEXT, fmt, ap);
	va_end(ap);
	return buf;
}
