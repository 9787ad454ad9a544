/*
 * cli/program: the other programs that `lifeboat` starts.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* A daemon of ours: beside our own binary, as installed, or in a build tree.  False: it
 * is not there. */
bool program_find(char path[PATH_MAX], const char *daemon);

/* Run it to its end; what it says goes to standard error.  Its exit status, or -errno.
 * A name without a slash is looked for in PATH. */
int program_run(const char *const argv[]);

/* The same, and the beginning of its standard output as a text. */
int program_ask(const char *const argv[], char *answer, size_t size);

#endif
