/*
 * cli/why: what a person who was woken needs to know, first things first.
 */
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include "cli/cli.h"

void why_host(const struct cli *cli, const json_t *answer);  /* why_host.c */
void why_guest(const struct cli *cli, const json_t *answer); /* why_guest.c */

#endif
