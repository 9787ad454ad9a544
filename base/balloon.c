#include "base/balloon.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

/* libxl would leave it 128 MiB, with which no dom0 carries a guest. */
static const uint64_t dom0_keeps = UINT64_C(512) * 1024;

bool
balloon_is_fixed(const char *command_line)
{
#define SIZE "-?[0-9]+[bBkKmMgGtT]?"
	static const char pattern[] =
	    "(^| )dom0_mem=((|min:|max:)(" SIZE "|(" SIZE "\\+)?[0-9]{1,2}%),?)+($| )";
#undef SIZE
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_NOSUB | REG_EXTENDED) != 0)
		return false;
	found = regexec(&regex, command_line, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

/* The word that xl.conf gives to autoballoon, "auto" when it gives none. */
static void
read_word(char word[8], const char *xl_conf)
{
	FILE *f = fopen(xl_conf, "re");
	char line[512], value[8];

	snprintf(word, 8, "auto");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " autoballoon = %*1[\"']%7[a-z01]", value) == 1 ||
		    sscanf(line, " autoballoon = %7[a-z01]", value) == 1)
			memcpy(word, value, sizeof(value));
	if (f)
		fclose(f);
}

bool
balloon_is_on(const char *xl_conf, const char *command_line)
{
	char word[8];

	read_word(word, xl_conf);
	if (strcmp(word, "on") == 0 || strcmp(word, "1") == 0)
		return true;
	if (strcmp(word, "off") == 0 || strcmp(word, "0") == 0)
		return false;
	return !command_line || !balloon_is_fixed(command_line);
}

uint64_t
balloon_gives(uint64_t dom0_kib)
{
	return dom0_kib > dom0_keeps ? dom0_kib - dom0_keeps : 0;
}
