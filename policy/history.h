/*
 * policy/history: the last decisions, kept for "why" and for watchers.
 */
#ifndef POLICY_HISTORY_H
#define POLICY_HISTORY_H

#include "policy/core/event.h"

enum { HISTORY_SIZE = 4096, HISTORY_TEXT = 320 };

struct history_entry {
	mono_t at;
	host_t from, to;
	struct uuid guest;
	char text[HISTORY_TEXT]; /* prose, as in the log */
};

/* A ring: zeroed memory is an empty one. */
struct history {
	struct history_entry entry[HISTORY_SIZE];
	uint64_t n; /* ever added */
};

void history_add(
    struct history *h, mono_t now, const struct action *action, const char *text);

/* The newest first: entry i (0..) about this host or guest (NULL: any), or NULL. */
const struct history_entry *history_find(
    const struct history *h, int i, host_t host, const struct uuid *guest);

#endif
