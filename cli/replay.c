#include "cli/commands.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/program.h"

#define PROGRAM "lifeboat-policy"

int
replay_run(const struct cli *cli)
{
	char program[] = PROGRAM, option[] = "--replay", why[128];
	char *argv[] = { program, option, cli->operands[0], NULL };
	char path[PATH_MAX];

	if (program_find(path, PROGRAM))
		execv(path, argv);
	else
		execvp(PROGRAM, argv);
	cli_error(
	    "replay: cannot run " PROGRAM ": %s", err_text(why, sizeof(why), errno));
	return CLI_UNREACHABLE;
}
