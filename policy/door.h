/*
 * policy/door: operators' requests on a Unix socket, one JSON object a line
 * (doc/door.md).
 */
#ifndef POLICY_DOOR_H
#define POLICY_DOOR_H

#include <uv.h>

#include "policy/engine.h"

struct door;

/* Listens at path, in place of a socket that a dead engine left there. */
int door_open(struct door **out, uv_loop_t *loop, struct engine *engine, const char *path,
    struct err *err);
/* Closes every connection; the loop must run once more before the door is freed. */
void door_close(struct door *d);
struct door *door_free(struct door *d);

#endif
