#include "actuator/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIB_PER_MIB = 1024 };

/* A line: the key, blanks, a colon, a blank, the value. */
void
info_value(char *value, size_t size, const char *text, const char *key)
{
	const size_t len = strlen(key);

	value[0] = '\0';
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *colon;

		line += *line == '\n';
		if (strncmp(line, key, len) != 0)
			continue;
		colon = line + len + strspn(line + len, " ");
		if (*colon != ':')
			continue;
		colon++;
		colon += strspn(colon, " ");
		snprintf(value, size, "%.*s", (int)strcspn(colon, "\n"), colon);
		return;
	}
}

static uint64_t
number(const char *text, const char *key)
{
	char value[32];

	info_value(value, sizeof(value), text, key);
	return strtoull(value, NULL, 10);
}

bool
info_has_word(const char *words, const char *word)
{
	const size_t len = strlen(word);

	for (const char *at = words + strspn(words, " "); *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && strncmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

bool
info_parse(struct info *out, const char *text)
{
	char caps[256];

	info_value(caps, sizeof(caps), text, "virt_caps");
	info_value(out->capabilities, sizeof(out->capabilities), text, "xen_caps");
	info_value(out->command_line, sizeof(out->command_line), text, "xen_commandline");
	out->major = (uint32_t)number(text, "xen_major");
	out->minor = (uint32_t)number(text, "xen_minor");
	out->free_kib = number(text, "free_memory") * KIB_PER_MIB;
	out->hap = info_has_word(caps, "hap");
	return out->major != 0;
}
