/*
 * policy/dispatch: every action of the core becomes a line in the log, an entry of the
 * history, and news for the watchers.
 */
#ifndef POLICY_DISPATCH_H
#define POLICY_DISPATCH_H

#include "policy/engine.h"

void dispatch(struct engine *e, mono_t now, const struct action *action);

/* The log's id of an action: "would-move". */
const char *dispatch_id(enum action_kind kind);

#endif
