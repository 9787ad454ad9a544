#include "policy/store_internal.h"

const char store_unwatched_schema[] =
    "CREATE TABLE unwatched (guest BLOB PRIMARY KEY, host TEXT NOT NULL,"
    " boot BLOB NOT NULL, domid INTEGER NOT NULL) WITHOUT ROWID;";

int
store_each_unwatched(
    struct store *s, void (*each)(void *to, const struct store_unwatched *o), void *to)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, "SELECT guest, host, boot, domid FROM unwatched");
	int step;

	if (r < 0)
		return r;
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_unwatched o = { .domid = 0 };

		store_get_bytes(o.guest.b, sizeof(o.guest.b), q, 0);
		store_get_text(o.host, sizeof(o.host), q, 1);
		store_get_bytes(o.boot.b, sizeof(o.boot.b), q, 2);
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
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, sql);

	if (r < 0)
		return store_wrote(s, r, err);
	sqlite3_bind_blob(q, 1, o->guest.b, sizeof(o->guest.b), SQLITE_STATIC);
	if (o->domid) {
		sqlite3_bind_text(q, 2, o->host, -1, SQLITE_STATIC);
		sqlite3_bind_blob(q, 3, o->boot.b, sizeof(o->boot.b), SQLITE_STATIC);
		sqlite3_bind_int64(q, 4, o->domid);
	}
	return store_finish(s, q, err);
}
