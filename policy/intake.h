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
#include "base/wire.h"
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
 * Who answers actuators.  asked() takes in what an admitted actuator says and fills its
 * part of the reply with what lives until it is called again.
 */
typedef struct {
	void (*asked)(void *to, int host, const Lifeboat__Request *request, mono_t now,
	    Lifeboat__Reply *reply);
	void *to;
} intake_desk_t;

/* What is known of a host's actuator. */
struct intake_actuator {
	bool ever;
	mono_t heard;
	uint64_t asked; /* admitted requests, over all sessions */
	uint64_t term;  /* the highest it knows */
	struct uuid boot;
	bool has_key;
	bool autostart_follows; /* an auto link is handed to Lifeboat there */
	uint8_t carrier_key[WIRE_KEY];
};

/* What a host's monitor said last, packed as it came; NULL: nothing yet. */
struct intake_words {
	const uint8_t *xen, *storage;
	size_t xen_len, storage_len;
};

/*
 * conf, self->pair and names must outlive it; every identity met is named in names.
 * -EINVAL with a sentence for a weak key of a host.
 */
int intake_new(struct intake **out, const struct policy_conf *conf,
    const struct intake_self *self, struct trace *names, struct err *err);
struct intake *intake_free(struct intake *in);

/* Without a desk actuators are admitted, and told nothing. */
void intake_serve(struct intake *in, intake_desk_t desk);
/* The term that replies name from now on. */
void intake_set_term(struct intake *in, uint64_t term);
const struct intake_actuator *intake_actuator(const struct intake *in, int host);
struct intake_words intake_words(const struct intake *in, int host);

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
