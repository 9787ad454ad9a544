/* What the Xen probe is made of: the libraries, the list of domains, the host, masters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/xen_domain.h"
#include "monitor/xen_host.h"
#include "monitor/xen_master.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/xen_rig.h"

#define HOST "host cpus=8 mem=16GiB free=9GiB\ndomain 0 name=Domain-0 mem=2GiB\n"

/* 300 guests, ids 1000, 1003, ...: more than libxenstat reads at once. */
static void
domains_with_sparse_ids_are_listed_once_each(void **state)
{
	static struct xen_domain_list list;
	struct xen_lib lib = { .root = "" };
	struct err err;
	char *text = malloc(sizeof(HOST) + (size_t)300 * 100);
	size_t len;

	(void)state;
	assert_non_null(text);
	len = (size_t)sprintf(text, "%s", HOST);
	for (unsigned i = 0; i < 300; i++)
		len += (size_t)sprintf(
		    text + len, "domain %u name=g%u mem=4MiB\n", 1000 + i * 3, i);
	xen_rig_state(text);
	free(text);
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_OK);
	assert_int_equal(xen_domain_read(&list, &lib), 0);
	assert_int_equal(list.n, 301);
	for (size_t i = 1; i < list.n; i++)
		assert_int_equal(list.domains[i].domid, 1000 + (i - 1) * 3);
	xen_lib_deinit(&lib);
}

static void
make_tree(const char *root, const char *const *folders)
{
	char path[256];

	assert_int_equal(mkdir(root, 0700), 0);
	for (; *folders; folders++) {
		snprintf(path, sizeof(path), "%s/%s", root, *folders);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

static void
put(const char *root, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	xen_rig_write(path, text);
}

static void
remove_tree(const char *root, const char *const *files, const char *const *folders)
{
	char path[256];
	size_t n = 0;

	for (; *files; files++) {
		snprintf(path, sizeof(path), "%s/%s", root, *files);
		unlink(path);
	}
	while (folders[n])
		n++;
	while (n-- > 0) {
		snprintf(path, sizeof(path), "%s/%s", root, folders[n]);
		rmdir(path);
	}
	rmdir(root);
}

static void
a_running_xen_without_its_library_is_failed_and_names_the_package(void **state)
{
	static const char *const folders[] = { "sys", "sys/hypervisor",
		"sys/hypervisor/version", NULL };
	static const char *const files[] = { "sys/hypervisor/type",
		"sys/hypervisor/version/major", "sys/hypervisor/version/minor", NULL };
	struct xen_lib lib = { .root = NULL };
	struct err err;
	char root[64];

	(void)state;
	snprintf(root, sizeof(root), "%s.root", xen_rig_path);
	make_tree(root, folders);
	put(root, files[0], "xen\n");
	put(root, files[1], "4\n");
	put(root, files[2], "99\n");
	lib.root = root;
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_FAILED);
	assert_non_null(strstr(err.text, "libxenstat.so.4.99"));
	assert_non_null(strstr(err.text, "libxenmisc4.99"));
	put(root, files[0], "kvm\n");
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_ABSENT);
	remove_tree(root, files, folders);
	xen_lib_deinit(&lib);
}

static void
a_guest_with_an_auto_link_or_in_libvirt_has_another_master(void **state)
{
	static const char *const folders[] = { "etc", "etc/xen", "etc/xen/auto",
		"etc/libvirt", "etc/libvirt/libxl", NULL };
	static const char *const files[] = { "etc/xen/auto/web.cfg",
		"etc/xen/auto/db.cfg", "etc/libvirt/libxl/mail.xml", NULL };
	static struct xen_master m;
	struct uuid one = { { 1 } }, nil = { { 0 } };
	char root[64];

	(void)state;
	snprintf(root, sizeof(root), "%s.root", xen_rig_path);
	make_tree(root, folders);
	put(root, files[0], "# name = \"no\"\nname   = \"web\" # the site\nmemory = 1\n");
	put(root, files[1], "name='db'\nuuid='01000000-0000-0000-0000-000000000000'\n");
	put(root, files[2], "<domain/>\n");
	xen_master_read(&m, root);
	assert_int_equal(xen_master_of(&m, "web", &nil), MASTER_AUTO);
	assert_int_equal(xen_master_of(&m, "renamed", &one), MASTER_AUTO);
	assert_int_equal(xen_master_of(&m, "mail", &nil), MASTER_LIBVIRT);
	assert_int_equal(xen_master_of(&m, "no", &nil), MASTER_NONE);
	assert_int_equal(xen_master_of(&m, "", &nil), MASTER_NONE);
	assert_int_equal(xen_master_of(&m, "../libxl/mail", &nil), MASTER_NONE);
	remove_tree(root, files, folders);
	xen_master_read(&m, root);
	assert_int_equal(xen_master_of(&m, "web", &nil), MASTER_NONE);
}

static void
autoballoon_is_told_by_xens_command_line_and_xl_conf(void **state)
{
	struct xen_lib lib = { .root = "" };
	struct err err;
	char conf[64];

	(void)state;
	snprintf(conf, sizeof(conf), "%s.conf", xen_rig_path);
	xen_rig_state(HOST);
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_OK);
	assert_true(xen_host_autoballoon(conf, &lib));
	xen_rig_state(
	    "host cpus=1 mem=1GiB cmdline=\"placeholder dom0_mem=512M,max:512M\"\n");
	assert_false(xen_host_autoballoon(conf, &lib));
	xen_rig_write(conf, "autoballoon=1\n");
	assert_true(xen_host_autoballoon(conf, &lib));
	unlink(conf);
	xen_lib_deinit(&lib);
}

static void
bridges_are_found_and_other_interfaces_are_not(void **state)
{
	static const char *const folders[] = { "sys", "sys/class", "sys/class/net",
		"sys/class/net/xenbr1", "sys/class/net/xenbr1/bridge",
		"sys/class/net/eth0", "sys/class/net/br0", "sys/class/net/br0/bridge",
		NULL };
	static const char *const none[] = { NULL };
	char names[MAX_BRIDGES][NAME_SIZE], root[64];

	(void)state;
	snprintf(root, sizeof(root), "%s.root", xen_rig_path);
	make_tree(root, folders);
	assert_int_equal(xen_host_bridges(names, root), 2);
	assert_string_equal(names[0], "br0");
	assert_string_equal(names[1], "xenbr1");
	remove_tree(root, none, folders);
	assert_int_equal(xen_host_bridges(names, root), 0);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_with_sparse_ids_are_listed_once_each),
		cmocka_unit_test(
		    a_running_xen_without_its_library_is_failed_and_names_the_package),
		cmocka_unit_test(
		    a_guest_with_an_auto_link_or_in_libvirt_has_another_master),
		cmocka_unit_test(autoballoon_is_told_by_xens_command_line_and_xl_conf),
		cmocka_unit_test(bridges_are_found_and_other_interfaces_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	(void)argc;
	return xen_rig_main(argv, run);
}
