/*
 * policy/dispatch: every action of the core becomes a line in the log, an entry of the
 * history, and news for the watchers.
 */
#ifndef POLICY_DISPATCH_H
#define POLICY_DISPATCH_H

#include "policy/engine.h"

void dispatch(struct engine *e, mono_t now, const struct action *action);

/* The history's and the watchers' part of it, for what is no action: the log's id, prose,
 * and whom it is about. */
void dispatch_news(struct engine *e, mono_t now, const struct action *about,
    const char *id, const char *text);

#endif
