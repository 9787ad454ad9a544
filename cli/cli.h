/*
 * cli: what every subcommand of `lifeboat` is given, and how it asks the engine.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>

#include "cli/screen.h"

/* Exit statuses, as in lifeboat(1).  `status --check` has Nagios' own. */
enum cli_exit {
	CLI_OK = 0,
	CLI_REFUSED = 1,
	CLI_USAGE = 2,
	CLI_UNREACHABLE = 3,
};

struct cli {
	const char *door;
	int timeout_ms;
	bool json, check, all;
	const char *runs_on, *is_off; /* hosts, or NULL */
	bool start, force;
	const char *folder, *user;  /* of what is set up */
	const char *name, *arrival; /* of a host that joins, or NULL */
	struct screen screen;       /* standard output */
	char **operands;            /* NULL-ended */
};

/* A sentence on standard error, escaped. */
void cli_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Takes over request.  CLI_OK and the answer (the caller's), or an exit status after
 * having said why on standard error.
 */
int cli_ask(const struct cli *cli, json_t *request, json_t **answer);

/* Ask, then show the answer, or print it as it is with --json.  The exit status. */
int cli_answer(const struct cli *cli, json_t *request,
    void (*show)(const struct cli *cli, const json_t *answer));

#endif
