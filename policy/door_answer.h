/*
 * policy/door_answer: what the door answers, as JSON, with no socket in sight.
 *
 * Every json_t that is returned is the caller's (json_decref), and NULL only when memory
 * is gone.  doc/door.md has the members.
 */
#ifndef POLICY_DOOR_ANSWER_H
#define POLICY_DOOR_ANSWER_H

#include <jansson.h>

#include "policy/engine.h"

/* Who asks, and when. */
struct door_asker {
	mono_t now;
	const char *by; /* a user's name, for the record */
	bool watch;     /* out: it asked for news */
	bool progress;  /* out: and how moves get on */
};

/* The answer to one line; what it asked for beyond that is set in asker. */
json_t *door_answer(
    struct engine *e, const char *line, size_t len, struct door_asker *asker);
/* {"ok": false, "error": sentence} */
json_t *door_refuse(const char *sentence);

/* One line for the watchers. */
json_t *door_news(
    const struct engine *e, const struct action *a, const char *id, const char *text);

/* A host's and a guest's row (door_rows.c). */
json_t *door_host_row(const struct engine *e, host_t host, mono_t now);
json_t *door_guest_row(const struct engine *e, host_t host, int guest);
json_t *door_readings(const struct engine *e, host_t host, mono_t now);
/* Every host as a target; only != HOST_NONE: that row alone. */
json_t *door_place(const struct engine *e, host_t from, int guest, host_t only);
json_t *door_history(
    const struct engine *e, host_t host, const struct uuid *guest, mono_t now);
/* Guests that would be moved, and that would have to stay, now. */
void door_count_plans(const struct engine *e, int *would_move, int *stays);

#endif
