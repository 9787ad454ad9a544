#include "cli/commands.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define PROGRAM "lifeboat-policy"

/* Where the engine lies, seen from our own binary: beside it, as installed, and in a
 * build tree. */
static const char *const places[] = { PROGRAM, "../sbin/" PROGRAM, "../policy/" PROGRAM };

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

int
replay_run(const struct cli *cli)
{
	char program[] = PROGRAM, option[] = "--replay", why[128];
	char *argv[] = { program, option, cli->operands[0], NULL };
	char folder[PATH_MAX], path[PATH_MAX + 32];

	own_folder(folder);
	for (size_t i = 0; folder[0] && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", folder, places[i]);
		execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			break;
	}
	execvp(PROGRAM, argv);
	cli_error(
	    "replay: cannot run " PROGRAM ": %s", err_text(why, sizeof(why), errno));
	return CLI_UNREACHABLE;
}
