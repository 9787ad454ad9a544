/*
 * cli/progress: how far an open order is, in words and as a bar.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <jansson.h>

enum { PROGRESS_SIZE = 128 };

/* "copying 34%, 696 of 2048 MiB, 96 MiB/s"; buf is of PROGRESS_SIZE, and returned. */
char *progress_text(char *buf, const json_t *order);

/* "web n1 -> n2 [#######.............] copying 34%, ..."; the caller frees. */
char *progress_line(const json_t *order);

#endif
