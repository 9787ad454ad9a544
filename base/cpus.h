/*
 * base/cpus: sets of a host's processors, as the lists that people and xl write.
 */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CPUS_MAX = 4096 /* more than any Xen is built for */ };

struct cpus {
	uint64_t words[CPUS_MAX / 64];
};

/* False for a number that is none of a processor. */
bool cpus_add(struct cpus *set, int64_t cpu);
/* Exactly "0-3,8": not empty, no blanks, numbers below CPUS_MAX, no range backwards. */
bool cpus_parse(struct cpus *out, const char *text);
/* The shortest such list.  False, and buf empty, for an empty set or one that does not
 * fit. */
bool cpus_format(char *buf, size_t size, const struct cpus *set);
/* Whether any is in both. */
bool cpus_meet(const struct cpus *a, const struct cpus *b);

#endif
