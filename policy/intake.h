/*
 * policy/intake: sealed frames become the core's events.
 *
 * Checks in this order, each refusal counted by its cause: length, magic, known key,
 * recipient, role, seal, session and replay, decoding, values.  A stranger's bytes cost
 * one look-up.  Knows no socket and no clock: frames and times are arguments.
 */
#ifndef POLICY_INTAKE_H
#define POLICY_INTAKE_H

#include "base/frame.h"
#include "base/seal.h"
#include "policy/conf.h"
#include "policy/trace.h"

struct intake;

/* A request from an unknown session must echo its nonce within this time. */
enum { INTAKE_NONCE_MS = 10000 };

struct intake_self {
	const struct seal_pair *pair;
	uint8_t instance[16];
	uint64_t term;
};

/* Where events go: once or more for each accepted report. */
typedef struct {
	void (*event)(void *to, const struct event *event);
	void *to;
} intake_sink_t;

/*
 * conf, self->pair and names must outlive it; every identity met is named in names.
 * -EINVAL with a sentence for a weak key of a host.
 */
int intake_new(struct intake **out, const struct policy_conf *conf,
    const struct intake_self *self, struct trace *names, struct err *err);
struct intake *intake_free(struct intake *in);

/* Use these patterns from now on; the hosts must be the same. */
void intake_reload(struct intake *in, const struct policy_conf *conf);

/* frame is opened in place.  Returns the refusal, which has been counted. */
enum frame_refusal intake_report(
    struct intake *in, uint8_t *frame, size_t len, mono_t now, intake_sink_t sink);

/* The sealed reply to a request, in reply[FRAME_MAX]; 0 bytes for what was refused. */
size_t intake_request(
    struct intake *in, uint8_t *frame, size_t len, mono_t now, uint8_t *reply);

/* Frames refused for this cause, or accepted (FRAME_OK), since the start. */
uint64_t intake_count(const struct intake *in, enum frame_refusal r);

#endif
