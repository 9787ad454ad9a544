/*
 * cli/complete: what a shell needs to know to complete a command line.
 *
 * The script is completion.bash and, made at build time from the program itself, the
 * tables of commands and options.  While somebody types, it asks for names.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli/cli.h"

/* The tables, as variables of bash. */
void complete_print(FILE *f);

/*
 * One name a line, of "HOST", "GUEST" or "ORDER".  A name that a shell would have to
 * quote is left out: it would be expanded there.  The exit status.
 */
int complete_names(const struct cli *cli, const char *kind);

#endif
