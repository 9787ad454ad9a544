/*
 * monitor/once: what this machine offers, printed; without engine, key or configuration.
 */
#ifndef MONITOR_ONCE_H
#define MONITOR_ONCE_H

#include <stdio.h>

#include "base/types.h"
#include "lifeboat.pb-c.h"

/* What each probe answered; the arrays are indexed by probe_id. */
struct once {
	const Lifeboat__Report *report[PROBES]; /* NULL: it gave no answer */
	enum probe_state state[PROBES];
	char why[PROBES][256];
	const char *heat; /* a sentence on CPU heat that cannot be seen here, or NULL */
};

/* Run each probe once, in a child with the default deadline.  0 or -errno. */
int once_run(bool json);

/* A sentence as it stands, with '?' for what a terminal could take for a command. */
void once_plain(char *buf, size_t size, const char *text);

/* Why a guest cannot be live-migrated from here, or NULL: it can. */
const char *once_stays(const Lifeboat__Xen *xen, const Lifeboat__Guest *guest);

/* The sentence for once.heat.  intel: the processor; xen: under Xen. */
const char *once_heat(const struct once *once, bool intel, bool xen);

/* Words for the states of the wire; "?" for others. */
const char *once_session_state(uint32_t state);
const char *once_disk_state(uint32_t state);

void once_print_text(FILE *f, const struct once *once);
/* 0 or -ENOMEM, -EIO. */
int once_print_json(FILE *f, const struct once *once);

/* The reading at index i of a catalogue, or false when there is none. */
bool once_reading(const Lifeboat__Report *report, const Lifeboat__Catalogue *catalogue,
    size_t i, int64_t *value, uint32_t *state);

#endif
