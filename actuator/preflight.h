/*
 * actuator/preflight: everything on the target that would refuse a guest late, looked at
 * before a byte is sent.
 *
 * The judgement is a function of facts; gathering them is apart from it.
 */
#ifndef ACTUATOR_PREFLIGHT_H
#define ACTUATOR_PREFLIGHT_H

#include "actuator/info.h"
#include "actuator/ledger.h"
#include "actuator/mover.h"

/* One disk of the guest as this host sees it. */
struct preflight_disk {
	bool present;
	uint64_t size_kib;
	int read; /* 0, or -errno of a direct read: -ETIMEDOUT when it hung */
};

/* A folder that xl or a mover writes to while a guest arrives. */
struct preflight_room {
	const char *folder;
	int64_t kib; /* what that may take */
	int look;    /* 0, or -errno of trying so much */
};

enum { PREFLIGHT_ROOMS = 4 };

struct preflight_facts {
	struct preflight_room rooms[PREFLIGHT_ROOMS];
	uint32_t xen_major, xen_minor;
	uint64_t free_kib, dom0_kib;   /* Xen's, and what dom0 has */
	char capabilities[INFO_VALUE]; /* as Xen says them; "": not known */
	bool hap;                      /* HVM and PVH guests can be live-migrated */
	bool autoballoon; /* xl may take memory from dom0, and locks all of xl for it */
	struct ledger promised;
	struct xl_domain domains[XL_DOMAINS];
	int n_domains;
	bool bridges[MAX_GUEST_BRIDGES]; /* [i]: the guest's i-th is here */
	struct preflight_disk disks[MAX_GUEST_DISKS];
	int kernel, ramdisk; /* of the guest, as look_file() has it */
	bool cpupool;        /* the one that the guest names is here, if it names one */
	struct cpus cpus;    /* of the cpupool that it will be in */
	bool cpus_known;
	uint32_t features[MAX_FEATURES]; /* that guests of its type may see here */
	size_t n_features;               /* 0: not known */
};

/* The word of what refuses it (doc/operations.md), with a sentence in sentence[size];
 * NULL: nothing does. */
const char *preflight_judge(const struct preflight_facts *facts,
    const Lifeboat__Order *order, const struct actuator_conf *conf, char *sentence,
    size_t size);

/* Gather, judge, and put a refusal into the state.  True: the guest may come. */
bool preflight(struct mover *m);

#endif
