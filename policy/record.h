/*
 * policy/record: the recording, everything the core was told and said, as text.
 *
 * Segments of a folder, each opening with a snapshot of the core, so that any one can be
 * replayed alone.  Bounded in size; never on the path of a decision: when the disk is
 * full or a write fails, recording stops, says so once, and tries again a minute later.
 */
#ifndef POLICY_RECORD_H
#define POLICY_RECORD_H

#include "policy/trace.h"

struct record;

enum {
	RECORD_SEGMENT_BYTES = 64 << 20, /* of events; more behind a larger snapshot */
	RECORD_SEGMENT_MS = 3600000,
	RECORD_RETRY_MS = 60000
};

/* folder "" makes a recorder that records nothing.  0 or -ENOMEM. */
int record_new(struct record **out, const char *folder, uint64_t limit_bytes);
struct record *record_free(struct record *r);

/* Before the step: core as it was.  After it: the actions. */
void record_event(struct record *r, const struct trace *t, const struct core *core,
    const struct event *event);
void record_actions(
    struct record *r, const struct core *core, const struct actions *actions);

bool record_is_on(const struct record *r);
/* Why it stopped, "" while it runs or is switched off. */
const char *record_error(const struct record *r);
/* Written to the segment under way. */
uint64_t record_bytes(const struct record *r);

#endif
