#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/autostart.h"
#include "cmocka_all.h"

static char root[64], folder[80];
static const char file[] = "name = \"web\"\nmemory = 160\n";

static char *
below(const char *path)
{
	static char out[4][256];
	static int next;
	char *p = out[next++ % 4];

	snprintf(p, sizeof(out[0]), "%s%s", root, path);
	return p;
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(below(path), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A host on which web is started at boot. */
static int
make_host(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test-autostart-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(folder, sizeof(folder), "%s/order", root);
	mkdir(folder, 0700);
	mkdir(below("/etc"), 0755);
	mkdir(below("/etc/xen"), 0755);
	mkdir(below("/etc/xen/auto"), 0755);
	put("/etc/xen/web.cfg", file);
	put("/etc/xen/other.cfg", "name = 'other'\n");
	return symlink("../web.cfg", below("/etc/xen/auto/10-web")) |
	       symlink("../other.cfg", below("/etc/xen/auto/other"));
}

static int
remove_host(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static bool
is_there(const char *path)
{
	struct stat st;

	return stat(below(path), &st) == 0;
}

static void
the_link_of_a_guest_is_found_by_name_or_uuid(void **state)
{
	struct autostart a;
	struct uuid nil = { { 0 } }, uuid;
	struct err err;

	(void)state;
	assert_int_equal(autostart_find(&a, root, "web", &nil, &err), 0);
	assert_string_equal(a.entry, "10-web");
	assert_string_equal(a.text, file);
	autostart_deinit(&a);
	assert_int_equal(autostart_find(&a, root, "nobody", &nil, &err), 0);
	assert_null(a.text);
	uuid_parse(&uuid, "c0ffee00-0000-4000-8000-000000000001");
	put("/etc/xen/other.cfg", "uuid='c0ffee00-0000-4000-8000-000000000001'\n");
	assert_int_equal(autostart_find(&a, root, "nobody", &uuid, &err), 0);
	assert_string_equal(a.entry, "other");
	autostart_deinit(&a);
}

static void
a_link_taken_away_comes_back_for_a_guest_that_stays(void **state)
{
	(void)state;
	assert_int_equal(autostart_take(root, folder, "10-web"), 0);
	assert_false(is_there("/etc/xen/auto/10-web"));
	assert_true(is_there("/etc/xen/web.cfg"));
	for (int i = 0; i < 2; i++) { /* a mover that died may do it again */
		assert_int_equal(autostart_put_back(root, folder), 0);
		assert_true(is_there("/etc/xen/auto/10-web"));
	}
}

static void
the_file_of_a_guest_that_moved_stays_under_another_name(void **state)
{
	(void)state;
	assert_int_equal(autostart_take(root, folder, "10-web"), 0);
	assert_int_equal(autostart_let_go(root, folder), 0);
	assert_false(is_there("/etc/xen/auto/10-web"));
	assert_false(is_there("/etc/xen/web.cfg"));
	assert_true(is_there("/etc/xen/web.cfg.moved"));
}

static void
without_a_note_nothing_is_touched(void **state)
{
	(void)state;
	assert_int_equal(autostart_put_back(root, folder), 0);
	assert_int_equal(autostart_let_go(root, folder), 0);
	assert_true(is_there("/etc/xen/auto/10-web"));
	assert_true(is_there("/etc/xen/web.cfg"));
}

static void
a_file_in_the_folder_of_links_is_set_aside_and_comes_back(void **state)
{
	(void)state;
	put("/etc/xen/auto/plain", "name = \"plain\"\n");
	assert_int_equal(autostart_take(root, folder, "plain"), 0);
	assert_false(is_there("/etc/xen/auto/plain"));
	assert_true(is_there("/etc/xen/plain.moved"));
	assert_int_equal(autostart_put_back(root, folder), 0);
	assert_true(is_there("/etc/xen/auto/plain"));
}

static void
a_guest_that_arrives_gets_its_file_and_its_link(void **state)
{
	static const char text[] = "name = \"db\"\n";
	struct err err;

	(void)state;
	assert_int_equal(autostart_make(root, "db", text, strlen(text), &err), 0);
	assert_true(is_there("/etc/xen/auto/db.cfg"));
	/* A file of the administrator's own is left as it is. */
	assert_int_equal(autostart_make(root, "web", text, strlen(text), &err), 0);
	assert_true(is_there("/etc/xen/auto/web.cfg"));
}

static void
a_file_that_names_programs_is_not_taken(void **state)
{
	static const char *const hostile[] = { "bootloader = \"/tmp/x\"\n",
		"name = \"a\"\nvif = [ \"script=/tmp/x\" ]\n",
		"device_model_override = '/tmp/x'\n" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		assert_int_equal(
		    autostart_make(root, "a", hostile[i], strlen(hostile[i]), &err),
		    -EPERM);
	assert_int_equal(autostart_make(root, "../a", "x", 1, &err), -EPERM);
	assert_int_equal(autostart_make(root, "a", "x\0y", 3, &err), -EPERM);
	assert_false(is_there("/etc/xen/auto/a.cfg"));
}

#define HOST_TEST(f) cmocka_unit_test_setup_teardown(f, make_host, remove_host)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(the_link_of_a_guest_is_found_by_name_or_uuid),
		HOST_TEST(a_link_taken_away_comes_back_for_a_guest_that_stays),
		HOST_TEST(the_file_of_a_guest_that_moved_stays_under_another_name),
		HOST_TEST(without_a_note_nothing_is_touched),
		HOST_TEST(a_file_in_the_folder_of_links_is_set_aside_and_comes_back),
		HOST_TEST(a_guest_that_arrives_gets_its_file_and_its_link),
		HOST_TEST(a_file_that_names_programs_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
