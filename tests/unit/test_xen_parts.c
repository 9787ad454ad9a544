/* What the Xen probe is made of: the libraries, the list of domains, the host, masters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/xen_domain.h"
#include "monitor/xen_host.h"
#include "monitor/xen_master.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"
#include "tests/unit/xen_rig.h"

#define HOST "host cpus=8 mem=16GiB free=9GiB\ndomain 0 name=Domain-0 mem=2GiB\n"

/* libxenstat reads 256 at once. */
static void
domains_with_sparse_ids_are_listed_once_each(void **state)
{
	static struct xen_domain_list list;
	struct xen_lib lib = { .root = "" };
	struct err err;
	char *text = xen_rig_sparse(HOST, 300);

	(void)state;
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
a_running_xen_without_its_library_is_failed_and_names_the_package(void **state)
{
	struct xen_lib lib = { .root = tree };
	struct err err;

	(void)state;
	tree_put("xen\n", "/sys/hypervisor/type");
	tree_put("4\n", "/sys/hypervisor/version/major");
	tree_put("99\n", "/sys/hypervisor/version/minor");
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_FAILED);
	assert_non_null(strstr(err.text, "libxenstat.so.4.99"));
	assert_non_null(strstr(err.text, "libxenmisc4.99"));
	tree_put("kvm\n", "/sys/hypervisor/type");
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_ABSENT);
	xen_lib_deinit(&lib);
}

static void
a_guest_with_an_auto_link_or_in_libvirt_has_another_master(void **state)
{
	static struct xen_master m;
	struct uuid one = { { 1 } }, nil = { { 0 } };

	(void)state;
	tree_put("# name = \"no\"\nname   = \"web\" # the site\nmemory = 1\n",
	    "/etc/xen/auto/web.cfg");
	tree_put("name='db'\nuuid='01000000-0000-0000-0000-000000000000'\n",
	    "/etc/xen/auto/db.cfg");
	tree_put("<domain/>\n", "/etc/libvirt/libxl/mail.xml");
	xen_master_read(&m, tree);
	assert_int_equal(xen_master_of(&m, "web", &nil), MASTER_AUTO);
	assert_int_equal(xen_master_of(&m, "renamed", &one), MASTER_AUTO);
	assert_int_equal(xen_master_of(&m, "mail", &nil), MASTER_LIBVIRT);
	assert_int_equal(xen_master_of(&m, "no", &nil), MASTER_NONE);
	assert_int_equal(xen_master_of(&m, "", &nil), MASTER_NONE);
	assert_int_equal(xen_master_of(&m, "../libxl/mail", &nil), MASTER_NONE);
	tree_drop("/etc");
	xen_master_read(&m, tree);
	assert_int_equal(xen_master_of(&m, "web", &nil), MASTER_NONE);
}

static void
put_auto(int i)
{
	char text[32];

	snprintf(text, sizeof(text), "name = \"g%d\"\n", i);
	tree_put(text, "/etc/xen/auto/%d.cfg", i);
}

/* There may be more of them than guests run here. */
static void
every_auto_link_counts_and_too_many_count_for_every_guest(void **state)
{
	static struct xen_master m;
	const struct uuid nil = { { 0 } };
	char name[16];

	(void)state;
	for (int i = 0; i < XEN_MASTER_AUTOS; i++)
		put_auto(i);
	xen_master_read(&m, tree);
	for (int i = 0; i < XEN_MASTER_AUTOS; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		assert_int_equal(xen_master_of(&m, name, &nil), MASTER_AUTO);
	}
	assert_int_equal(xen_master_of(&m, "other", &nil), MASTER_NONE);
	put_auto(XEN_MASTER_AUTOS);
	xen_master_read(&m, tree);
	assert_int_equal(xen_master_of(&m, "other", &nil), MASTER_AUTO);
}

static void
autoballoon_is_told_by_xens_command_line_and_xl_conf(void **state)
{
	struct xen_lib lib = { .root = "" };
	struct err err;
	const char *conf = tree_path("/xl.conf");

	(void)state;
	xen_rig_state(HOST);
	assert_int_equal(xen_lib_open(&lib, &err), PROBE_OK);
	assert_true(xen_host_autoballoon(conf, &lib));
	xen_rig_state(
	    "host cpus=1 mem=1GiB cmdline=\"placeholder dom0_mem=512M,max:512M\"\n");
	assert_false(xen_host_autoballoon(conf, &lib));
	tree_put("autoballoon=1\n", "/xl.conf");
	assert_true(xen_host_autoballoon(conf, &lib));
	xen_lib_deinit(&lib);
}

static void
bridges_are_found_and_other_interfaces_are_not(void **state)
{
	char names[MAX_BRIDGES][NAME_SIZE];

	(void)state;
	tree_folder("/sys/class/net/xenbr1/bridge");
	tree_folder("/sys/class/net/eth0");
	tree_folder("/sys/class/net/br0/bridge");
	assert_int_equal(xen_host_bridges(names, tree), 2);
	assert_string_equal(names[0], "br0");
	assert_string_equal(names[1], "xenbr1");
	tree_drop("/sys");
	assert_int_equal(xen_host_bridges(names, tree), 0);
}

static int
run(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_with_sparse_ids_are_listed_once_each),
		CASE(a_running_xen_without_its_library_is_failed_and_names_the_package),
		CASE(a_guest_with_an_auto_link_or_in_libvirt_has_another_master),
		CASE(every_auto_link_counts_and_too_many_count_for_every_guest),
		CASE(autoballoon_is_told_by_xens_command_line_and_xl_conf),
		CASE(bridges_are_found_and_other_interfaces_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	(void)argc;
	return xen_rig_main(argv, run);
}
