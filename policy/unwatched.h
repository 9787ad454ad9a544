/*
 * policy/unwatched: guests that Lifeboat has moved or brought back, and that no xl
 * watches.
 *
 * Their actuator says so once, with the order: only it may look, as root with every
 * capability.  What it said holds of this domain on this boot of its host, is in the
 * store as long as it holds, and is forgotten when the guest is started anew, gone or
 * elsewhere.  Of a guest that was never in an order nothing is known.
 */
#ifndef POLICY_UNWATCHED_H
#define POLICY_UNWATCHED_H

#include "policy/core/event.h"
#include "policy/store.h"

struct book_order;
struct engine;

/* More are alerted of, and not kept. */
enum { UNWATCHED_MAX = 256, UNWATCHED_REPORT_MS = 60000 };

struct unwatched {
	int n;
	struct unwatched_guest {
		struct store_unwatched row;
		host_t host;
		mono_t since; /* said, or read at start */
	} guest[UNWATCHED_MAX];
};

/* Its actuator says so at the end of o, as often as it likes: one alert. */
void unwatched_take(
    struct engine *e, const struct book_order *o, uint32_t domid, mono_t now);
bool unwatched_is(const struct engine *e, host_t host, const struct guest_facts *g);
/* Of the guests that hosts report now. */
int unwatched_count(const struct engine *e);
/* Forget those that are so no longer, by reports that can know them. */
void unwatched_sweep(struct engine *e, mono_t now);
/* What an earlier reign knew.  0 or -errno. */
int unwatched_restore(struct engine *e, mono_t now);

#endif
