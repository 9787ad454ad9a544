#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "monitor/once.h"
#include "tests/unit/cmocka_all.h"

static void
a_guest_that_stays_says_why(void **state)
{
	Lifeboat__Xen xen = LIFEBOAT__XEN__INIT;
	Lifeboat__Guest guest = LIFEBOAT__GUEST__INIT;
	char shared[] = "disk-1", own[] = "";
	char *disks[] = { shared };

	(void)state;
	xen.live_hvm = true;
	guest.type = GUEST_HVM;
	guest.n_disks = 1;
	guest.disks = disks;
	assert_null(once_stays(&xen, &guest));
	guest.type = GUEST_PV;
	assert_non_null(strstr(once_stays(&xen, &guest), "PV"));
	guest.type = GUEST_PVH;
	assert_null(once_stays(&xen, &guest));
	xen.live_hvm = false;
	assert_non_null(strstr(once_stays(&xen, &guest), "PVH"));
	xen.live_hvm = true;
	guest.state = GUEST_CRASHED;
	assert_non_null(strstr(once_stays(&xen, &guest), "running"));
	guest.state = GUEST_PAUSED;
	guest.pci_devices = 1;
	assert_non_null(strstr(once_stays(&xen, &guest), "PCI"));
	guest.pci_devices = 0;
	disks[0] = own;
	assert_non_null(strstr(once_stays(&xen, &guest), "shared"));
	disks[0] = shared;
	guest.master = MASTER_LIBVIRT;
	assert_non_null(strstr(once_stays(&xen, &guest), "libvirt"));
	guest.master = MASTER_NONE;
	guest.type = GUEST_UNKNOWN;
	assert_non_null(strstr(once_stays(&xen, &guest), "type"));
}

static Lifeboat__Sensor sensor = LIFEBOAT__SENSOR__INIT;
static Lifeboat__Sensor *sensors[] = { &sensor };
static Lifeboat__Catalogue catalogue = LIFEBOAT__CATALOGUE__INIT;
static Lifeboat__Catalogue *catalogues[] = { &catalogue };
static int64_t values[] = { 45250 };
static uint32_t states[] = { QUALITY_GOOD | FLAG_ALARM << 4 };
static Lifeboat__Readings readings = LIFEBOAT__READINGS__INIT;
static Lifeboat__Readings *all_readings[] = { &readings };
static Lifeboat__Probe probe = LIFEBOAT__PROBE__INIT;
static Lifeboat__Probe *probes[] = { &probe };
static Lifeboat__Report report = LIFEBOAT__REPORT__INIT;

static int
setup(void **state)
{
	static char name[] = "coretemp.0/temp1", label[] = "Core\x1b[31m 0";

	(void)state;
	sensor.name = name;
	sensor.label = label;
	sensor.kind = SENSOR_TEMP;
	sensor.limits = HAS_HIGH;
	sensor.high = 80000;
	catalogue.generation = 5;
	catalogue.n_sensors = 1;
	catalogue.sensors = sensors;
	readings.generation = 5;
	readings.n_values = 1;
	readings.values = values;
	readings.n_states = 1;
	readings.states = states;
	report.n_probes = 1;
	report.probes = probes;
	report.n_catalogues = 1;
	report.catalogues = catalogues;
	report.n_readings = 1;
	report.readings = all_readings;
	return 0;
}

static void
an_intel_dom0_without_coretemp_is_told_what_would_show_the_heat(void **state)
{
	struct once once = { .heat = NULL };

	(void)state;
	assert_non_null(strstr(once_heat(&once, true, true), "IPMI"));
	assert_null(once_heat(&once, true, false));
	assert_null(once_heat(&once, false, true));
	once.report[PROBE_SENSORS] = &report;
	assert_null(once_heat(&once, true, true));
}

static void
print(char *text, size_t size, bool json)
{
	struct once once = { .report = { &report },
		.why = { [PROBE_XEN] = "no Xen here" } };
	FILE *f = fmemopen(text, size, "w");

	assert_non_null(f);
	once.state[PROBE_XEN] = PROBE_ABSENT;
	if (json)
		assert_int_equal(once_print_json(f, &once), 0);
	else
		once_print_text(f, &once);
	fclose(f);
}

static void
the_table_has_value_limit_and_alarm_and_no_escape_codes(void **state)
{
	char text[4096] = "";

	(void)state;
	print(text, sizeof(text), false);
	assert_non_null(strstr(text, "45.25C  high=80C  ALARM"));
	assert_non_null(strstr(text, "xen       absent: no Xen here"));
	assert_non_null(strstr(text, "Core?[31m 0"));
	assert_null(strchr(text, '\x1b'));
}

static void
the_json_has_milli_units_and_nulls(void **state)
{
	char text[4096] = "";

	(void)state;
	print(text, sizeof(text), true);
	assert_non_null(strstr(text, "\"value\": 45250"));
	assert_non_null(strstr(text, "\"high\": 80000"));
	assert_non_null(strstr(text, "\"low\": null"));
	assert_non_null(strstr(text, "\"xen\": null"));
	assert_null(strchr(text, '\x1b'));
}

static void
a_probe_that_cannot_be_started_has_failed_and_does_not_hang(void **state)
{
	int out = memfd_create("out", MFD_CLOEXEC), kept = dup(STDOUT_FILENO), r;
	char text[4096] = "", line[128];
	struct rlimit limit, least;

	(void)state;
	fflush(stdout);
	assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	least = limit;
	least.rlim_cur = (rlim_t)kept + 2; /* room for one, and a pair is needed */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &least), 0);
	r = once_run(false);
	setrlimit(RLIMIT_NOFILE, &limit);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	assert_int_equal(r, 0);
	assert_true(pread(out, text, sizeof(text) - 1, 0) > 0);
	close(out);
	for (enum probe_id id = 0; id < PROBES; id++) {
		snprintf(line, sizeof(line),
		    "%-9s failed: cannot be started: Too many open files\n",
		    probe_name(id));
		assert_non_null(strstr(text, line));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_that_stays_says_why),
		cmocka_unit_test(
		    an_intel_dom0_without_coretemp_is_told_what_would_show_the_heat),
		cmocka_unit_test(the_table_has_value_limit_and_alarm_and_no_escape_codes),
		cmocka_unit_test(the_json_has_milli_units_and_nulls),
		cmocka_unit_test(
		    a_probe_that_cannot_be_started_has_failed_and_does_not_hang),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
