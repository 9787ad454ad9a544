/*
 * cli/setup: what `init`, `join` and `admit` have in common.
 *
 * Each prepares a key and configurations, has the daemons look at them, and puts all in
 * place together.  What stands is kept; a value that differs is an error that names file
 * and line, unless --force was given.  What was done is told on standard error; standard
 * output is for the one word that another machine needs, NAME=KEY.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "base/seal.h"
#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/files.h"

enum { SETUP_FILES = 3, SETUP_PATH = 256 };

/* A configuration that is being worked on. */
struct setup_conf {
	const char *daemon; /* "lifeboat-policy", which is to accept it */
	char path[SETUP_PATH];
	struct edit edit;
	bool found;   /* a file was there */
	bool changed; /* and differs now */
};

struct setup {
	const struct cli *cli;
	int lock;
	struct files_new files[SETUP_FILES];
	size_t n;
	char read[SETUP_FILES][SETUP_PATH]; /* what the daemons read, written or kept */
	size_t n_read;
	struct err err;
};

/* Below, 0 is good; otherwise -errno, and the sentence is in s->err. */

int setup_begin(struct setup *s, const struct cli *cli);

/* Give back what was not put in place; print the sentence of r, if any.  Exit status. */
int setup_end(struct setup *s, int r, const char *command);

/* FILE in the folder; a file that is not there is an empty one. */
int setup_open(
    struct setup *s, struct setup_conf *c, const char *daemon, const char *file);
void setup_close(struct setup_conf *c);

/*
 * The key's file that the configuration names in the section, else FILE in the folder,
 * which the configuration is made to name where fallback is another.
 */
int setup_key_path(struct setup *s, struct setup_conf *c, const char *section,
    const char *file, char path[SETUP_PATH]);

/* Read the key there, or make one for that user. */
int setup_key(
    struct setup *s, const char *path, uid_t uid, gid_t gid, struct seal_pair *pair);

/* example: a value of the file as it was shipped, which counts as none; or NULL. */
int setup_want(struct setup *s, struct setup_conf *c, const char *const where[2],
    const char *value, const char *example);

/* If it changed: prepare the file, and have the daemon look at it. */
int setup_stage(struct setup *s, struct setup_conf *c);

/* Put all in place. */
int setup_commit(struct setup *s);

/* With --start: enable the units (NULL-ended) and start them; anew, if one runs since
 * before a file that it reads was put in place, by whomever. */
int setup_units(struct setup *s, const char *const *units);

/* A line on standard error, escaped. */
void setup_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What is to be done next: a sentence, and below it a command. */
void setup_next(const char *sentence, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* NAME=KEY in its parts.  False: it is not one. */
bool setup_parse(const char *word, char *name, size_t size, char key_text[SEAL_TEXT]);

/* Standard output, for a script: NAME=KEY; on a terminal the sentences have said it. */
void setup_print(const struct cli *cli, const char *name, const char *key_text);

/* As the engine's inventory takes it. */
bool setup_is_host(const char *name);

#endif
