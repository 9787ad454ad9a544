/*
 * actuator/xl: what this host's xl says of its domains.
 */
#ifndef ACTUATOR_XL_H
#define ACTUATOR_XL_H

#include "base/cpus.h"
#include "base/err.h"
#include "base/types.h"

/* What xl puts behind the name of half of a move: at the target, and at the source. */
#define XL_INCOMING "--incoming"
#define XL_AWAY     "--migratedaway"

enum { XL_NAME_SIZE = NAME_SIZE + sizeof(XL_AWAY), XL_DOMAINS = MAX_GUESTS + 2 };

/* What xl is asked ends within this time: it waits for other xl's lock, and emulated
 * hosts freeze. */
enum { XL_LIMIT_MS = 60000 };

struct xl_domain {
	struct uuid uuid;
	char name[XL_NAME_SIZE]; /* cut if need be, and then longer than any order's */
	uint32_t domid;
	uint64_t memory_kib; /* what it has, claimed included */
	enum guest_state state;
};

/* All that argv says, less than size bytes, in *text, which the caller frees.  0, or
 * -errno with a sentence, and nothing to free; -EIO when it ended with another status
 * than 0. */
int xl_say(char **text, size_t size, const char *const argv[], struct err *err);

/*
 * A line of `xl list -v`: name, id, MiB, vcpus, flags, seconds, UUID, shutdown reason,
 * label.  False: no such line.
 */
bool xl_parse_line(struct xl_domain *out, const char *line);

/*
 * Every domain, dom0, dying and paused ones too, in out[XL_DOMAINS].  Their number, or
 * -errno with a sentence: -EPROTO when a line is none of a domain, as that one would
 * pass for absent, -ENODATA when dom0 is not among them, -E2BIG.
 */
int xl_list(const char *xl, struct xl_domain *out, struct err *err);

/* The domain of that UUID, the first from index on; -1. */
int xl_find(const struct xl_domain *list, int n, const struct uuid *uuid, int from);

/* Whether a name is one that xl gives to half of a move. */
bool xl_is_half(const char *name);

/* The cpupool of guests that name none, as Xen makes it. */
#define XL_CPUPOOL_FIRST "Pool-0"

/* A line of `xl cpupool-list -c`: whether it is of the cpupool of that name, and then its
 * processors, of which it may have none. */
bool xl_parse_cpupool(struct cpus *out, const char *line, const char *name);

/* The processors of a cpupool.  0; -ENOENT where there is none of that name, or another
 * -errno with a sentence. */
int xl_cpupool(const char *xl, const char *name, struct cpus *out, struct err *err);

/* `xl VERB ARG [ARG2]`; 0, or -EIO with a sentence unless it ended with status 0. */
int xl_do(
    const char *xl, const char *verb, const char *arg, const char *arg2, struct err *err);

#endif
