/*
 * policy/loop: the engine's sockets, timers and signals, around policy/engine.
 */
#ifndef POLICY_LOOP_H
#define POLICY_LOOP_H

#include "policy/engine.h"

/* Serves until SIGTERM or SIGINT.  conf_path is read again on SIGHUP.  0 or -errno. */
int loop_run(struct engine *engine, const char *conf_path, struct err *err);

#endif
