/*
 * cli/suggest: which word was meant.
 */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* Letters to insert, delete or change, to make b of a.  A word over 31 bytes is far from
 * everything. */
size_t suggest_distance(const char *a, const char *b);

/* Near enough to be a slip of the finger. */
enum { SUGGEST_NEAR = 2 };

#endif
