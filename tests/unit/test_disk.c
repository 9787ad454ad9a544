#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/text.h"
#include "monitor/probe.h"
#include "monitor/probe_iscsi.h"
#include "tests/unit/cmocka_all.h"

/* A tree of plain files and links that stands for /sys. */
static char root[64];
static struct err err;

/* NAA 6 of 16 bytes, ending in n. */
static const uint8_t page_of_lun[] = { 0, 0x83, 0, 20, 1, 3, 0, 16, 0x60, 1, 0x40, 0x50,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 };
#define NAA "naa.60014050000000000000000000000007"

static void put(const char *text, size_t len, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
put(const char *text, size_t len, const char *fmt, ...)
{
	char path[512];
	va_list ap;
	FILE *f;
	int n = snprintf(path, sizeof(path), "%s/sys/class/", root);

	va_start(ap, fmt);
	vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, ap);
	va_end(ap);
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0755);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void
text_in(const char *path, const char *text)
{
	put(text, strlen(text), "%s", path);
}

static void
link_to(const char *target, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/sys/class/%s", root, name);
	assert_int_equal(symlink(target, path), 0);
}

static void
add_session(int n, const char *iqn, const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), "iscsi_session/session%d/targetname", n);
	text_in(path, iqn);
	snprintf(path, sizeof(path), "iscsi_session/session%d/state", n);
	text_in(path, "LOGGED_IN\n");
	snprintf(path, sizeof(path), "iscsi_session/session%d/recovery_tmo", n);
	text_in(path, "120\n");
	snprintf(
	    path, sizeof(path), "iscsi_connection/connection%d:0/persistent_address", n);
	text_in(path, address);
	snprintf(
	    path, sizeof(path), "iscsi_connection/connection%d:0/persistent_port", n);
	text_in(path, "3260\n");
}

static void
add_lun(const char *name, int session)
{
	char path[128], target[128];

	snprintf(
	    path, sizeof(path), "devices/session%d/target/%s/vpd_pg83", session, name);
	put((const char *)page_of_lun, sizeof(page_of_lun), "%s", path);
	snprintf(path, sizeof(path), "devices/session%d/target/%s/state", session, name);
	text_in(path, "running\n");
	snprintf(path, sizeof(path), "block/%s/size", name);
	text_in(path, "2048\n");
	snprintf(path, sizeof(path), "block/%s/stat", name);
	text_in(path, "10 0 80 50 10 0 80 50 0 100 100\n");
	snprintf(
	    target, sizeof(target), "../../devices/session%d/target/%s", session, name);
	snprintf(path, sizeof(path), "block/%s/device", name);
	link_to(target, path);
}

static int
make_tree(void **state)
{
	(void)state;
	strcpy(root, "/tmp/lifeboat-disk-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int
drop_tree(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
a_lun_is_known_by_designator_iqn_and_portal(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	add_lun("sdb", 1);
	assert_int_equal(disk_identify(out, root, "sdb", &err), 0);
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
	text_in("block/dm-0/dm/uuid", "mpath-360014050\n");
	text_in("block/dm-0/slaves/sdb", "");
	text_in("block/dm-0/slaves/sdc", "");
	assert_int_equal(disk_identify(out, root, "dm-0", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260");
}

static void
volumes_and_partitions_on_one_lun_differ(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	add_lun("sdb", 1);
	text_in("block/sdb/sdb1/partition", "1\n");
	text_in("block/sdb/sdb1/start", "2048\n");
	text_in("block/sdb/sdb1/size", "4096\n");
	link_to("sdb/sdb1", "block/sdb1");
	assert_int_equal(disk_identify(out, root, "sdb1", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260+2048:4096");
	text_in("block/dm-1/dm/uuid", "LVM-abc\n");
	text_in("block/dm-1/slaves/sdb1", "");
	assert_int_equal(disk_identify(out, root, "dm-1", &err), 0);
	assert_string_equal(out, NAA "@iqn.x@10.0.0.5:3260+2048:4096+LVM-abc");
}

static void
a_local_disk_is_not_shared(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	text_in("block/nvme0n1/size", "1\n");
	assert_true(disk_identify(out, root, "nvme0n1", &err) < 0);
	assert_non_null(strstr(err.text, "nvme0n1"));
}

static void
a_loop_of_devices_ends(void **state)
{
	char out[DISK_SIZE];

	(void)state;
	text_in("block/dm-0/slaves/dm-0", "");
	text_in("block/dm-0/dm/uuid", "LVM-a\n");
	assert_true(disk_identify(out, root, "dm-0", &err) < 0);
}

static void
a_volume_of_more_disks_than_are_looked_at_is_not_shared(void **state)
{
	char out[DISK_SIZE], name[16], path[64];

	(void)state;
	add_session(1, "iqn.x\n", "10.0.0.5\n");
	text_in("block/dm-0/dm/uuid", "LVM-a\n");
	for (int i = 0; i < 33; i++) {
		snprintf(name, sizeof(name), "sd%d", i);
		add_lun(name, 1);
		snprintf(path, sizeof(path), "block/dm-0/slaves/%s", name);
		text_in(path, "");
		assert_true((disk_identify(out, root, "dm-0", &err) == 0) == (i < 32));
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
	void *probe = probe_iscsi_start(root);

	(void)state;
	assert_null(sweep(probe, PROBE_ABSENT));
	assert_string_equal(err.text, "no iSCSI session on this host");
	probe_iscsi.stop(probe);
}

static void
states_and_latency_are_seen(void **state)
{
	void *probe = probe_iscsi_start(root);
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
	text_in("block/sdb/stat", "15 0 80 100 15 0 80 100 1 100 100\n");
	s = sweep(probe, PROBE_OK);
	assert_int_equal(s->disks[0]->await_us, 10000); /* 100 ms for 10 requests */
	assert_false(s->disks[0]->stuck);
	s = sweep(probe, PROBE_OK);
	assert_true(s->disks[0]->stuck); /* one in flight, none done */
	text_in("iscsi_session/session1/state", "FAILED\n");
	text_in("devices/session1/target/sdb/state", "blocked\n");
	s = sweep(probe, PROBE_OK);
	assert_int_equal(s->sessions[0]->state, 1);
	assert_int_equal(s->disks[0]->state, 1);
	probe_iscsi.stop(probe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_lun_is_known_by_designator_iqn_and_portal, make_tree, drop_tree),
		cmocka_unit_test_setup_teardown(
		    two_paths_are_one_disk_whichever_comes_first, make_tree, drop_tree),
		cmocka_unit_test_setup_teardown(
		    volumes_and_partitions_on_one_lun_differ, make_tree, drop_tree),
		cmocka_unit_test_setup_teardown(
		    a_local_disk_is_not_shared, make_tree, drop_tree),
		cmocka_unit_test_setup_teardown(
		    a_loop_of_devices_ends, make_tree, drop_tree),
		cmocka_unit_test_setup_teardown(
		    a_volume_of_more_disks_than_are_looked_at_is_not_shared, make_tree,
		    drop_tree),
		cmocka_unit_test(damaged_pages_name_no_disk),
		cmocka_unit_test_setup_teardown(
		    a_host_without_iscsi_says_so, make_tree, drop_tree),
		cmocka_unit_test_setup_teardown(
		    states_and_latency_are_seen, make_tree, drop_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
