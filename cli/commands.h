/*
 * cli/commands: the subcommands.  Each returns its exit status; operands are as many as
 * its row in main.c says.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

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
int genkey_run(const struct cli *cli);   /* keys.c */
int pubkey_run(const struct cli *cli);   /* keys.c */
int replay_run(const struct cli *cli);   /* replay.c */

#endif
