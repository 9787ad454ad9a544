/*
 * cli/commands: the table of subcommands.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

/* Which options a command takes beside those that all do. */
enum {
	TAKES_DOOR = 1 << 0,
	TAKES_JSON = 1 << 1,
	TAKES_CHECK = 1 << 2,
	TAKES_ALL = 1 << 3,
	TAKES_HOST = 1 << 4, /* --runs-on and --is-off */
	TAKES_START = 1 << 5,
	TAKES_FORCE = 1 << 6,
	TAKES_FOLDER = 1 << 7,
	TAKES_USER = 1 << 8,
	TAKES_JOIN = 1 << 9, /* --name and --arrival */
};

struct command {
	const char *name, *operands, *summary, *help;
	int min, max; /* operands */
	unsigned takes;
	int (*run)(const struct cli *cli);
};

/* In the order of the help; NULL behind the last. */
const struct command *command_at(size_t i);

/* Each returns its exit status; operands are as many as its row says. */

int status_run(const struct cli *cli);   /* status.c */
int hosts_run(const struct cli *cli);    /* lists.c */
int guests_run(const struct cli *cli);   /* lists.c */
int why_run(const struct cli *cli);      /* why.c */
int why_not_run(const struct cli *cli);  /* why_guest.c */
int orders_run(const struct cli *cli);   /* orders.c */
int drain_run(const struct cli *cli);    /* operate.c */
int undrain_run(const struct cli *cli);  /* operate.c */
int cancel_run(const struct cli *cli);   /* operate.c */
int settle_run(const struct cli *cli);   /* operate.c */
int approve_run(const struct cli *cli);  /* operate.c */
int cordon_run(const struct cli *cli);   /* operate.c */
int uncordon_run(const struct cli *cli); /* operate.c */
int mode_run(const struct cli *cli);     /* operate.c */
int watch_run(const struct cli *cli);    /* watch.c */
int init_run(const struct cli *cli);     /* init.c */
int join_run(const struct cli *cli);     /* join.c */
int admit_run(const struct cli *cli);    /* admit.c */
int genkey_run(const struct cli *cli);   /* keys.c */
int pubkey_run(const struct cli *cli);   /* keys.c */
int replay_run(const struct cli *cli);   /* replay.c */

#endif
