#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/seal.h"
#include "policy/store.h"
#include "tests/unit/cmocka_all.h"

static char folder[64], path[96];
static struct err err;

static int
make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/lifeboat-store-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/store.db", folder);
	return 0;
}

static int
drop_folder(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char file[128];

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, ends[i]);
		unlink(file);
	}
	return rmdir(folder);
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
	assert_int_equal(r, -28); /* ENOSPC */
	assert_non_null(strstr(err.text, "cannot be written"));
	assert_string_equal(store_error(s), err.text);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    each_start_is_a_new_term_of_the_same_engine, make_folder,
		    drop_folder),
		cmocka_unit_test_setup_teardown(
		    an_operators_word_survives, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
		    a_store_of_a_later_version_is_refused, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
		    a_file_that_is_no_store_is_refused, make_folder, drop_folder),
		cmocka_unit_test(a_store_in_no_folder_is_refused),
		cmocka_unit_test_setup_teardown(
		    a_full_store_says_so_and_changes_nothing, make_folder, drop_folder),
	};

	if (seal_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
