/*
 * cli/options: the table of options, and a command line read by it.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/commands.h"

struct args {
	struct cli cli; /* operands: the command and what follows it */
	int operands;
	const char *color, *timeout;
	bool help, version;
	const char *names; /* for complete_names(), or NULL */
	bool completion;
};

/* Of an option that is there for the build and for shells, and for no command. */
#define OPTION_INSIDE (1U << 31)

struct option_row {
	const char *name;
	const char *argument; /* what it is called in the help; NULL: it has none */
	unsigned takes;       /* of commands; 0: every one takes it */
	size_t offset;        /* in struct args, of a const char * or a bool */
	const char *summary;  /* of those that every command takes */
};

/* NULL behind the last. */
const struct option_row *option_at(size_t i);

/* Fills args, with defaults too.  False: one was wrong, and getopt has said so. */
bool options_parse(struct args *args, int argc, char **argv);

/* False: one that was given is not for that command; it was said. */
bool options_fit(const struct args *args, const struct command *command);

/* Those that every command takes. */
void options_print(FILE *f);

#endif
