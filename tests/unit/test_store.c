#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/seal.h"
#include "policy/store.h"
#include "policy/store_order.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

static char path[96];
static struct err err;

static int
setup(void **state)
{
	if (tree_make(state) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/store.db", tree);
	return 0;
}

static int cordoned, drained;

static void
count(void *to, const char *host, bool is_cordoned, bool is_drained)
{
	(void)to;
	assert_string_equal(host, "n1");
	cordoned += is_cordoned;
	drained += is_drained;
}

static void
each_start_is_a_new_term_of_the_same_engine(void **state)
{
	struct store *s;
	uint8_t instance[16];

	(void)state;
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_term(s), 1);
	memcpy(instance, store_instance(s), sizeof(instance));
	store_close(s);
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_term(s), 2);
	assert_memory_equal(instance, store_instance(s), sizeof(instance));
	store_close(s);
}

static void
an_operators_word_survives(void **state)
{
	struct store *s;

	(void)state;
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_set_host(s, "n1", true, false, &err), 0);
	assert_int_equal(store_set_mode(s, MODE_ADVISE, &err), 0);
	store_close(s);
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_mode(s), MODE_ADVISE);
	cordoned = drained = 0;
	assert_int_equal(store_each_host(s, count, NULL), 0);
	assert_int_equal(cordoned, 1);
	assert_int_equal(drained, 0);
	store_close(s);
}

static void
run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
a_store_of_a_later_version_is_refused(void **state)
{
	struct store *s;

	(void)state;
	run_sql("PRAGMA user_version = 99");
	assert_true(store_open(&s, path, &err) < 0);
	assert_non_null(strstr(err.text, "later Lifeboat (version 99"));
}

static void
a_file_that_is_no_store_is_refused(void **state)
{
	struct store *s;
	FILE *f = fopen(path, "w");

	(void)state;
	fputs("this is a letter, and not a short one, to whom it may concern: no "
	      "database\n",
	    f);
	fclose(f);
	assert_true(store_open(&s, path, &err) < 0);
	assert_non_null(strstr(err.text, path));
}

static void
a_store_in_no_folder_is_refused(void **state)
{
	struct store *s;

	(void)state;
	assert_true(store_open(&s, "/nonexistent/lifeboat/store.db", &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/lifeboat/store.db"));
}

static void
a_full_store_says_so_and_changes_nothing(void **state)
{
	char name[512];
	struct store *s;
	int r = 0;

	(void)state;
	assert_int_equal(store_open(&s, path, &err), 0);
	/* The table outgrows what the database may hold. */
	assert_int_equal(store_limit_pages(s, 8), 0);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 200 && r == 0; i++) {
		name[0] = (char)('a' + i % 26);
		name[1] = (char)('a' + i / 26);
		r = store_set_host(s, name, true, false, &err);
	}
	assert_int_equal(r, -ENOSPC);
	assert_non_null(strstr(err.text, "cannot be written"));
	assert_string_equal(store_error(s), err.text);
	store_close(s);
}

static struct store_order
order_of(uint32_t number)
{
	static uint8_t packed[] = { 1, 2, 3 };
	struct store_order o = { .id = { 1, number }, .kind = ORDER_PREPARE };

	strcpy(o.host, "n2");
	strcpy(o.from, "n1");
	strcpy(o.to, "n2");
	strcpy(o.name, "web");
	strcpy(o.why, "critical");
	o.guest.b[3] = 4;
	o.packed = packed;
	o.len = sizeof(packed);
	o.hash[31] = 9;
	o.opened_ms = 5;
	return o;
}

static int seen;
static uint32_t first_seen;
static struct store_order got;

static void
see(void *to, const struct store_order *o)
{
	(void)to;
	if (seen++ == 0)
		first_seen = o->id.number;
	got = *o;
	assert_int_equal(o->len, 3);
	assert_int_equal(o->packed[2], 3);
	got.packed = NULL;
}

static void
an_order_survives_with_all_that_was_said_of_it(void **state)
{
	struct store *s;
	struct store_order o = order_of(7);

	(void)state;
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_add_order(s, &o, &err), 0);
	assert_true(store_add_order(s, &o, &err) < 0);
	o.said = OUTCOME_READY;
	o.taken = o.held = true;
	strcpy(o.detail, "a sentence");
	strcpy(o.berth.address, "192.0.2.2");
	o.berth.port = 7900;
	o.berth.key[5] = 6;
	o.bytes = 3ULL << 40;
	o.copy_ms = 7400;
	o.pause_ms = 180;
	assert_int_equal(store_save_order(s, &o, &err), 0);
	store_close(s);

	seen = 0;
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_each_open(s, see, NULL), 0);
	assert_int_equal(seen, 1);
	assert_true(got.taken && got.held && !got.closed);
	assert_int_equal(got.said, OUTCOME_READY);
	assert_int_equal(got.outcome, OUTCOME_NONE);
	assert_string_equal(got.host, "n2");
	assert_string_equal(got.name, "web");
	assert_string_equal(got.why, "critical");
	assert_string_equal(got.detail, "a sentence");
	assert_string_equal(got.berth.address, "192.0.2.2");
	assert_int_equal(got.berth.port, 7900);
	assert_int_equal(got.berth.key[5], 6);
	assert_memory_equal(got.hash, o.hash, sizeof(o.hash));
	assert_int_equal(got.opened_ms, 5);
	assert_int_equal(got.bytes, 3ULL << 40);
	assert_int_equal(got.copy_ms, 7400);
	assert_int_equal(got.pause_ms, 180);
	assert_int_equal(store_find_order(s, (order_t){ 1, 7 }, see, NULL), 1);
	assert_int_equal(store_find_order(s, (order_t){ 1, 8 }, see, NULL), 0);
	store_close(s);
}

static void
only_the_last_ended_orders_are_kept(void **state)
{
	struct store *s;
	struct store_order o;

	(void)state;
	assert_int_equal(store_open(&s, path, &err), 0);
	for (uint32_t i = 1; i <= STORE_ENDED + 100; i++) {
		o = order_of(i);
		assert_int_equal(store_add_order(s, &o, &err), 0);
		o.closed = i != 1;
		assert_int_equal(store_save_order(s, &o, &err), 0);
	}
	store_close(s);
	assert_int_equal(store_open(&s, path, &err), 0);
	seen = 0;
	assert_int_equal(store_each_closed(s, 5000, see, NULL), 0);
	assert_int_equal(seen, STORE_ENDED);
	assert_int_equal(first_seen, STORE_ENDED + 100);
	seen = 0;
	assert_int_equal(store_each_open(s, see, NULL), 0);
	assert_int_equal(seen, 1);
	store_close(s);
}

static const char orders_of_version_2[] =
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

/* As version 1 wrote it. */
static void
a_store_of_version_1_is_upgraded(void **state)
{
	struct store *s;
	struct store_order o = order_of(1);

	(void)state;
	run_sql("CREATE TABLE pool (one INTEGER PRIMARY KEY CHECK (one = 1), term INTEGER"
		" NOT NULL, instance BLOB NOT NULL, mode INTEGER NOT NULL);"
		"CREATE TABLE host (name TEXT PRIMARY KEY, cordoned INTEGER NOT NULL,"
		" drained INTEGER NOT NULL) WITHOUT ROWID; PRAGMA user_version = 1;"
		"INSERT INTO pool VALUES (1, 41, x'000102030405060708090a0b0c0d0e0f', 0);"
		"INSERT INTO host VALUES ('n1', 1, 0)");
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_term(s), 42);
	assert_int_equal(store_instance(s)[15], 15);
	cordoned = drained = 0;
	assert_int_equal(store_each_host(s, count, NULL), 0);
	assert_int_equal(cordoned, 1);
	assert_int_equal(store_add_order(s, &o, &err), 0);
	store_close(s);
}

static struct store_unwatched unwatched[4];

static void
see_unwatched(void *to, const struct store_unwatched *o)
{
	int *n = to;

	unwatched[(*n)++] = *o;
}

/* One of version 3 has no room for it yet. */
static void
of_each_guest_that_no_xl_watches_one_row_is_kept(void **state)
{
	struct store_unwatched o = { "n1", { { 1 } }, { { 2 } }, 7 };
	struct store *s;
	int n = 0;

	(void)state;
	assert_int_equal(store_open(&s, path, &err), 0);
	store_close(s);
	run_sql("DROP TABLE unwatched; PRAGMA user_version = 3");
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_set_unwatched(s, &o, &err), 0);
	o.domid = 4000000000;
	assert_int_equal(store_set_unwatched(s, &o, &err), 0);
	o.guest.b[0] = 9;
	assert_int_equal(store_set_unwatched(s, &o, &err), 0);
	o.domid = 0;
	assert_int_equal(store_set_unwatched(s, &o, &err), 0);
	store_close(s);
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_each_unwatched(s, see_unwatched, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(unwatched[0].host, "n1");
	assert_int_equal(unwatched[0].guest.b[0], 1);
	assert_int_equal(unwatched[0].boot.b[0], 2);
	assert_int_equal(unwatched[0].domid, 4000000000);
	store_close(s);
}

/* As version 2 wrote it, with an order that has ended and one that has not. */
static void
a_store_of_version_2_is_upgraded(void **state)
{
	struct store *s;

	(void)state;
	run_sql(
	    "CREATE TABLE pool (one INTEGER PRIMARY KEY CHECK (one = 1), term INTEGER"
	    " NOT NULL, instance BLOB NOT NULL, mode INTEGER NOT NULL);"
	    "CREATE TABLE host (name TEXT PRIMARY KEY, cordoned INTEGER NOT NULL,"
	    " drained INTEGER NOT NULL) WITHOUT ROWID; PRAGMA user_version = 2;"
	    "INSERT INTO pool VALUES (1, 41, x'000102030405060708090a0b0c0d0e0f', 2)");
	run_sql(orders_of_version_2);
	run_sql("INSERT INTO orders (term, number, prepare_term, prepare_number, kind,"
		" host, source, target, guest, name, why, packed, hash, opened, closed)"
		" VALUES (41, 1, 0, 0, 1, 'n2', 'n1', 'n2', x'', 'web', 'hot',"
		" x'010203', x'', 5, 1),"
		" (41, 2, 0, 0, 1, 'n2', 'n1', 'n2', x'', 'db', 'hot', x'010203', x'',"
		" 5, 0)");
	assert_int_equal(store_open(&s, path, &err), 0);
	assert_int_equal(store_term(s), 42);
	assert_int_equal(store_mode(s), MODE_ACT);
	seen = 0;
	assert_int_equal(store_each_open(s, see, NULL), 0);
	assert_int_equal(seen, 1);
	assert_string_equal(got.name, "db");
	got.packed = (uint8_t[]){ 1, 2, 3 };
	got.bytes = 4096;
	got.closed = true;
	assert_int_equal(store_save_order(s, &got, &err), 0);
	seen = 0;
	assert_int_equal(store_each_closed(s, 9, see, NULL), 0);
	assert_int_equal(seen, 2);
	assert_string_equal(got.name, "web");
	assert_int_equal(got.bytes, 0);
	assert_int_equal(got.copy_ms, 0);
	store_close(s);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, tree_remove)
	const struct CMUnitTest tests[] = {
		CASE(each_start_is_a_new_term_of_the_same_engine),
		CASE(an_operators_word_survives),
		CASE(a_store_of_a_later_version_is_refused),
		CASE(a_file_that_is_no_store_is_refused),
		CASE(an_order_survives_with_all_that_was_said_of_it),
		CASE(only_the_last_ended_orders_are_kept),
		CASE(a_store_of_version_1_is_upgraded),
		CASE(a_store_of_version_2_is_upgraded),
		CASE(of_each_guest_that_no_xl_watches_one_row_is_kept),
		cmocka_unit_test(a_store_in_no_folder_is_refused),
		CASE(a_full_store_says_so_and_changes_nothing),
	};

	if (seal_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
