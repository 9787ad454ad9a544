/*
 * policy/intake_host: what the intake remembers of one host, and turning its reports
 * into events.  Only for policy/intake.
 */
#ifndef POLICY_INTAKE_HOST_H
#define POLICY_INTAKE_HOST_H

#include "base/wire.h"
#include "policy/intake.h"

struct intake_session {
	bool admitted;
	uint8_t id[SESSION_SIZE];
	uint64_t sequence; /* the highest accepted */
	uint64_t nonce;    /* given out and not echoed yet; 0: none */
	uint8_t asked[SESSION_SIZE];
	mono_t nonce_at;
};

/* The last two of a counter that only grows, to make a rate of it. */
struct intake_cpu {
	struct uuid uuid;
	uint64_t cpu_ns;
};

/* Grows, and never shrinks. */
struct intake_bytes {
	uint8_t *data; /* owned */
	size_t len, room;
};

struct intake_host {
	int index;
	const char *name;
	struct seal_peer peer;
	struct intake_session session[ROLE_ENGINE];
	uint8_t boot_id[16];
	bool booted; /* boot_id is known */
	uint64_t reports;
	uint64_t refusals;           /* in a row, to log the first alone */
	uint32_t generation[PROBES]; /* 0: its catalogue is not known */
	uint16_t first[PROBES], count[PROBES];
	struct sensor_facts *catalogue; /* owned, or NULL: two probes' sensors, joined */
	bool unknown_readings;          /* of a catalogue we do not have */
	uint8_t probes[PROBES];
	mono_t cpu_at;
	uint64_t cpu_ns;
	uint16_t n_guests;
	struct intake_cpu guest[MAX_GUESTS];
	struct intake_bytes xen, storage; /* its last words, packed */
	struct intake_actuator actuator;
};

struct intake_frame {
	struct frame_header header;
	struct intake_host *host;
	uint8_t *body;
	size_t len;
};

/* Where and with what events are made. */
struct intake_out {
	intake_sink_t sink;
	const struct policy_conf *conf;
	struct trace *names;
	struct event *event; /* scratch: an event is large */
	mono_t now;
};

void intake_host_report(
    struct intake_host *h, const Lifeboat__Report *report, struct intake_out *out);
/* A new session: its catalogues may be others. */
void intake_host_admitted(struct intake_host *h, enum role role);
/* An admitted actuator asks. */
void intake_host_asked(
    struct intake_host *h, const Lifeboat__Request *request, mono_t now);
void intake_host_deinit(struct intake_host *h);
bool intake_host_wants_catalogue(const struct intake_host *h);

#endif
