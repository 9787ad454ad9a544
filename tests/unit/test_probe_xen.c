/*
 * The Xen probe with the real libxenstat on an imitated hypervisor
 * (tests/pool/fakexen.h). The program runs itself again with that preloaded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wire.h"
#include "monitor/probe.h"
#include "monitor/xen_store.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/xen_rig.h"

#define HOST                                                                             \
	"host cpus=8 mem=16384MiB free=9000MiB xen=4.17.7 pv=no hvm=yes "                \
	"features=178bfbff,f6f83203 features-pv=178bfbff\n"                              \
	"domain 0 name=Domain-0 mem=2048MiB max=4096MiB vcpus=8 state=r cpu=5s\n"
#define UUID(n) "c0ffee00-0000-4000-8000-0000000000" n

struct rig {
	void *probe;
	Lifeboat__Report report;
	const Lifeboat__Xen *xen; /* of the last sweep, NULL when it gave none */
	struct err err;
};

static enum probe_state
sweep(struct rig *rig, const char *state)
{
	bool urgent = false;
	enum probe_state result;

	xen_rig_state(state);
	lifeboat__report__init(&rig->report);
	rig->err.text[0] = '\0';
	result = probe_xen.sweep(rig->probe, &rig->report, true, &urgent, &rig->err);
	rig->xen = rig->report.xen;
	return result;
}

static int
setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->probe = probe_xen.start(NULL, &rig->err);
	assert_non_null(rig->probe);
	*state = rig;
	return 0;
}

static int
teardown(void **state)
{
	struct rig *rig = *state;

	probe_xen.stop(rig->probe);
	free(rig);
	return 0;
}

static void
assert_uuid(const Lifeboat__Guest *g, const char *text)
{
	struct uuid want;

	assert_true(uuid_parse(&want, text));
	assert_int_equal(g->uuid.len, sizeof(want.b));
	assert_memory_equal(g->uuid.data, want.b, sizeof(want.b));
}

static void
a_host_is_described(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(sweep(rig, HOST), PROBE_OK);
	assert_int_equal(rig->xen->major, 4);
	assert_int_equal(rig->xen->minor, 17);
	assert_string_equal(rig->xen->extra, ".7");
	assert_non_null(strstr(rig->xen->capabilities, "hvm-3.0-x86_64"));
	assert_int_equal(rig->xen->total_kib, 16384 * 1024);
	assert_int_equal(rig->xen->free_kib, 9000 * 1024);
	assert_int_equal(rig->xen->dom0_kib, 2048 * 1024);
	assert_int_equal(rig->xen->dom0_max_kib, 4096 * 1024);
	assert_int_equal(rig->xen->cpus, 8);
	assert_int_equal(rig->xen->cpu_ns, 5000000000);
	assert_int_equal(rig->xen->n_guests, 0);
	assert_int_equal(rig->xen->n_features_hvm, 2);
	assert_int_equal(rig->xen->features_hvm[1], 0xf6f83203);
	assert_int_equal(rig->xen->n_features_pv, 1);
}

static void
pv_guests_are_live_only_where_xen_has_shadow_paging(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(sweep(rig, HOST), PROBE_OK);
	assert_false(rig->xen->live_pv);
	assert_true(rig->xen->live_hvm);
	probe_xen.stop(rig->probe);
	rig->probe = probe_xen.start(NULL, &rig->err);
	assert_int_equal(
	    sweep(rig, "host cpus=1 mem=1GiB free=0KiB xen=4.18.0 pv=yes hvm=no\n"
		       "domain 0 name=Domain-0 mem=512MiB\n"),
	    PROBE_OK);
	assert_true(rig->xen->live_pv);
	assert_int_equal(rig->xen->minor, 18);
}

static void
guests_have_their_uuid_state_type_and_needs(void **state)
{
	struct rig *rig = *state;
	const Lifeboat__Guest *g;

	assert_int_equal(
	    sweep(rig, HOST "domain 3 name=web uuid=" UUID(
			   "03") " type=pvh mem=2048MiB max=3072MiB "
				 "vcpus=2 state=b cpu=12345s disks=/dev/sdb,aio:/dev/sdc "
				 "bridges=xenbr0\n"),
	    PROBE_OK);
	assert_int_equal(rig->xen->n_guests, 1);
	g = rig->xen->guests[0];
	assert_uuid(g, UUID("03"));
	assert_string_equal(g->name, "web");
	assert_int_equal(g->domid, 3);
	assert_int_equal(g->type, GUEST_PVH);
	assert_int_equal(g->state, GUEST_RUNNING);
	assert_int_equal(g->memory_kib, 2048 * 1024);
	assert_int_equal(g->max_kib, 3072 * 1024);
	assert_int_equal(g->vcpus, 2);
	assert_int_equal(g->cpu_ns, 12345000000000);
	assert_int_equal(g->n_disks, 2);
	assert_string_equal(g->disks[0], "id-sdb");
	assert_string_equal(g->disks[1], "id-sdc");
	assert_int_equal(g->n_bridges, 1);
	assert_string_equal(g->bridges[0], "xenbr0");
	assert_int_equal(rig->xen->cpu_ns, 12350000000000);
}

static void
every_state_of_a_domain_is_told(void **state)
{
	static const struct {
		char letter;
		enum guest_state want;
	} cases[] = {
		{ 'r', GUEST_RUNNING },
		{ 'b', GUEST_RUNNING },
		{ 'p', GUEST_PAUSED },
		{ 'S', GUEST_SUSPENDED },
		{ 's', GUEST_SHUTDOWN },
		{ 'c', GUEST_CRASHED },
		{ 'd', GUEST_DYING },
	};
	struct rig *rig = *state;
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
		    HOST "domain 1 name=a uuid=" UUID("01") " state=%c\n",
		    cases[i].letter);
		assert_int_equal(sweep(rig, text), PROBE_OK);
		assert_int_equal(rig->xen->n_guests, 1);
		assert_int_equal(rig->xen->guests[0]->state, cases[i].want);
	}
}

static void
pv_hvm_and_a_passed_through_device_are_told(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(
	    sweep(rig, HOST "domain 1 name=a uuid=" UUID(
			   "01") " type=pv\n"
				 "domain 2 name=b uuid=" UUID("02") " type=hvm pci=2\n"),
	    PROBE_OK);
	assert_int_equal(rig->xen->n_guests, 2);
	assert_int_equal(rig->xen->guests[0]->type, GUEST_PV);
	assert_int_equal(rig->xen->guests[0]->pci_devices, 0);
	assert_int_equal(rig->xen->guests[1]->type, GUEST_HVM);
	assert_int_equal(rig->xen->guests[1]->pci_devices, 2);
}

static void
a_dead_xenstored_is_a_failed_probe_and_never_an_empty_host(void **state)
{
	struct rig *rig = *state;
	static const char alive[] = HOST "domain 1 name=a uuid=" UUID("01") "\n";
	static const char dead[] =
	    HOST "domain 1 name=a uuid=" UUID("01") "\nxenstored dead\n";

	assert_int_equal(sweep(rig, alive), PROBE_OK);
	assert_int_equal(sweep(rig, dead), PROBE_FAILED);
	assert_null(rig->xen);
	assert_non_null(strstr(rig->err.text, "xenstored does not answer"));
	/* Its handles are closed by now: opening them again fails too. */
	assert_int_equal(sweep(rig, dead), PROBE_FAILED);
	assert_null(rig->xen);
	assert_non_null(strstr(rig->err.text, "xenstored does not answer"));
	assert_int_equal(sweep(rig, alive), PROBE_OK);
	assert_int_equal(rig->xen->n_guests, 1);
}

static void
a_list_without_domain_0_is_a_failed_probe(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(
	    sweep(rig, "host cpus=1 mem=1GiB\ndomain 1 name=a\n"), PROBE_FAILED);
	assert_null(rig->xen);
	assert_int_equal(
	    sweep(rig, "host cpus=1 mem=1GiB\ndomain 0 mem=1GiB\n"), PROBE_FAILED);
	assert_null(rig->xen);
}

static void
a_dying_guest_gone_from_xenstore_is_still_a_guest(void **state)
{
	struct rig *rig = *state;
	const Lifeboat__Guest *g;

	assert_int_equal(sweep(rig, HOST "domain 7 uuid=" UUID(
					"07") " type=pvh mem=64MiB vcpus=3 state=d\n"),
	    PROBE_OK);
	assert_int_equal(rig->xen->n_guests, 1);
	g = rig->xen->guests[0];
	assert_uuid(g, UUID("07"));
	assert_string_equal(g->name, "domain-7");
	assert_int_equal(g->state, GUEST_DYING);
	assert_int_equal(g->memory_kib, 64 * 1024);
	assert_int_equal(g->vcpus, 3);
	/* Of disks that nobody tells of, none is known to be shared. */
	assert_int_equal(g->n_disks, 1);
	assert_string_equal(g->disks[0], "");
}

static void
a_domain_without_any_uuid_is_no_guest(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(sweep(rig, HOST "domain 7 mem=64MiB state=d cpu=1s\n"
					 "domain 8 name=b uuid=" UUID("08") "\n"),
	    PROBE_OK);
	assert_int_equal(rig->xen->n_guests, 1);
	assert_int_equal(rig->xen->guests[0]->domid, 8);
	assert_int_equal(rig->xen->cpu_ns, 6000000000);
}

static void
more_guests_than_a_report_holds_are_a_failed_probe(void **state)
{
	struct rig *rig = *state;
	char *text = xen_rig_sparse(HOST, MAX_GUESTS);

	assert_int_equal(sweep(rig, text), PROBE_OK);
	assert_int_equal(rig->xen->n_guests, MAX_GUESTS);
	free(text);
	text = xen_rig_sparse(HOST, MAX_GUESTS + 1);
	assert_int_equal(sweep(rig, text), PROBE_FAILED);
	assert_null(rig->xen);
	free(text);
}

/* What the engine would say of the report. */
static enum frame_refusal
judge(Lifeboat__Report *report)
{
	static uint8_t boot[16] = { 1 }, buf[FRAME_BODY_MAX];
	struct wire_arena arena = WIRE_ARENA_NULL;
	Lifeboat__Report *out;
	const char *what;
	enum frame_refusal refusal;
	size_t len;

	report->boot_id.data = boot;
	report->boot_id.len = sizeof(boot);
	assert_true(lifeboat__report__get_packed_size(report) <= sizeof(buf));
	len = lifeboat__report__pack(report, buf);
	assert_int_equal(wire_arena_init(&arena), 0);
	refusal = wire_report(&out, &arena, buf, len, &what);
	wire_arena_deinit(&arena);
	return refusal;
}

static void
hostile_names_are_carried_and_long_ones_cut(void **state)
{
	struct rig *rig = *state;
	char text[4096], name[1001];
	const Lifeboat__Guest *const *guests;

	memset(name, 'x', 1000);
	name[1000] = '\0';
	snprintf(text, sizeof(text),
	    HOST "domain 1 name=a\\x20b\\x1b[31m\\x0aroot uuid=" UUID(
		"01") "\n"
		      "domain 2 name=%s uuid=" UUID(
			  "02") "\n"
				"domain 3 name=\\xff\\xfebad uuid=" UUID(
				    "03") "\n"
					  "domain 4 name=%.62s\\xc3\\xa9\\xc3\\xa9 "
					  "uuid=" UUID("04") "\n",
	    name, name);
	assert_int_equal(sweep(rig, text), PROBE_OK);
	assert_int_equal(rig->xen->n_guests, 4);
	guests = (const Lifeboat__Guest *const *)rig->xen->guests;
	assert_string_equal(guests[0]->name, "a b\033[31m\nroot");
	assert_int_equal(strlen(guests[1]->name), NAME_SIZE - 1);
	assert_uuid(guests[1], UUID("02"));
	assert_string_equal(guests[2]->name, "??bad");
	assert_int_equal(strlen(guests[3]->name), 62);
	assert_uuid(guests[3], UUID("04"));
	assert_int_equal(judge(&rig->report), FRAME_OK);
}

static void
disks_without_a_shared_identity_are_empty_and_empty_drives_are_none(void **state)
{
	struct rig *rig = *state;
	const Lifeboat__Guest *g;

	assert_int_equal(
	    sweep(rig,
		HOST "domain 1 name=a uuid=" UUID(
		    "01") " type=hvm "
			  "disks=/dev/local,/dev/no-such/x,qcow2:image,aio:,/dev/sdd\n"),
	    PROBE_OK);
	g = rig->xen->guests[0];
	assert_int_equal(g->n_disks, 4);
	assert_string_equal(g->disks[0], "");
	assert_string_equal(g->disks[1], "");
	assert_string_equal(g->disks[2], "");
	assert_string_equal(g->disks[3], "id-sdd");
}

static void
more_disks_or_bridges_than_fit_keep_a_guest_where_it_is(void **state)
{
	struct rig *rig = *state;
	const Lifeboat__Guest *g;

	assert_int_equal(sweep(rig, HOST "domain 1 name=a uuid=" UUID(
					"01") " "
					      "disks=/d/1,/d/2,/d/3,/d/4,/d/5,/d/6,/d/7,/"
					      "d/8,/d/9,/d/10,/d/11,/d/12,"
					      "/d/13,/d/14,/d/15,/d/16,/d/17 "
					      "bridges=b1,b2,b3,b4,b5,b6,b7,b8,b9\n"
					      "domain 2 name=b uuid=" UUID(
						  "02") " bridges=b1,b2,b1\n"),
	    PROBE_OK);
	g = rig->xen->guests[0];
	assert_int_equal(g->n_disks, MAX_GUEST_DISKS);
	assert_string_equal(g->disks[14], "id-15");
	assert_string_equal(g->disks[15], "");
	assert_int_equal(g->n_bridges, MAX_GUEST_BRIDGES);
	assert_string_equal(g->bridges[6], "b7");
	assert_string_equal(g->bridges[7], XEN_STORE_MORE_BRIDGES);
	assert_int_equal(rig->xen->guests[1]->n_bridges, 2);
}

static void
a_running_guest_burns_processor_time(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(
	    sweep(rig, HOST "domain 1 name=a uuid=" UUID("01") " cpu=1s cpu+=500/1000\n"),
	    PROBE_OK);
	assert_true(rig->xen->guests[0]->cpu_ns > 1000000000);
}

/* This program again, with nothing preloaded: prints the state that a sweep gives. */
static int
sweep_without_xen(void)
{
	struct rig rig = { .probe = probe_xen.start(NULL, &rig.err) };
	bool urgent = false;
	int result;

	lifeboat__report__init(&rig.report);
	result = (int)probe_xen.sweep(rig.probe, &rig.report, false, &urgent, &rig.err);
	printf("%d\n", result);
	probe_xen.stop(rig.probe);
	return 0;
}

static void
without_xen_the_probe_is_absent_and_says_nothing(void **state)
{
	char line[64] = "";
	FILE *f;

	(void)state;
	if (access("/sys/hypervisor/type", F_OK) == 0)
		skip();
	/* The shell is only there to leave a variable out and to join two streams. */
	f = popen("env -u LD_PRELOAD /proc/$PPID/exe without-xen 2>&1", "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(strtol(line, NULL, 10), PROBE_ABSENT);
	assert_null(fgets(line, sizeof(line), f));
	assert_int_equal(pclose(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_host_is_described),
		TEST(pv_guests_are_live_only_where_xen_has_shadow_paging),
		TEST(guests_have_their_uuid_state_type_and_needs),
		TEST(every_state_of_a_domain_is_told),
		TEST(pv_hvm_and_a_passed_through_device_are_told),
		TEST(a_dead_xenstored_is_a_failed_probe_and_never_an_empty_host),
		TEST(a_list_without_domain_0_is_a_failed_probe),
		TEST(a_dying_guest_gone_from_xenstore_is_still_a_guest),
		TEST(a_domain_without_any_uuid_is_no_guest),
		TEST(more_guests_than_a_report_holds_are_a_failed_probe),
		TEST(hostile_names_are_carried_and_long_ones_cut),
		TEST(disks_without_a_shared_identity_are_empty_and_empty_drives_are_none),
		TEST(more_disks_or_bridges_than_fit_keep_a_guest_where_it_is),
		TEST(a_running_guest_burns_processor_time),
		cmocka_unit_test(without_xen_the_probe_is_absent_and_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "without-xen") == 0)
		return sweep_without_xen();
	return xen_rig_main(argv, run);
}
