#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/autostart.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

#define GUEST "c0ffee00-0000-4000-8000-000000000001"

static char folder[80];
static const char file[] = "name = \"web\"\nmemory = 160\n";
static struct uuid guest;

/* A host on which web is started at boot. */
static int
make_host(void **state)
{
	if (tree_make(state) < 0)
		return -1;
	uuid_parse(&guest, GUEST);
	tree_folder("/order");
	snprintf(folder, sizeof(folder), "%s/order", tree);
	tree_put(file, "/etc/xen/web.cfg");
	tree_put("name = 'other'\n", "/etc/xen/other.cfg");
	tree_link("../web.cfg", "/etc/xen/auto/10-web");
	tree_link("../other.cfg", "/etc/xen/auto/other");
	return 0;
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(tree_path("%s", path), &st) == 0;
}

static bool
says(const char *path, const char *text)
{
	size_t len;
	char *said = autostart_read(tree_path("%s", path), &len);
	bool same = said && strcmp(said, text) == 0;

	free(said);
	return same;
}

static void
the_link_of_a_guest_is_found_by_name_or_uuid(void **state)
{
	struct autostart a;
	struct uuid nil = { { 0 } };
	struct err err;

	(void)state;
	assert_int_equal(autostart_find(&a, tree, "web", &nil, &err), 0);
	assert_string_equal(a.entry, "10-web");
	assert_string_equal(a.text, file);
	autostart_deinit(&a);
	assert_int_equal(autostart_find(&a, tree, "nobody", &nil, &err), 0);
	assert_null(a.text);
	tree_put("memory = 1; uuid='" GUEST "'\n", "/etc/xen/other.cfg");
	assert_int_equal(autostart_find(&a, tree, "nobody", &guest, &err), 0);
	assert_string_equal(a.entry, "other");
	autostart_deinit(&a);
}

static void
two_links_of_a_guest_are_one_too_many(void **state)
{
	struct autostart a;
	struct err err;

	(void)state;
	tree_put("uuid = \"" GUEST "\"\n", "/etc/xen/auto/again");
	assert_int_equal(autostart_find(&a, tree, "web", &guest, &err), -ENOTUNIQ);
	assert_null(a.text);
	assert_non_null(strstr(err.text, "10-web"));
	assert_non_null(strstr(err.text, "again"));
}

static int
take(const char *entry)
{
	return autostart_take(tree, folder, &guest, entry);
}

static void
a_link_taken_away_comes_back_for_a_guest_that_stays(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* a mover may die between any two steps */
		assert_int_equal(take("10-web"), 0);
		assert_false(is_there("/etc/xen/auto/10-web"));
		assert_true(is_there("/etc/xen/web.cfg"));
		assert_true(autostart_is_taken(folder, &guest));
		if (i == 1)
			tree_link("../web.cfg", "/etc/xen/auto/10-web");
		assert_int_equal(autostart_put_back(tree, folder, &guest), 0);
		assert_true(says("/etc/xen/auto/10-web", file));
		assert_false(autostart_is_taken(folder, &guest));
	}
}

static void
what_has_the_place_of_a_link_by_now_is_not_taken_for_it(void **state)
{
	(void)state;
	assert_int_equal(take("10-web"), 0);
	tree_put("name = \"stranger\"\n", "/etc/xen/auto/10-web");
	assert_int_equal(autostart_put_back(tree, folder, &guest), -EEXIST);
	assert_true(says("/etc/xen/auto/10-web", "name = \"stranger\"\n"));
	assert_true(autostart_is_taken(folder, &guest));
}

static void
the_file_of_a_guest_that_moved_stays_under_another_name(void **state)
{
	(void)state;
	assert_int_equal(take("10-web"), 0);
	assert_int_equal(autostart_let_go(tree, folder, &guest), 0);
	assert_false(is_there("/etc/xen/auto/10-web"));
	assert_false(is_there("/etc/xen/web.cfg"));
	assert_true(is_there("/etc/xen/web.cfg.moved"));
	assert_false(autostart_is_taken(folder, &guest));
}

static void
a_file_outside_is_left_alone_and_so_is_its_namesake(void **state)
{
	(void)state;
	tree_put(file, "/web.cfg");
	tree_link(tree_path("/web.cfg"), "/etc/xen/auto/far");
	assert_int_equal(take("far"), 0);
	assert_int_equal(autostart_let_go(tree, folder, &guest), 0);
	assert_false(is_there("/etc/xen/auto/far"));
	assert_true(is_there("/web.cfg"));
	assert_true(is_there("/etc/xen/web.cfg"));
}

static void
without_a_note_nothing_is_touched(void **state)
{
	(void)state;
	assert_int_equal(take("other"), 0);
	autostart_forget(folder, &guest);
	assert_int_equal(autostart_put_back(tree, folder, &guest), 0);
	assert_int_equal(autostart_let_go(tree, folder, &guest), 0);
	assert_false(is_there("/etc/xen/auto/other"));
	assert_true(is_there("/etc/xen/auto/10-web"));
	assert_true(is_there("/etc/xen/other.cfg"));
}

static void
a_file_in_the_folder_of_links_is_set_aside_and_comes_back(void **state)
{
	(void)state;
	tree_put("name = \"plain\"\n", "/etc/xen/auto/plain");
	for (int i = 0; i < 2; i++) { /* a mover may die between any two steps */
		assert_int_equal(take("plain"), 0);
		assert_false(is_there("/etc/xen/auto/plain"));
		assert_true(is_there("/etc/xen/plain.moved"));
		if (i == 1)
			assert_int_equal(link(tree_path("/etc/xen/plain.moved"),
					     tree_path("/etc/xen/auto/plain")),
			    0);
		assert_int_equal(autostart_put_back(tree, folder, &guest), 0);
		assert_true(is_there("/etc/xen/auto/plain"));
		assert_false(is_there("/etc/xen/plain.moved"));
		assert_false(autostart_is_taken(folder, &guest));
	}
}

static int
make(const char *name, const char *text, struct err *err)
{
	struct autostart a = { .text = (char *)(uintptr_t)text, .len = strlen(text) };

	return autostart_make(tree, &a, name, &guest, err);
}

static void
a_guest_that_arrives_gets_its_file_and_its_link(void **state)
{
	static const char text[] = "name = \"db\"\n";
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(make("db", text, &err), 0);
		assert_true(says("/etc/xen/auto/db.cfg", text));
		assert_false(is_there("/etc/xen/db.cfg.new"));
	}
	/* The mover died between the two. */
	assert_int_equal(unlink(tree_path("/etc/xen/auto/db.cfg")), 0);
	assert_int_equal(make("db", text, &err), 0);
	assert_true(says("/etc/xen/auto/db.cfg", text));
	assert_int_equal(make("../a", text, &err), -EPERM);
}

static void
a_file_about_it_that_is_there_is_kept_and_linked(void **state)
{
	static const char own[] = "memory = 8192\nname = \"db\"\n";
	struct err err;

	(void)state;
	tree_put(own, "/etc/xen/db.cfg");
	assert_int_equal(make("db", "name = \"db\"\n", &err), AUTOSTART_E_KEPT);
	assert_true(says("/etc/xen/auto/db.cfg", own));
}

static void
a_link_that_is_there_gets_no_second_one(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(make("web", file, &err), 0);
	assert_false(is_there("/etc/xen/auto/web.cfg"));
}

static void
a_file_about_something_else_is_neither_linked_nor_replaced(void **state)
{
	static const char *const others[] = { "name = \"other\"\n", "" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		tree_put(others[i], "/etc/xen/db.cfg");
		assert_int_equal(make("db", "name = \"db\"\n", &err), -EEXIST);
		assert_non_null(strstr(err.text, "/etc/xen/db.cfg is there"));
		assert_true(says("/etc/xen/db.cfg", others[i]));
		assert_false(is_there("/etc/xen/auto/db.cfg"));
	}
}

/* An xl that says it understood so, and keeps what it was given. */
static void
put_xl(const char *config, int status)
{
	char script[1024];

	snprintf(script, sizeof(script),
	    "#!/bin/sh\n[ \"$1 $2 $3 $4\" = 'create --quiet --dryrun --defconfig' ] || "
	    "exit "
	    "9\n"
	    "cp \"$5\" %s/given\ncat <<'END'\n%s\nEND\nexit %d\n",
	    tree, config, status);
	tree_put(script, "/xl");
	assert_int_equal(chmod(tree_path("/xl"), 0755), 0);
}

static int
check(const char *text, size_t len, struct err *err)
{
	struct autostart a = { .text = (char *)(uintptr_t)text, .len = len };
	struct header_wish wish = { .uuid = guest, .name = "web", .scripts = "/none" };

	return autostart_check(tree_path("/xl"), folder, &a, &wish, err);
}

#define INFO(uuid, name) "{\"c_info\":{\"uuid\":\"" uuid "\",\"name\":\"" name "\"},"

static void
a_file_is_taken_by_what_xl_understands(void **state)
{
	struct err err;

	(void)state;
	put_xl(INFO(GUEST, "web") "\"b_info\":{}}", 0);
	assert_int_equal(check(file, strlen(file), &err), 0);
	assert_true(
	    says("/given", "uuid = \"" GUEST "\"\nname = \"web\"\nmemory = 160\n"));
	assert_int_equal(check("x\0y", 3, &err), -EPERM);
}

static void
a_file_that_names_programs_or_another_guest_is_not_taken(void **state)
{
	static const char *const hostile[] = {
		INFO(GUEST, "web") "\"b_info\":{\"bootloader\":\"/tmp/x\"}}",
		INFO(GUEST, "web") "\"b_info\":{\"type.hvm\":{\"serial\":\"/dev/sda\"}}}",
		INFO(GUEST, "web") "\"b_info\":{},\"nics\":[{\"script\":\"/tmp/x\"}]}",
		INFO(GUEST,
		    "web") "\"b_info\":{},\"disks\":[{\"pdev_path\":\"/etc/shadow\"}]}",
		INFO(GUEST, "other") "\"b_info\":{}}",
		INFO("c0ffee00-0000-4000-8000-000000000002", "web") "\"b_info\":{}}",
		"no JSON",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		put_xl(hostile[i], 0);
		assert_true(check(file, strlen(file), &err) < 0);
	}
	put_xl(INFO(GUEST, "web") "\"b_info\":{}}", 1);
	assert_int_equal(check(file, strlen(file), &err), -EPERM);
	assert_non_null(strstr(err.text, "does not understand its file"));
}

#define HOST_TEST(f) cmocka_unit_test_setup_teardown(f, make_host, tree_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(the_link_of_a_guest_is_found_by_name_or_uuid),
		HOST_TEST(two_links_of_a_guest_are_one_too_many),
		HOST_TEST(a_link_taken_away_comes_back_for_a_guest_that_stays),
		HOST_TEST(what_has_the_place_of_a_link_by_now_is_not_taken_for_it),
		HOST_TEST(the_file_of_a_guest_that_moved_stays_under_another_name),
		HOST_TEST(a_file_outside_is_left_alone_and_so_is_its_namesake),
		HOST_TEST(without_a_note_nothing_is_touched),
		HOST_TEST(a_file_in_the_folder_of_links_is_set_aside_and_comes_back),
		HOST_TEST(a_guest_that_arrives_gets_its_file_and_its_link),
		HOST_TEST(a_file_about_it_that_is_there_is_kept_and_linked),
		HOST_TEST(a_link_that_is_there_gets_no_second_one),
		HOST_TEST(a_file_about_something_else_is_neither_linked_nor_replaced),
		HOST_TEST(a_file_is_taken_by_what_xl_understands),
		HOST_TEST(a_file_that_names_programs_or_another_guest_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
