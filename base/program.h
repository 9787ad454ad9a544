#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

/*
 * base/program: the command line that all daemons have in common.
 *
 * -c, -n, --print-config, --print-mdoc, --help and --version mean the same in each of
 * them, and so do their exit statuses.  What else a daemon takes is in its own table.
 */

#include <stdbool.h>
#include <stdio.h>

struct option;

/* Exit status: the command line, the configuration or the keys have to be mended first.
 */
enum { PROGRAM_USAGE = 2 };

/* Values of a daemon's own options begin here. */
enum { PROGRAM_OWN = 512 };

struct program {
	const char *name, *version;
	const char *usage;        /* the whole of --help */
	const struct option *own; /* ends with a row of zeros */
	/* Is told of each of its own; value is NULL where none was given, and outlives
	 * it. */
	void (*take)(void *to, int option, const char *value);
	void *to;
	void (*print_mdoc)(FILE *out); /* the keys of its configuration, for the manual */
};

struct program_args {
	const char *conf;  /* its default before program_parse, -c after */
	bool check, print; /* -n, --print-config */
	bool help, version, mdoc;
};

/* False when the usage is to be shown: an option is unknown, or a word is none. */
bool program_parse(
    struct program_args *args, const struct program *program, int argc, char **argv);

/* Says the usage to stderr, and returns PROGRAM_USAGE. */
int program_misused(const struct program *program);

/* --help, --version and --print-mdoc: the exit status once it was said; -1 when none was
 * asked for. */
int program_tell(const struct program *program, const struct program_args *args);

/* EXIT_SUCCESS once all that was printed is out. */
int program_printed(void);

/*
 * The exit status of a daemon that ended with r: 0 or -errno.  Without its keys it is not
 * to be started again by itself.
 */
int program_status(int r);

#endif
