#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "base/text.h"
#include "policy/store_internal.h"

enum { STORE_VERSION = 4 };

static const char schema[] =
    "CREATE TABLE pool (one INTEGER PRIMARY KEY CHECK (one = 1), term INTEGER NOT NULL,"
    " instance BLOB NOT NULL, mode INTEGER NOT NULL);"
    "CREATE TABLE host (name TEXT PRIMARY KEY, cordoned INTEGER NOT NULL,"
    " drained INTEGER NOT NULL) WITHOUT ROWID;";

int
store_errno(const struct store *s)
{
	switch (sqlite3_errcode(s->db) & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int
store_run(struct store *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
								       : store_errno(s);
}

int
store_prepare(struct store *s, sqlite3_stmt **q, const char *sql)
{
	return sqlite3_prepare_v2(s->db, sql, -1, q, NULL) == SQLITE_OK ? 0
									: store_errno(s);
}

void
store_get_text(char *out, size_t size, sqlite3_stmt *q, int i)
{
	const char *text = (const char *)sqlite3_column_text(q, i);

	text_copy(out, size, text ? text : "");
}

void
store_get_bytes(void *out, size_t size, sqlite3_stmt *q, int i)
{
	if (sqlite3_column_bytes(q, i) == (int)size)
		memcpy(out, sqlite3_column_blob(q, i), size);
}

static int
read_version(struct store *s, int *version)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, "PRAGMA user_version");

	if (r < 0)
		return r;
	if (sqlite3_step(q) == SQLITE_ROW)
		*version = sqlite3_column_int(q, 0);
	else
		r = store_errno(s);
	sqlite3_finalize(q);
	return r;
}

static int
upgrade(struct store *s, const char *path, struct err *err)
{
	int version = 0;
	int r = read_version(s, &version);

	if (r == 0 && version > STORE_VERSION)
		return err_set(err, -EPROTO,
		    "%s: written by a later Lifeboat (version %d, this one knows %d)",
		    path, version, STORE_VERSION);
	if (r < 0 || version == STORE_VERSION)
		return r;
	r = store_run(s, "BEGIN IMMEDIATE");
	if (r == 0 && version == 0)
		r = store_run(s, schema);
	if (r == 0 && version < 2)
		r = store_run(s, store_order_schema);
	if (r == 0 && version < 3)
		r = store_run(s, store_order_schema_3);
	if (r == 0)
		r = store_run(s, store_unwatched_schema);
	if (r == 0)
		r = store_run(s, "PRAGMA user_version = 4; COMMIT");
	return r;
}

static int
load(struct store *s)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, "SELECT term, instance, mode FROM pool");

	if (r < 0)
		return r;
	seal_random(s->instance, sizeof(s->instance));
	switch (sqlite3_step(q)) {
	case SQLITE_ROW:
		s->term = (uint64_t)sqlite3_column_int64(q, 0);
		store_get_bytes(s->instance, sizeof(s->instance), q, 1);
		if (sqlite3_column_int(q, 2) <= MODE_ACT && sqlite3_column_int(q, 2) >= 0)
			s->mode = (enum mode)sqlite3_column_int(q, 2);
		break;
	case SQLITE_DONE:
		break;
	default:
		r = store_errno(s);
	}
	sqlite3_finalize(q);
	return r;
}

static int
save(struct store *s, uint64_t term, enum mode mode)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, "INSERT OR REPLACE INTO pool VALUES (1, ?, ?, ?)");

	if (r < 0)
		return r;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)term);
	sqlite3_bind_blob(q, 2, s->instance, INSTANCE_SIZE, SQLITE_STATIC);
	sqlite3_bind_int(q, 3, (int)mode);
	if (sqlite3_step(q) != SQLITE_DONE)
		r = store_errno(s);
	sqlite3_finalize(q);
	return r;
}

int
store_open(struct store **out, const char *path, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	*err = (struct err){ "" };
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
		NULL) != SQLITE_OK) {
		r = store_errno(s);
		goto out;
	}
	sqlite3_busy_timeout(s->db, 1000);
	r = store_run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
	if (r == 0)
		r = upgrade(s, path, err);
	if (r == 0)
		r = load(s);
	if (r == 0)
		r = store_prune_orders(s);
	if (r == 0)
		r = save(s, s->term + 1, s->mode);
	if (r < 0)
		goto out;
	s->term++;
	*out = s;
	s = NULL;
out:
	if (r < 0 && err->text[0] == '\0')
		err_set(err, r, "%s: %s", path, sqlite3_errmsg(s->db));
	store_close(s);
	return r;
}

struct store *
store_close(struct store *s)
{
	if (s) {
		sqlite3_close(s->db);
		free(s);
	}
	return NULL;
}

uint64_t
store_term(const struct store *s)
{
	return s->term;
}

const uint8_t *
store_instance(const struct store *s)
{
	return s->instance;
}

enum mode
store_mode(const struct store *s)
{
	return s->mode;
}

const char *
store_error(const struct store *s)
{
	return s->error.text;
}

int
store_each_host(struct store *s,
    void (*each)(void *to, const char *host, bool cordoned, bool drained), void *to)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, "SELECT name, cordoned, drained FROM host");
	int step;

	if (r < 0)
		return r;
	while ((step = sqlite3_step(q)) == SQLITE_ROW)
		each(to, (const char *)sqlite3_column_text(q, 0),
		    sqlite3_column_int(q, 1) != 0, sqlite3_column_int(q, 2) != 0);
	r = step == SQLITE_DONE ? 0 : store_errno(s);
	sqlite3_finalize(q);
	return r;
}

int
store_wrote(struct store *s, int r, struct err *err)
{
	if (r == 0) {
		s->error.text[0] = '\0';
		return 0;
	}
	err_set(&s->error, r, "the store cannot be written: %s", sqlite3_errmsg(s->db));
	if (err)
		*err = s->error;
	return r;
}

int
store_finish(struct store *s, sqlite3_stmt *q, struct err *err)
{
	int r = store_wrote(s, sqlite3_step(q) == SQLITE_DONE ? 0 : store_errno(s), err);

	sqlite3_finalize(q);
	return r;
}

int
store_set_term(struct store *s, uint64_t term, struct err *err)
{
	int r = store_wrote(s, save(s, term, s->mode), err);

	if (r == 0)
		s->term = term;
	return r;
}

int
store_set_mode(struct store *s, enum mode mode, struct err *err)
{
	int r = store_wrote(s, save(s, s->term, mode), err);

	if (r == 0)
		s->mode = mode;
	return r;
}

int
store_set_host(
    struct store *s, const char *host, bool cordoned, bool drained, struct err *err)
{
	sqlite3_stmt *q;
	int r = store_prepare(s, &q, "INSERT OR REPLACE INTO host VALUES (?, ?, ?)");

	if (r < 0)
		return store_wrote(s, r, err);
	sqlite3_bind_text(q, 1, host, -1, SQLITE_STATIC);
	sqlite3_bind_int(q, 2, cordoned);
	sqlite3_bind_int(q, 3, drained);
	return store_finish(s, q, err);
}

int
store_limit_pages(struct store *s, int pages)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %d", pages);
	return store_run(s, sql);
}
