/*
 * actuator/ledger: memory that is promised to guests on their way here.
 *
 * Xen's restore claims no memory beforehand, so two arrivals could starve each other:
 * what every open prepare of this host needs is counted, from the order folders alone.
 */
#ifndef ACTUATOR_LEDGER_H
#define ACTUATOR_LEDGER_H

#include "actuator/xl.h"

struct ledger {
	int arriving; /* guests whose prepare has not ended */
	uint64_t kib; /* that they are still to get */
};

/*
 * The prepares in run, but for the one in folder self.  What the guest has already, by
 * this host's list of domains, Xen no longer calls free and is promised no more: so the
 * list must be older than the number that this is held against.
 */
void ledger_sum(struct ledger *out, const char *run, const char *self,
    const struct xl_domain *list, int n);

#endif
