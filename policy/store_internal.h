/*
 * policy/store_internal: shared by the store's files.
 */
#ifndef POLICY_STORE_INTERNAL_H
#define POLICY_STORE_INTERNAL_H

#include <sqlite3.h>

#include "policy/store.h"

enum { INSTANCE_SIZE = 16 };

struct store {
	sqlite3 *db;
	uint64_t term;
	uint8_t instance[INSTANCE_SIZE];
	enum mode mode;
	struct err error;
	int closed; /* orders, since the old ones were last thrown away */
};

/* The error of the last statement as -errno. */
int store_errno(const struct store *s);
int store_run(struct store *s, const char *sql);
/* *q is NULL on failure. */
int store_prepare(struct store *s, sqlite3_stmt **q, const char *sql);
/* Keep what a write came to, and tell the operator who asked for it. */
int store_wrote(struct store *s, int r, struct err *err);
/* The write q, done and finalized. */
int store_finish(struct store *s, sqlite3_stmt *q, struct err *err);

/* A column that is NULL, too long or of another length leaves "" or out as it was. */
void store_get_text(char *out, size_t size, sqlite3_stmt *q, int i);
void store_get_bytes(void *out, size_t size, sqlite3_stmt *q, int i);

extern const char store_order_schema[];     /* that of version 2 */
extern const char store_order_schema_3[];   /* what version 3 adds to it */
extern const char store_unwatched_schema[]; /* of version 4 */
/* The store is open: keep no more than STORE_ENDED. */
int store_prune_orders(struct store *s);

#endif
