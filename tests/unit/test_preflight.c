#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actuator/need.h"
#include "actuator/preflight.h"
#include "cmocka_all.h"

/* A guest of 1 GiB that the host has everything for; each test takes one thing away. */
static struct {
	struct preflight_facts facts;
	struct actuator_conf conf;
	Lifeboat__Guest guest;
	Lifeboat__Disk disk, *disks[1];
	Lifeboat__Xen source;
	Lifeboat__Order order;
	char *bridges[1], *names[1];
	uint8_t uuid[16];
	char sentence[DETAIL_SIZE];
} t;

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	lifeboat__guest__init(&t.guest);
	lifeboat__disk__init(&t.disk);
	lifeboat__xen__init(&t.source);
	lifeboat__order__init(&t.order);
	t.uuid[0] = 7;
	t.guest.uuid = (ProtobufCBinaryData){ sizeof(t.uuid), t.uuid };
	t.guest.name = (char *)(uintptr_t) "web";
	t.guest.type = GUEST_PVH;
	t.guest.memory_kib = t.guest.max_kib = 1024 * 1024;
	t.guest.vcpus = 2;
	t.bridges[0] = (char *)(uintptr_t) "xenbr0";
	t.guest.bridges = t.bridges;
	t.guest.n_bridges = 1;
	t.names[0] = t.disk.identity = (char *)(uintptr_t) "disk-1";
	t.guest.disks = t.names;
	t.guest.n_disks = 1;
	t.disk.size_kib = 4096;
	t.disks[0] = &t.disk;
	t.order.guest = &t.guest;
	t.order.disks = t.disks;
	t.order.n_disks = 1;
	t.order.source = &t.source;
	t.source.major = 4;
	t.source.minor = 17;
	t.conf.berths = 2;
	t.conf.reserve_kib = 64 * 1024;
	t.facts.xen_major = 4;
	t.facts.xen_minor = 17;
	t.facts.free_kib = 4 * 1024 * 1024;
	t.facts.hap = true;
	t.facts.bridges[0] = true;
	t.facts.cpupool = true;
	t.facts.disks[0] = (struct preflight_disk){ .present = true, .size_kib = 4096 };
	return 0;
}

static const char *
judge(void)
{
	const char *why =
	    preflight_judge(&t.facts, &t.order, &t.conf, t.sentence, sizeof(t.sentence));

	return why ? why : "";
}

static void
says(const char *why, const char *part)
{
	assert_string_equal(judge(), why);
	assert_non_null(strstr(t.sentence, part));
}

static void
add_domain(const char *name, uint8_t uuid)
{
	struct xl_domain *d = &t.facts.domains[t.facts.n_domains++];

	snprintf(d->name, sizeof(d->name), "%s", name);
	d->uuid.b[0] = uuid;
	d->domid = 5;
}

static void
a_host_that_has_everything_takes_the_guest(void **state)
{
	(void)state;
	add_domain("other", 9);
	assert_string_equal(judge(), "");
}

static void
a_folder_that_cannot_be_written_refuses_before_all_else(void **state)
{
	(void)state;
	t.facts.xen_minor = 16;
	t.facts.rooms[1] = (struct preflight_room){ "/var/lib/xen", 8192, -EROFS };
	says(
	    "not-writable", "8192 KiB cannot be written to /var/lib/xen here: Read-only");
}

static void
a_link_that_is_to_come_along_needs_a_host_that_makes_one(void **state)
{
	(void)state;
	t.guest.master = MASTER_AUTO;
	t.conf.autostart = AUTOSTART_REFUSE;
	says("autostart", "autostart = follow is not set");
	t.conf.autostart = AUTOSTART_FOLLOW;
	assert_string_equal(judge(), "");
}

static void
an_older_xen_refuses_and_a_newer_one_does_not(void **state)
{
	(void)state;
	t.facts.xen_minor = 18;
	assert_string_equal(judge(), "");
	t.facts.xen_minor = 16;
	says("older-xen", "4.16");
}

static void
a_name_or_uuid_that_is_there_refuses(void **state)
{
	(void)state;
	add_domain("web", 9);
	says("name-taken", "another guest has the name web");
	t.facts.n_domains = 0;
	add_domain("renamed", 7);
	says("name-taken", "UUID");
	t.facts.n_domains = 0;
	add_domain("web--incoming", 7);
	says("leftover", "web--incoming");
}

static void
memory_counts_what_is_promised_and_kept_in_reserve(void **state)
{
	uint64_t need = need_free(&t.guest);

	(void)state;
	assert_true(need > t.guest.max_kib);
	t.facts.free_kib = need + (uint64_t)t.conf.reserve_kib;
	assert_string_equal(judge(), "");
	t.facts.free_kib--;
	says("memory", "64 in reserve");
	t.facts.free_kib = need + (uint64_t)t.conf.reserve_kib + 1000;
	t.facts.promised.kib = 1001;
	t.facts.promised.arriving = 1;
	says("memory", "promised");
}

static void
what_dom0_may_give_back_counts_with_autoballoon_alone(void **state)
{
	uint64_t need = need_free(&t.guest) + (uint64_t)t.conf.reserve_kib;

	(void)state;
	t.facts.free_kib = 1024;
	t.facts.dom0_kib = 512 * 1024 + need - 1024;
	says("memory", "1 free");
	t.facts.autoballoon = true;
	assert_string_equal(judge(), "");
	t.facts.dom0_kib--;
	says("memory", "1 free");
	assert_non_null(strstr(t.sentence, "that dom0 may give back"));
	t.facts.dom0_kib = 256 * 1024; /* less than what stays there */
	says("memory", "0 that dom0 may give back");
}

static void
what_it_may_have_counts_not_what_it_has(void **state)
{
	(void)state;
	t.guest.max_kib = 8 * 1024 * 1024;
	says("memory", "4096 free");
}

static void
full_berths_and_autoballoon_take_one_at_a_time(void **state)
{
	(void)state;
	t.facts.promised.arriving = 1;
	assert_string_equal(judge(), "");
	t.facts.autoballoon = true;
	says("autoballoon", "dom0_mem=");
	t.facts.autoballoon = false;
	t.facts.promised.arriving = 2;
	says("busy", "2 berths");
}

static void
a_disk_must_be_there_of_the_same_size_and_readable(void **state)
{
	(void)state;
	t.facts.disks[0].read = -ETIMEDOUT;
	says("disks", "disk-1 cannot be read");
	t.facts.disks[0].size_kib = 4095;
	says("disks", "4095 KiB here and 4096 KiB");
	t.facts.disks[0].present = false;
	says("disks", "disk-1 is not here");
	t.order.n_disks = 0;
	says("disks", "1 of its 1 disks are not shared");
}

static void
a_missing_bridge_and_a_missing_hap_refuse(void **state)
{
	(void)state;
	t.facts.bridges[0] = false;
	says("bridges", "xenbr0");
	t.facts.hap = false;
	says("not-live", "pvh");
	t.guest.type = GUEST_PV;
	says("bridges", "xenbr0");
}

static void
a_xen_that_runs_no_such_guests_refuses(void **state)
{
	(void)state;
	strcpy(t.facts.capabilities, "hvm-3.0-x86_32 hvm-3.0-x86_64 ");
	assert_string_equal(judge(), "");
	t.guest.type = GUEST_HVM;
	assert_string_equal(judge(), "");
	t.guest.type = GUEST_PV;
	says("not-live", "no pv guests: xen-3.0-x86_64 is not among its capabilities");
	strcpy(t.facts.capabilities, "xen-3.0-x86_64 hvm-3.0-x86_32 ");
	assert_string_equal(judge(), "");
	t.guest.type = GUEST_PVH;
	says("not-live", "no pvh guests: hvm-3.0-x86_64");
	t.facts.capabilities[0] = '\0'; /* not told */
	assert_string_equal(judge(), "");
}

static void
a_kernel_or_ramdisk_that_is_no_file_refuses(void **state)
{
	(void)state;
	t.guest.kernel = (char *)(uintptr_t) "/boot/guest";
	t.guest.ramdisk = (char *)(uintptr_t) "/boot/initrd";
	assert_string_equal(judge(), "");
	t.facts.ramdisk = -EISDIR;
	says("no-file", "ramdisk /boot/initrd is no file here");
	t.facts.kernel = -ENOENT;
	says("no-file", "kernel /boot/guest is not here");
	t.facts.kernel = -EACCES;
	says("no-file", "kernel /boot/guest may not be read by everybody here");
	t.facts.kernel = -ETIMEDOUT;
	says("no-file", "kernel /boot/guest cannot be seen here: ");
}

static void
a_cpupool_or_processors_that_are_not_there_refuse(void **state)
{
	char *pins[] = { (char *)(uintptr_t) "0-3,8", (char *)(uintptr_t) "8-11" };

	(void)state;
	t.guest.pinned = pins;
	t.guest.n_pinned = 2;
	assert_string_equal(judge(), ""); /* not known */
	t.facts.cpus_known = true;
	assert_true(cpus_parse(&t.facts.cpus, "0-8"));
	assert_string_equal(judge(), "");
	assert_true(cpus_parse(&t.facts.cpus, "0-7"));
	says("pinned", "bound to processors 8-11, and cpupool Pool-0 here has 0-7");
	t.guest.cpupool = (char *)(uintptr_t) "fast";
	memset(&t.facts.cpus, 0, sizeof(t.facts.cpus));
	says("pinned", "bound to processors 0-3,8, and cpupool fast here has none");
	t.facts.cpupool = false;
	says("cpupool", "cpupool fast is not here");
}

static void
a_processor_must_have_every_feature_of_the_sources(void **state)
{
	static uint32_t hvm[] = { 0x178bfbff, 0xf6f83203, 1 }, pv[] = { 0x17 };

	(void)state;
	t.source.features_hvm = hvm;
	t.source.n_features_hvm = 3;
	t.source.features_pv = pv;
	t.source.n_features_pv = 1;
	assert_string_equal(judge(), ""); /* not known */
	memcpy(t.facts.features, hvm, sizeof(hvm));
	t.facts.n_features = 3;
	assert_string_equal(judge(), "");
	t.facts.features[1] |= 4;
	assert_string_equal(judge(), "");
	t.facts.features[1] &= ~UINT32_C(0x203);
	says("features", "00000203 of f6f83203 in word 1");
	t.facts.features[1] = hvm[1];
	t.facts.n_features = 2;
	says("features", "00000001 of 00000001 in word 2");
	t.guest.type = GUEST_PV;
	assert_string_equal(judge(), "");
}

#define FRESH(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_host_that_has_everything_takes_the_guest),
		FRESH(a_folder_that_cannot_be_written_refuses_before_all_else),
		FRESH(a_link_that_is_to_come_along_needs_a_host_that_makes_one),
		FRESH(an_older_xen_refuses_and_a_newer_one_does_not),
		FRESH(a_name_or_uuid_that_is_there_refuses),
		FRESH(memory_counts_what_is_promised_and_kept_in_reserve),
		FRESH(what_dom0_may_give_back_counts_with_autoballoon_alone),
		FRESH(what_it_may_have_counts_not_what_it_has),
		FRESH(full_berths_and_autoballoon_take_one_at_a_time),
		FRESH(a_disk_must_be_there_of_the_same_size_and_readable),
		FRESH(a_missing_bridge_and_a_missing_hap_refuse),
		FRESH(a_xen_that_runs_no_such_guests_refuses),
		FRESH(a_kernel_or_ramdisk_that_is_no_file_refuses),
		FRESH(a_cpupool_or_processors_that_are_not_there_refuse),
		FRESH(a_processor_must_have_every_feature_of_the_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
