#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/value.h"

enum { BAR = 20, MIB = 1 << 20 };

/* Memory is sent more than once where the guest writes to it: never over 100. */
static int64_t
percent(const json_t *order)
{
	int64_t whole = value_count(order, "memory_kib") * 1024;
	int64_t done = value_count(order, "bytes");

	if (whole <= 0)
		return 0;
	return done >= whole ? 100 : done * 100 / whole;
}

char *
progress_text(char *buf, const json_t *order)
{
	const char *state = value_text(order, "state"),
		   *phase = value_text(order, "phase");
	int64_t bytes = value_count(order, "bytes"), rate;

	if (state && strcmp(state, "taken") != 0) {
		snprintf(buf, PROGRESS_SIZE, "%.24s", state);
		return buf;
	}
	if (bytes <= 0) {
		snprintf(buf, PROGRESS_SIZE, "%.24s", phase ? phase : "taken");
		return buf;
	}
	rate = value_count(order, "bytes_per_s");
	snprintf(buf, PROGRESS_SIZE,
	    "%.24s %" PRId64 "%%, %" PRId64 " of %" PRId64 " MiB, %" PRId64 " MiB/s",
	    phase ? phase : "?", percent(order), bytes / MIB,
	    value_count(order, "memory_kib") / 1024, rate / MIB);
	return buf;
}

char *
progress_took(char *buf, const json_t *order)
{
	int64_t bytes = value_count(order, "bytes"), ms = value_count(order, "copy_ms"),
		pause = value_count(order, "pause_ms");
	char age[VALUE_SIZE];
	int n = 0;

	buf[0] = '\0';
	if (bytes > 0)
		n = snprintf(buf, PROGRESS_SIZE, ", %" PRId64 " MiB", bytes / MIB);
	if (bytes > 0 && ms > 0)
		n += snprintf(
		    buf + n, PROGRESS_SIZE - (size_t)n, " in %s", value_age(age, ms));
	if (pause > 0 && pause < 1000)
		snprintf(
		    buf + n, PROGRESS_SIZE - (size_t)n, ", paused %" PRId64 " ms", pause);
	else if (pause > 0)
		snprintf(buf + n, PROGRESS_SIZE - (size_t)n, ", paused %s",
		    value_age(age, pause));
	return buf;
}

char *
progress_line(const json_t *order)
{
	char text[PROGRESS_SIZE], bar[BAR + 1], *line = NULL;
	int full = (int)(percent(order) * BAR / 100);

	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)full);
	bar[BAR] = '\0';
	if (asprintf(&line, "%s %s -> %s [%s] %s", value_name(order, "guest"),
		value_name(order, "from"), value_name(order, "to"), bar,
		progress_text(text, order)) < 0)
		return NULL;
	return line;
}
