#include <stdio.h>
#include <string.h>

#include "base/disk.h"
#include "base/text.h"
#include "monitor/probe.h"
#include "monitor/probe_iscsi.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

/* The tree stands for /: plain files and links in place of sysfs. */
#define SESSION    "/sys/class/iscsi_session/session%d/"
#define CONNECTION "/sys/class/iscsi_connection/connection%d:0/"
#define BLOCK      "/sys/class/block/"

static struct err err;

/* NAA 6 of 16 bytes. */
static const uint8_t page_of_lun[] = { 0, 0x83, 0, 20, 1, 3, 0, 16, 0x60, 1, 0x40, 0x50,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 };
#define NAA "naa.60014050000000000000000000000007"

static void
add_session(int n, const char *iqn, const char *address)
{
	tree_put(iqn, SESSION "targetname", n);
	tree_put("LOGGED_IN\n", SESSION "state", n);
	tree_put("120\n", SESSION "recovery_tmo", n);
	tree_put(address, CONNECTION "persistent_address", n);
	tree_put("3260\n", CONNECTION "persistent_port", n);
}

static void
add_lun(const char *name, int session)
{
	char device[128], path[160];

	snprintf(device, sizeof(device), "devices/session%d/target/%s", session, name);
	snprintf(path, sizeof(path), "/sys/class/%s/vpd_pg83", device);
	tree_put_bytes(page_of_lun, sizeof(page_of_lun), path);
	tree_put("running\n", "/sys/class/%s/state", device);
	tree_put("2048\n", BLOCK "%s/size", name);
	tree_put("10 0 80 50 10 0 80 50 0 100 100\n", BLOCK "%s/stat", name);
	snprintf(path, sizeof(path), BLOCK "%s/device", name);
	tree_link(tree_path("/sys/class/%s", device), path);
}

static void
a_lun_is_known_by_designator_iqn_and_portal(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	add_lun("sdb", 1);
	assert_int_equal(disk_identify(out, tree, "sdb", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260");
}

static void
two_paths_are_one_disk_whichever_comes_first(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.6\n");
	add_session(2, "iqn.x\n", "10.0.0.5\n");
	add_lun("sdb", 1);
	add_lun("sdc", 2);
	tree_put("mpath-360014050\n", BLOCK "dm-0/dm/uuid");
	tree_put("", BLOCK "dm-0/slaves/sdb");
	tree_put("", BLOCK "dm-0/slaves/sdc");
	assert_int_equal(disk_identify(out, tree, "dm-0", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260");
}

static void
volumes_and_partitions_on_one_lun_differ(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	add_lun("sdb", 1);
	tree_put("1\n", BLOCK "sdb/sdb1/partition");
	tree_put("2048\n", BLOCK "sdb/sdb1/start");
	tree_put("4096\n", BLOCK "sdb/sdb1/size");
	tree_link("sdb/sdb1", BLOCK "sdb1");
	assert_int_equal(disk_identify(out, tree, "sdb1", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260+2048:4096");
	tree_put("LVM-abc\n", BLOCK "dm-1/dm/uuid");
	tree_put("", BLOCK "dm-1/slaves/sdb1");
	assert_int_equal(disk_identify(out, tree, "dm-1", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260+2048:4096+LVM-abc");
}

static void
a_local_disk_is_not_shared(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	tree_put("1\n", BLOCK "nvme0n1/size");
	assert_true(disk_identify(out, tree, "nvme0n1", &err) < 0);
	assert_non_null(strstr(err.text, "nvme0n1"));
}

static void
a_loop_of_devices_ends(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	tree_put("", BLOCK "dm-0/slaves/dm-0");
	tree_put("LVM-a\n", BLOCK "dm-0/dm/uuid");
	assert_true(disk_identify(out, tree, "dm-0", &err) < 0);
}

static void
a_volume_of_more_disks_than_are_looked_at_is_not_shared(void **state)
{
	char out[DISK_SIZE], name[16];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	tree_put("LVM-a\n", BLOCK "dm-0/dm/uuid");
	for (int i = 0; i < 33; i++) {
		snprintf(name, sizeof(name), "sd%d", i);
		add_lun(name, 1);
		tree_put("", BLOCK "dm-0/slaves/%s", name);
		assert_true((disk_identify(out, tree, "dm-0", &err) == 0) == (i < 32));
	}
	assert_string_equal(err.text, "dm-0: it is made of too many devices");
}

static void
damaged_pages_name_no_disk(void **state)
{
	uint8_t page[sizeof(page_of_lun)];
	char out[DISK_SIZE];

	(void)state;
	assert_true(disk_designator(out, sizeof(out), page_of_lun, sizeof(page_of_lun)));
	assert_string_equal(out, NAA);
	for (size_t cut = 0; cut < sizeof(page_of_lun); cut++)
		assert_false(disk_designator(out, sizeof(out), page_of_lun, cut));
	memcpy(page, page_of_lun, sizeof(page));
	page[7] = 255; /* longer than the page */
	assert_false(disk_designator(out, sizeof(out), page, sizeof(page)));
	memcpy(page, page_of_lun, sizeof(page));
	page[5] = 0x93; /* of a target port, not of the unit */
	assert_false(disk_designator(out, sizeof(out), page, sizeof(page)));
	page[1] = 0x80;
	assert_false(disk_designator(out, sizeof(out), page, sizeof(page)));
}

static Lifeboat__Storage *
sweep(void *probe, enum probe_state want)
{
	static Lifeboat__Report report;
	bool urgent = false;

	lifeboat__report__init(&report);
	assert_int_equal(probe_iscsi.sweep(probe, &report, false, &urgent, &err), want);
	return report.storage;
}

static void
a_host_without_iscsi_says_so(void **state)
{
	void *probe = probe_iscsi_start(tree);

	(void)state;
	assert_null(sweep(probe, PROBE_ABSENT));
	assert_string_equal(err.text, "no iSCSI session on this host");
	probe_iscsi.stop(probe);
}

static void
states_and_latency_are_seen(void **state)
{
	void *probe = probe_iscsi_start(tree);
	Lifeboat__Storage *s;

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	add_lun("sdb", 1);
	s = sweep(probe, PROBE_OK);
	assert_int_equal(s->n_sessions, 1);
	assert_int_equal(s->sessions[0]->state, 0);
	assert_int_equal(s->sessions[0]->recovery_s, 120);
	assert_int_equal(s->n_disks, 1);
	assert_string_equal(s->disks[0]->identity, NAA "@iqn.x@10.0.0.5:3260");
	assert_int_equal(s->disks[0]->size_kib, 1024);
	tree_put("15 0 80 100 15 0 80 100 1 100 100\n", BLOCK "sdb/stat");
	s = sweep(probe, PROBE_OK);
	assert_int_equal(s->disks[0]->await_us, 10000); /* 100 ms for 10 requests */
	assert_false(s->disks[0]->stuck);
	s = sweep(probe, PROBE_OK);
	assert_true(s->disks[0]->stuck); /* one in flight, none done */
	tree_put("FAILED\n", SESSION "state", 1);
	tree_put("blocked\n", "/sys/class/devices/session1/target/sdb/state");
	s = sweep(probe, PROBE_OK);
	assert_int_equal(s->sessions[0]->state, 1);
	assert_int_equal(s->disks[0]->state, 1);
	probe_iscsi.stop(probe);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)
	const struct CMUnitTest tests[] = {
		CASE(a_lun_is_known_by_designator_iqn_and_portal),
		CASE(two_paths_are_one_disk_whichever_comes_first),
		CASE(volumes_and_partitions_on_one_lun_differ),
		CASE(a_local_disk_is_not_shared),
		CASE(a_loop_of_devices_ends),
		CASE(a_volume_of_more_disks_than_are_looked_at_is_not_shared),
		cmocka_unit_test(damaged_pages_name_no_disk),
		CASE(a_host_without_iscsi_says_so),
		CASE(states_and_latency_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
