/*
 * tests/lib/load_report: reports as a full host makes them, for whoever puts load on the
 * engine: 76 temperatures with two limits each, 8 guests, and a shared disk for each.
 */
#ifndef TESTS_LIB_LOAD_REPORT_H
#define TESTS_LIB_LOAD_REPORT_H

#include "base/wire.h"

enum { LOAD_SENSORS = 76, LOAD_GUESTS = 8, LOAD_MEMORY_KIB = 524288 };

struct load_part {
	int host;       /* its guests' names and UUIDs follow from it */
	int round;      /* values change with it */
	bool catalogue; /* limits and names of the sensors */
	bool facts;     /* the hypervisor with its guests, and the storage */
	bool critical;  /* the first sensor raises its critical alarm */
};

/* The packed report in body[FRAME_BODY_MAX]; returns its length.  Not reentrant. */
size_t load_report(uint8_t *body, const struct load_part *part);

/* Of the hosts that load_report() speaks of: the same boot for all. */
extern const struct uuid load_boot;

#endif
