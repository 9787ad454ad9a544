#include "actuator/journal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "actuator/folder.h"

bool
journal_write(int fd, const char *word)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%s\n", word);

	if (write(fd, line, (size_t)n) != n)
		return false;
	fsync(fd);
	return true;
}

bool
journal_has_gone(const char *folder)
{
	static const char line[] = JOURNAL_GO_TAKEN "\n";
	char text[64];
	int n = folder_read(folder, "journal", text, sizeof(text));

	return n == sizeof(line) - 1 && memcmp(text, line, sizeof(line) - 1) == 0;
}
