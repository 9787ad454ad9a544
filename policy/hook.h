/*
 * policy/hook: a program of the site's own, run upon what happens.
 *
 * Each run is a process of its own that gets the event in its environment and, as the
 * line that watchers get, on its standard input.  At most HOOK_AT_ONCE run, HOOK_QUEUE
 * wait, the rest is dropped and said once; one that takes too long is killed.  Nothing
 * waits for it.
 */
#ifndef POLICY_HOOK_H
#define POLICY_HOOK_H

#include <uv.h>

#include "policy/engine.h"

enum { HOOK_AT_ONCE = 4, HOOK_QUEUE = 64 };

struct hook;

/* Runs what engine->conf names, now and after a reload; nothing while it names none.  0,
 * or -errno with a sentence. */
int hook_open(struct hook **out, uv_loop_t *loop, struct engine *engine, struct err *err);
/* Kills what runs.  Then run the loop until it is empty, and free. */
void hook_close(struct hook *h);
struct hook *hook_free(struct hook *h);

#endif
