#include <string.h>

#include "base/text.h"
#include "policy/store_internal.h"

const char store_unwatched_schema[] =
    "CREATE TABLE unwatched (guest BLOB PRIMARY KEY, host TEXT NOT NULL,"
    " boot BLOB NOT NULL, domid INTEGER NOT NULL) WITHOUT ROWID;";

static void
get_uuid(struct uuid *out, sqlite3_stmt *q, int i)
{
	if (sqlite3_column_bytes(q, i) == (int)sizeof(out->b))
		memcpy(out->b, sqlite3_column_blob(q, i), sizeof(out->b));
}

int
store_each_unwatched(
    struct store *s, void (*each)(void *to, const struct store_unwatched *o), void *to)
{
	sqlite3_stmt *q = NULL;
	int r, step;

	if (sqlite3_prepare_v2(s->db, "SELECT guest, host, boot, domid FROM unwatched",
		-1, &q, NULL) != SQLITE_OK)
		return store_errno(s);
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_unwatched o = { .domid = 0 };
		const char *host = (const char *)sqlite3_column_text(q, 1);

		get_uuid(&o.guest, q, 0);
		text_copy(o.host, sizeof(o.host), host ? host : "");
		get_uuid(&o.boot, q, 2);
		o.domid = (uint32_t)sqlite3_column_int64(q, 3);
		each(to, &o);
	}
	r = step == SQLITE_DONE ? 0 : store_errno(s);
	sqlite3_finalize(q);
	return r;
}

int
store_set_unwatched(struct store *s, const struct store_unwatched *o, struct err *err)
{
	const char *sql = o->domid
			      ? "INSERT OR REPLACE INTO unwatched VALUES (?, ?, ?, ?)"
			      : "DELETE FROM unwatched WHERE guest = ?";
	sqlite3_stmt *q = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return store_wrote(s, store_errno(s), err);
	sqlite3_bind_blob(q, 1, o->guest.b, sizeof(o->guest.b), SQLITE_STATIC);
	if (o->domid) {
		sqlite3_bind_text(q, 2, o->host, -1, SQLITE_STATIC);
		sqlite3_bind_blob(q, 3, o->boot.b, sizeof(o->boot.b), SQLITE_STATIC);
		sqlite3_bind_int64(q, 4, o->domid);
	}
	if (sqlite3_step(q) != SQLITE_DONE)
		r = store_errno(s);
	r = store_wrote(s, r, err);
	sqlite3_finalize(q);
	return r;
}
