/*
 * cli/progress: how far an open order is, in words and as a bar, and what an ended one
 * took.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <jansson.h>

enum { PROGRESS_SIZE = 128 };

/* "copying 34%, 696 of 2048 MiB, 96 MiB/s"; buf is of PROGRESS_SIZE, and returned. */
char *progress_text(char *buf, const json_t *order);

/* ", 2048 MiB in 21.4 s, paused 180 ms": what is known of it, or ""; returns buf. */
char *progress_took(char *buf, const json_t *order);

/* "web n1 -> n2 [#######.............] copying 34%, ..."; the caller frees. */
char *progress_line(const json_t *order);

#endif
