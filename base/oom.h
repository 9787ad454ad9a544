/*
 * base/oom: how readily the kernel ends this process when memory runs out.
 *
 * A daemon's unit gives it a low score, and what a process starts inherits it.
 */
#ifndef BASE_OOM_H
#define BASE_OOM_H

/* -1000 (never) to 1000 (first).  0 or -errno; one below the unit's own needs root. */
int oom_score_get(int *score);
int oom_score_set(int score);

#endif
