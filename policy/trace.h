/*
 * policy/trace: events and actions as lines of text, both ways.
 *
 * The same form serves recordings, replay and scenario tests (doc/trace.md).  A line at
 * the left margin is an event, "@12.345s readings n1 coretemp/temp1=76.2C ..."; lines
 * indented by ten blanks are the core's actions, in prose.  Identities of disks, bridges
 * and sessions are 64-bit ids in the core; the names seen so far are kept here.
 */
#ifndef POLICY_TRACE_H
#define POLICY_TRACE_H

#include <stdio.h>

#include "base/err.h"
#include "policy/core/core.h"

struct trace; /* names of ids */

int trace_new(struct trace **out);
struct trace *trace_free(struct trace *t);

/* Remember what an id is called, so that it is written by name.  Bounded: when full,
 * ids are written as #16hex. */
void trace_name(struct trace *t, id64_t id, const char *name);
/* Its name, or #16hex written into buf. */
const char *trace_named(const struct trace *t, id64_t id, char buf[DISK_SIZE]);

/*
 * Write an event.  core (before the step) says names of hosts and sensors and what was
 * there before: unchanged readings are left out.
 */
void trace_event(
    const struct trace *t, FILE *f, const struct core *core, const struct event *event);

/* Write an action, indented, one line.  core is the core after the step. */
void trace_action(FILE *f, const struct core *core, const struct action *action);

/* The same prose without indent or newline: for the log and for operators. */
char *trace_prose(
    char *buf, size_t size, const struct core *core, const struct action *action);

/*
 * Read one line.  0: an event.  1: nothing to step (blank, comment, indented).
 * -EINVAL with a sentence.  core as before the step: short readings are completed from
 * it.  The time is the line's, from 0.
 */
int trace_parse(struct trace *t, struct event *event, const struct core *core,
    const char *line, struct err *err);

#endif
