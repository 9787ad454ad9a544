/*
 * actuator/arrival: after a guest was started here: is it really alive, does the network
 * know where it is, and does an xl watch over it?
 */
#ifndef ACTUATOR_ARRIVAL_H
#define ACTUATOR_ARRIVAL_H

#include "base/err.h"
#include "base/types.h"

/*
 * Tell the switches where the guest is now: one reverse-ARP request in each network
 * card's name on the bridge that it is on.  Most guests say so themselves; a second time
 * harms nobody.  How many were sent.
 */
int arrival_announce(const char *xl, uint32_t domid);
/* In a process of its own: "BRIDGE/MAC".  Its exit status. */
int arrival_announce_run(const char *bridge_and_mac);

/* Requests to its disks, packets of its network cards, since they were connected. */
struct arrival_counters {
	int disks, cards; /* how many it has here */
	uint64_t requests, packets;
};
void arrival_count(struct arrival_counters *c, const char *sysroot, uint32_t domid);
/* True when both have grown, as far as it has any. */
bool arrival_has_advanced(
    const struct arrival_counters *before, const struct arrival_counters *now);

/*
 * Whether an xl of root's waits for the guest's reboot or end, which it does under the
 * name of a log file in /var/log/xen; proc: "/proc".  Before Xen 4.20 that xl ends when
 * the guest is suspended, also if it is brought back; no command gives it another.
 */
bool arrival_is_watched(const char *proc, const char *name);

#endif
