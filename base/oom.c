#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/oom.h"

#define SCORE_FILE "/proc/self/oom_score_adj"

enum { TEXT_SIZE = 16 };

int
oom_score_get(int *score)
{
	char text[TEXT_SIZE] = "";
	int fd = open(SCORE_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		r = -errno;
	else
		*score = (int)strtol(text, NULL, 10);
	close(fd);
	return r;
}

int
oom_score_set(int score)
{
	char text[TEXT_SIZE];
	int fd = open(SCORE_FILE, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof(text), "%d", score);
	int r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, (size_t)len) < 0 ? -errno : 0;
	close(fd);
	return r;
}
