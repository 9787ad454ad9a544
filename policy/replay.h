/*
 * policy/replay: a recording or a scenario, stepped again.
 *
 * A recording opens with a head: the version of the core that wrote it, the limits, the
 * core's state as base64, and the names of the ids met so far.  A scenario has no head
 * and begins with an empty core.
 */
#ifndef POLICY_REPLAY_H
#define POLICY_REPLAY_H

#include "policy/trace.h"

/* The head of a recording's segment, from the core as it is. */
void trace_write_head(FILE *f, const struct trace *t, const struct core *core);

/*
 * Read lines from in and write each to out, with the core's actions under every event
 * (those in the input are dropped).  0; -EINVAL with "line N: sentence"; -EPROTO for a
 * recording of another version; -ENOTRECOVERABLE when core_check() failed.
 */
int replay(FILE *in, FILE *out, struct err *err);

#endif
