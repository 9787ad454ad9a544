#include "cli/program.h"

#include <errno.h>
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

int
program_run(const char *const argv[])
{
	posix_spawn_file_actions_t actions;
	int status, r;
	pid_t pid;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawnp(&pid, argv[0], &actions, NULL,
		    (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}
