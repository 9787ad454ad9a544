#include <errno.h>
#include <string.h>

#include "policy/store_internal.h"
#include "policy/store_order.h"

enum { PRUNE_EVERY = 64 };

const char store_order_schema[] =
    "CREATE TABLE orders (term INTEGER NOT NULL, number INTEGER NOT NULL,"
    " prepare_term INTEGER NOT NULL, prepare_number INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, host TEXT NOT NULL, source TEXT NOT NULL,"
    " target TEXT NOT NULL, guest BLOB NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL,"
    " packed BLOB NOT NULL, hash BLOB NOT NULL, opened INTEGER NOT NULL,"
    " taken INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,"
    " said INTEGER NOT NULL DEFAULT 0, said_why TEXT NOT NULL DEFAULT '',"
    " detail TEXT NOT NULL DEFAULT '', berth_address TEXT NOT NULL DEFAULT '',"
    " berth_port INTEGER NOT NULL DEFAULT 0, berth_key BLOB NOT NULL DEFAULT x'',"
    " outcome INTEGER NOT NULL DEFAULT 0, verdict TEXT NOT NULL DEFAULT '',"
    " by TEXT NOT NULL DEFAULT '', ended INTEGER NOT NULL DEFAULT 0,"
    " closed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (term, number));"
    "CREATE INDEX orders_open ON orders (closed, term, number);";

const char store_order_schema_3[] =
    "ALTER TABLE orders ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN copy_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN pause_ms INTEGER NOT NULL DEFAULT 0;";

#define COLUMNS                                                                          \
	"term, number, prepare_term, prepare_number, kind, host, source, target, guest," \
	" name, why, packed, hash, opened, taken, held, said, said_why, detail,"         \
	" berth_address, berth_port, berth_key, outcome, verdict, by, ended, closed,"    \
	" bytes, copy_ms, pause_ms"

static void
bind_text(sqlite3_stmt *q, int i, const char *text)
{
	sqlite3_bind_text(q, i, text, -1, SQLITE_STATIC);
}

static void
bind_id(sqlite3_stmt *q, int i, order_t id)
{
	sqlite3_bind_int64(q, i, (sqlite3_int64)id.term);
	sqlite3_bind_int64(q, i + 1, id.number);
}

int
store_add_order(struct store *s, const struct store_order *o, struct err *err)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q,
	    "INSERT INTO orders (term, number, prepare_term, prepare_number, kind, host,"
	    " source, target, guest, name, why, packed, hash, opened)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	if (r < 0)
		return store_wrote(s, r, err);
	bind_id(q, 1, o->id);
	bind_id(q, 3, o->prepare);
	sqlite3_bind_int(q, 5, (int)o->kind);
	bind_text(q, 6, o->host);
	bind_text(q, 7, o->from);
	bind_text(q, 8, o->to);
	sqlite3_bind_blob(q, 9, o->guest.b, sizeof(o->guest.b), SQLITE_STATIC);
	bind_text(q, 10, o->name);
	bind_text(q, 11, o->why);
	sqlite3_bind_blob(q, 12, o->packed, (int)o->len, SQLITE_STATIC);
	sqlite3_bind_blob(q, 13, o->hash, sizeof(o->hash), SQLITE_STATIC);
	sqlite3_bind_int64(q, 14, o->opened_ms);
	return store_finish(s, q, err);
}

static void
bind_berth(sqlite3_stmt *q, int i, const struct store_berth *b)
{
	bind_text(q, i, b->address);
	sqlite3_bind_int64(q, i + 1, b->port);
	sqlite3_bind_blob(q, i + 2, b->key, sizeof(b->key), SQLITE_STATIC);
}

int
store_save_order(struct store *s, const struct store_order *o, struct err *err)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q,
	    "UPDATE orders SET taken = ?, held = ?, said = ?, said_why = ?, detail = ?,"
	    " berth_address = ?, berth_port = ?, berth_key = ?, outcome = ?, verdict = ?,"
	    " by = ?, ended = ?, closed = ?, bytes = ?, copy_ms = ?, pause_ms = ?"
	    " WHERE term = ? AND number = ?");

	if (r < 0)
		return store_wrote(s, r, err);
	sqlite3_bind_int(q, 1, o->taken);
	sqlite3_bind_int(q, 2, o->held);
	sqlite3_bind_int(q, 3, (int)o->said);
	bind_text(q, 4, o->said_why);
	bind_text(q, 5, o->detail);
	bind_berth(q, 6, &o->berth);
	sqlite3_bind_int(q, 9, (int)o->outcome);
	bind_text(q, 10, o->verdict);
	bind_text(q, 11, o->by);
	sqlite3_bind_int64(q, 12, o->ended_ms);
	sqlite3_bind_int(q, 13, o->closed);
	sqlite3_bind_int64(q, 14, (sqlite3_int64)o->bytes);
	sqlite3_bind_int64(q, 15, o->copy_ms);
	sqlite3_bind_int64(q, 16, o->pause_ms);
	bind_id(q, 17, o->id);
	r = store_finish(s, q, err);
	if (r == 0 && o->closed && ++s->closed % PRUNE_EVERY == 0)
		r = store_prune_orders(s);
	return r;
}

int
store_prune_orders(struct store *s)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q,
	    "DELETE FROM orders WHERE closed = 1 AND rowid NOT IN (SELECT rowid FROM"
	    " orders WHERE closed = 1 ORDER BY term DESC, number DESC LIMIT ?)");

	if (r < 0)
		return r;
	sqlite3_bind_int(q, 1, STORE_ENDED);
	return store_finish(s, q, NULL);
}

static order_t
get_id(sqlite3_stmt *q, int i)
{
	return (order_t){ (uint64_t)sqlite3_column_int64(q, i),
		(uint32_t)sqlite3_column_int64(q, i + 1) };
}

static enum outcome
get_outcome(sqlite3_stmt *q, int i)
{
	int n = sqlite3_column_int(q, i);

	return n < 0 || n > OUTCOME_UNDEFINED ? OUTCOME_UNDEFINED : (enum outcome)n;
}

static void
get_row(struct store_order *o, sqlite3_stmt *q)
{
	int kind = sqlite3_column_int(q, 4);

	memset(o, 0, sizeof(*o));
	o->id = get_id(q, 0);
	o->prepare = get_id(q, 2);
	o->kind = kind < 0 || kind >= ORDER_KINDS ? ORDER_NONE : (enum order_kind)kind;
	store_get_text(o->host, sizeof(o->host), q, 5);
	store_get_text(o->from, sizeof(o->from), q, 6);
	store_get_text(o->to, sizeof(o->to), q, 7);
	store_get_bytes(o->guest.b, sizeof(o->guest.b), q, 8);
	store_get_text(o->name, sizeof(o->name), q, 9);
	store_get_text(o->why, sizeof(o->why), q, 10);
	o->packed = (uint8_t *)(uintptr_t)sqlite3_column_blob(q, 11);
	o->len = (size_t)sqlite3_column_bytes(q, 11);
	store_get_bytes(o->hash, sizeof(o->hash), q, 12);
	o->opened_ms = sqlite3_column_int64(q, 13);
	o->taken = sqlite3_column_int(q, 14) != 0;
	o->held = sqlite3_column_int(q, 15) != 0;
	o->said = get_outcome(q, 16);
	store_get_text(o->said_why, sizeof(o->said_why), q, 17);
	store_get_text(o->detail, sizeof(o->detail), q, 18);
	store_get_text(o->berth.address, sizeof(o->berth.address), q, 19);
	o->berth.port = (uint32_t)sqlite3_column_int64(q, 20);
	store_get_bytes(o->berth.key, sizeof(o->berth.key), q, 21);
	o->outcome = get_outcome(q, 22);
	store_get_text(o->verdict, sizeof(o->verdict), q, 23);
	store_get_text(o->by, sizeof(o->by), q, 24);
	o->ended_ms = sqlite3_column_int64(q, 25);
	o->closed = sqlite3_column_int(q, 26) != 0;
	o->bytes = (uint64_t)sqlite3_column_int64(q, 27);
	o->copy_ms = sqlite3_column_int64(q, 28);
	o->pause_ms = sqlite3_column_int64(q, 29);
}

/* Every row of q; finalizes it.  Rows, or -errno. */
static int
each_row(struct store *s, sqlite3_stmt *q,
    void (*each)(void *to, const struct store_order *o), void *to)
{
	struct store_order o;
	int n = 0, step;

	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		get_row(&o, q);
		each(to, &o);
		n++;
	}
	if (step != SQLITE_DONE)
		n = store_errno(s);
	sqlite3_finalize(q);
	return n;
}

int
store_each_open(
    struct store *s, void (*each)(void *to, const struct store_order *o), void *to)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q,
	    "SELECT " COLUMNS " FROM orders WHERE closed = 0 ORDER BY term, number");

	if (r == 0)
		r = each_row(s, q, each, to);
	return r < 0 ? r : 0;
}

int
store_each_closed(
    struct store *s, int n, void (*each)(void *to, const struct store_order *o), void *to)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q,
	    "SELECT " COLUMNS
	    " FROM orders WHERE closed = 1 ORDER BY term DESC, number DESC LIMIT ?");

	if (r < 0)
		return r;
	sqlite3_bind_int(q, 1, n);
	r = each_row(s, q, each, to);
	return r < 0 ? r : 0;
}

int
store_find_order(struct store *s, order_t id,
    void (*each)(void *to, const struct store_order *o), void *to)
{
	sqlite3_stmt *q;
	int r = store_prepare(
	    s, &q, "SELECT " COLUMNS " FROM orders WHERE term = ? AND number = ?");

	if (r < 0)
		return r;
	bind_id(q, 1, id);
	return each_row(s, q, each, to);
}
