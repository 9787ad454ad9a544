/*
 * policy/replay: a recording or a scenario, stepped again.
 *
 * A recording opens with a head: the version of the core that wrote it, the limits, the
 * core's state as base64, and the names of the ids met so far.  A scenario has no head
 * and begins with an empty core; "limits hosts=4 orders=1" says how much room it has.
 */
#ifndef POLICY_REPLAY_H
#define POLICY_REPLAY_H

#include "policy/trace.h"

/* The head of a recording's segment, from the core as it is. */
void replay_write_head(FILE *f, const struct trace *t, const struct core *core);

/*
 * Read lines from in and write each to out, with the core's actions under every event
 * (those in the input are dropped).  0; -EINVAL with "line N: sentence"; -EPROTO for a
 * recording of another version; -ENOTRECOVERABLE when core_check() failed.
 */
int replay(FILE *in, FILE *out, struct err *err);

/* Who looks over the shoulder.  A negative result ends the replay with it. */
struct replay_watch {
	void *to;
	/* Another core, as it is before its first event. */
	int (*begin)(void *to, const struct core *core);
	/* Before the step, and after it. */
	int (*event)(void *to, const struct core *core, const struct event *event);
	int (*actions)(void *to, const struct core *core, const struct actions *actions);
};

/* The same, watched; heads are written too, so that out is in with other actions. */
int replay_watched(
    FILE *in, FILE *out, const struct replay_watch *watch, struct err *err);

#endif
