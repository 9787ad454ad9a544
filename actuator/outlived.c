#include "actuator/outlived.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/folder.h"
#include "base/clock.h"

enum { LOOK_MS = 200 };

void
outlived_mark(int fd)
{
	flock(fd, LOCK_EX | LOCK_NB);
}

static bool
stderr_path(char path[FOLDER_SIZE], const char *folder)
{
	return snprintf(path, FOLDER_SIZE, "%s/" OUTLIVED_STDERR, folder) < FOLDER_SIZE;
}

bool
outlived_is_gone(const char *folder)
{
	char path[FOLDER_SIZE];
	bool gone;
	int fd;

	if (!stderr_path(path, folder))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT; /* none was ever started */
	gone = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return gone;
}

bool
outlived_wait(const char *folder, int64_t limit_ms)
{
	mono_t until = mono_add(clock_mono(), limit_ms);

	while (!outlived_is_gone(folder)) {
		if (mono_since(until, clock_mono()) <= 0)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	return true;
}

/* A number may have become another process's; what it writes to has not. */
static bool
is_its_xl(long pid, const char *folder)
{
	char path[FOLDER_SIZE], link[64];
	struct stat its, ours;

	snprintf(link, sizeof(link), "/proc/%ld/fd/%d", pid, STDERR_FILENO);
	return stderr_path(path, folder) && stat(path, &ours) == 0 &&
	       stat(link, &its) == 0 && its.st_dev == ours.st_dev &&
	       its.st_ino == ours.st_ino;
}

bool
outlived_kill(const char *folder)
{
	char text[16];
	int n = folder_read(folder, OUTLIVED_PID, text, sizeof(text) - 1);
	long pid;

	text[n < 0 ? 0 : n] = '\0';
	pid = strtol(text, NULL, 10);
	return pid > 1 && is_its_xl(pid, folder) && kill((pid_t)pid, SIGKILL) == 0;
}
