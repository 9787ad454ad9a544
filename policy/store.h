/*
 * policy/store: what must survive a restart of the engine, in SQLite.
 *
 * The term, the engine's instance, the mode, the operators' cordons and drains, the
 * guests that no xl watches, and the orders (policy/store_order).  A write has reached
 * the disk when its function returns.
 */
#ifndef POLICY_STORE_H
#define POLICY_STORE_H

#include "base/err.h"
#include "base/types.h"

struct store;

/*
 * Opens or makes it, and begins the next term: that is its first write, so a store that
 * cannot be written is refused here.  A store of a later version is refused.
 */
int store_open(struct store **out, const char *path, struct err *err);
struct store *store_close(struct store *s);

uint64_t store_term(const struct store *s);
/* 16 random bytes, made once per store. */
const uint8_t *store_instance(const struct store *s);
enum mode store_mode(const struct store *s);

/* Each host with something said of it by an operator, in no order. */
int store_each_host(struct store *s,
    void (*each)(void *to, const char *host, bool cordoned, bool drained), void *to);

/* A guest that no xl watches, as domain domid of its host's boot; one of each guest. */
struct store_unwatched {
	char host[NAME_SIZE];
	struct uuid guest, boot;
	uint32_t domid; /* 0: nothing is said of it any more */
};
/* o is the store's until each() returns.  0 or -errno. */
int store_each_unwatched(
    struct store *s, void (*each)(void *to, const struct store_unwatched *o), void *to);

/* 0, or -errno with a sentence: then nothing was changed. */
int store_set_unwatched(
    struct store *s, const struct store_unwatched *o, struct err *err);
int store_set_term(struct store *s, uint64_t term, struct err *err);
int store_set_mode(struct store *s, enum mode mode, struct err *err);
int store_set_host(
    struct store *s, const char *host, bool cordoned, bool drained, struct err *err);

/* It may grow to this many pages of 4 KiB: a full disk, for tests.  0 or -errno. */
int store_limit_pages(struct store *s, int pages);

/* The sentence of the last write that failed; "" when the last one succeeded. */
const char *store_error(const struct store *s);

#endif
