/*
 * policy/core/storage: disks and sessions that a host has lost.
 *
 * What only this host lost is this host's fault; what every host lost is not.
 */
#ifndef POLICY_CORE_STORAGE_H
#define POLICY_CORE_STORAGE_H

#include "policy/core/state.h"

/* EVENT_STORAGE */
void storage_take(struct core *core, int32_t host, const struct storage_facts *facts);
/* After silence: nothing is known. */
void storage_forget(struct core *core, int32_t host);
/* Judge what is lost.  session: lost here alone.  sick: lost everywhere.  Those that do
 * not apply stay as they are; *due is brought forward to when the next is to be judged.
 */
void storage_judge(struct core *core, int32_t host, struct reason *session,
    struct reason *sick, mono_t *due);
/* Something is lost, even if not for long enough. */
bool storage_pending(const struct core *core, int32_t host);

#endif
