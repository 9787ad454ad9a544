/*
 * monitor/report: bodies of reports, joined from encoded parts.
 *
 * Encoded messages concatenate, so the privileged parent never decodes what a probe
 * wrote: it only puts its own fields in front.
 */
#ifndef MONITOR_REPORT_H
#define MONITOR_REPORT_H

#include "base/frame.h"
#include "base/types.h"

/* What the monitor says of the host itself, in every report. */
struct report_own {
	struct uuid boot_id;
	uint64_t uptime_ms;
};

/* One probe's encoded Report. */
struct report_part {
	const uint8_t *data;
	size_t len;
};

enum { REPORT_OWN_MAX = 64, REPORT_SAID_MAX = 320 };

struct report_parts {
	struct report_part part[PROBES];
	size_t n;
};

typedef void report_emit(void *ctx, const uint8_t *body, size_t len);

/*
 * Calls emit with each body: one for all parts, or one for each part when together they
 * are over FRAME_BODY_MAX.  A part that alone is over it is left out.  buf:
 * FRAME_BODY_MAX bytes.  Returns how many bodies there were.
 */
size_t report_join(const struct report_own *own, const struct report_parts *parts,
    uint8_t *buf, report_emit *emit, void *ctx);

/* What is said in place of a probe that cannot speak; out: REPORT_SAID_MAX bytes.
 * why: a sentence of our own, shorter than 256 bytes, ASCII. */
size_t report_say(
    uint8_t *out, enum probe_id id, enum probe_state state, const char *why);

uint64_t report_uptime_ms(void);

#endif
