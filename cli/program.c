#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Our own binary's folder with its slash, or "" when it cannot be told. */
static void
own_folder(char folder[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	folder[n > 0 ? n : 0] = '\0';
	slash = strrchr(folder, '/');
	folder[slash ? slash - folder + 1 : 0] = '\0';
}

bool
program_find(char path[PATH_MAX], const char *daemon)
{
	char folder[PATH_MAX], places[3][64];
	const char *dash = strchr(daemon, '-');

	snprintf(places[0], sizeof(places[0]), "%s", daemon);
	snprintf(places[1], sizeof(places[1]), "../sbin/%s", daemon);
	snprintf(places[2], sizeof(places[2]), "../%s/%s", dash ? dash + 1 : ".", daemon);
	own_folder(folder);
	for (size_t i = 0; folder[0] && i < 3; i++) {
		if (strlen(folder) + strlen(places[i]) >= PATH_MAX)
			return false;
		stpcpy(stpcpy(path, folder), places[i]);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* With its standard output there.  Its process, or -errno. */
static pid_t
start(const char *const argv[], int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &actions, NULL,
		    (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? pid : -r;
}

static int
finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int
program_run(const char *const argv[])
{
	pid_t pid = start(argv, STDERR_FILENO);

	return pid < 0 ? pid : finish(pid);
}

int
program_ask(const char *const argv[], char *answer, size_t size)
{
	size_t used = 0;
	ssize_t n = 1;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = start(argv, ends[1]);
	close(ends[1]);
	while (pid > 0 && n > 0 && used < size - 1) {
		n = read(ends[0], answer + used, size - 1 - used);
		if (n < 0 && errno == EINTR)
			n = 1;
		else
			used += n > 0 ? (size_t)n : 0;
	}
	answer[used] = '\0';
	close(ends[0]);
	return pid < 0 ? pid : finish(pid);
}
