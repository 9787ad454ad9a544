/*
 * actuator/keys: the short-lived keys of carriers.
 */
#ifndef ACTUATOR_KEYS_H
#define ACTUATOR_KEYS_H

#include "actuator/link.h"
#include "base/err.h"

struct keys_pair {
	uint8_t public_key[LINK_KEY], secret_key[LINK_KEY];
};

/*
 * What this host's carriers prove themselves with as sources: made at the first start
 * after a boot and kept in the run folder, so that a restart keeps open moves valid.  0,
 * or -errno with a sentence.
 */
int keys_of_run(struct keys_pair *pair, const char *run, struct err *err);

/* For one berth. */
void keys_make(struct keys_pair *pair);

#endif
