/*
 * actuator/ledger: memory that is promised to guests on their way here.
 *
 * Xen's restore claims no memory beforehand, so two arrivals could starve each other:
 * what every open prepare of this host needs is counted, from the order folders alone.
 */
#ifndef ACTUATOR_LEDGER_H
#define ACTUATOR_LEDGER_H

#include <stdint.h>

/*
 * The prepares in run that have not ended, but for the one in folder self: how many, and
 * what they need in KiB.  One that has got as far as to hold its memory counts in full
 * all the same: too careful is better than too little.
 */
void ledger_sum(const char *run, const char *self, int *arriving, uint64_t *kib);

#endif
