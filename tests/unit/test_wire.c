#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "tests/unit/cmocka_all.h"

static struct wire_arena arena = WIRE_ARENA_NULL;
static uint8_t boot[sizeof(struct uuid)];
static uint8_t packed[4 * FRAME_MAX];

static int
make_arena(void **state)
{
	(void)state;
	return wire_arena_init(&arena);
}

static int
drop_arena(void **state)
{
	(void)state;
	wire_arena_deinit(&arena);
	return 0;
}

static Lifeboat__Report
plain_report(void)
{
	Lifeboat__Report m = LIFEBOAT__REPORT__INIT;

	m.boot_id.data = boot;
	m.boot_id.len = sizeof(boot);
	return m;
}

/* "ok", or the name of the field that was refused. */
static const char *
verdict(const Lifeboat__Report *m)
{
	Lifeboat__Report *out;
	const char *what = NULL;
	size_t len = lifeboat__report__pack(m, packed);
	enum frame_refusal r = wire_report(&out, &arena, packed, len, &what);

	if (r == FRAME_OK)
		return "ok";
	return r == FRAME_E_VALUE ? what : "decode";
}

static void
a_whole_report_comes_back_as_it_was(void **state)
{
	Lifeboat__Report m = plain_report(), *out;
	Lifeboat__Catalogue c = LIFEBOAT__CATALOGUE__INIT, *cs[] = { &c };
	Lifeboat__Sensor s = LIFEBOAT__SENSOR__INIT, *ss[] = { &s };
	Lifeboat__Readings r = LIFEBOAT__READINGS__INIT, *rs[] = { &r };
	int64_t values[] = { -76200 };
	uint32_t states[] = { FLAG_ALARM << 4 };
	const char *what;
	size_t len;

	(void)state;
	s.name = (char *)"cpu/temp1";
	s.kind = SENSOR_TEMP;
	s.limits = HAS_HIGH;
	s.high = 75000;
	c.generation = 9;
	c.n_sensors = 1;
	c.sensors = ss;
	r.generation = 9;
	r.n_values = r.n_states = 1;
	r.values = values;
	r.states = states;
	m.n_catalogues = m.n_readings = 1;
	m.catalogues = cs;
	m.readings = rs;
	len = lifeboat__report__pack(&m, packed);
	assert_int_equal(wire_report(&out, &arena, packed, len, &what), FRAME_OK);
	assert_string_equal(out->catalogues[0]->sensors[0]->name, "cpu/temp1");
	assert_int_equal(out->catalogues[0]->sensors[0]->high, 75000);
	assert_int_equal(out->readings[0]->values[0], -76200);
	assert_int_equal(out->readings[0]->states[0], FLAG_ALARM << 4);
}

static void
two_reports_written_one_after_the_other_are_one(void **state)
{
	Lifeboat__Report m = plain_report(), part = LIFEBOAT__REPORT__INIT, *out;
	Lifeboat__Probe p = LIFEBOAT__PROBE__INIT, *ps[] = { &p };
	const char *what;
	size_t len;

	(void)state;
	p.id = PROBE_XEN;
	p.state = PROBE_ABSENT;
	part.n_probes = 1;
	part.probes = ps;
	len = lifeboat__report__pack(&m, packed);
	len += lifeboat__report__pack(&part, packed + len);
	part.probes[0]->id = PROBE_FILE;
	len += lifeboat__report__pack(&part, packed + len);
	assert_int_equal(wire_report(&out, &arena, packed, len, &what), FRAME_OK);
	assert_int_equal(out->boot_id.len, sizeof(boot));
	assert_int_equal(out->n_probes, 2);
}

static void
ten_thousand_sensors_are_refused(void **state)
{
	enum { MANY = 10000 };
	static Lifeboat__Sensor sensor = LIFEBOAT__SENSOR__INIT;
	Lifeboat__Sensor **many = calloc(MANY, sizeof(*many));
	Lifeboat__Catalogue c = LIFEBOAT__CATALOGUE__INIT, *cs[] = { &c };
	Lifeboat__Report m = plain_report();
	const char *got;

	(void)state;
	sensor.name = (char *)"a";
	for (int i = 0; i < MANY; i++)
		many[i] = &sensor;
	c.generation = 1;
	c.n_sensors = MANY;
	c.sensors = many;
	m.n_catalogues = 1;
	m.catalogues = cs;
	got = verdict(&m);
	assert_true(strcmp(got, "decode") == 0 || strcmp(got, "count of sensors") == 0);
	c.n_sensors = MAX_SENSORS + 1;
	assert_string_equal(verdict(&m), "count of sensors");
	c.n_sensors = 2;
	assert_string_equal(verdict(&m), "sensor named twice");
	c.n_sensors = 1;
	assert_string_equal(verdict(&m), "ok");
	free(many);
}

static void
readings_must_fit_their_states_and_range(void **state)
{
	static int64_t values[10000];
	static uint32_t states[10000];
	Lifeboat__Readings r = LIFEBOAT__READINGS__INIT, *rs[] = { &r };
	Lifeboat__Report m = plain_report();

	(void)state;
	m.n_readings = 1;
	m.readings = rs;
	r.generation = 1;
	r.values = values;
	r.states = states;
	r.n_values = r.n_states = 10000;
	assert_string_equal(verdict(&m), "count of readings");
	r.n_values = 2;
	r.n_states = 1;
	assert_string_equal(verdict(&m), "count of readings");
	r.n_states = 2;
	values[1] = INT64_MAX;
	assert_string_equal(verdict(&m), "reading");
	values[1] = 0;
	states[1] = QUALITY_IMPLAUSIBLE + 1;
	assert_string_equal(verdict(&m), "state of a reading");
	states[1] = 0;
	r.probe = PROBES;
	assert_string_equal(verdict(&m), "readings");
}

static const char *
guest_verdict(const char *name, size_t uuid_len, uint32_t type)
{
	static uint8_t uuid[32];
	Lifeboat__Guest g = LIFEBOAT__GUEST__INIT, *gs[] = { &g };
	Lifeboat__Xen x = LIFEBOAT__XEN__INIT;
	Lifeboat__Report m = plain_report();

	g.name = (char *)(uintptr_t)name;
	g.uuid.data = uuid;
	g.uuid.len = uuid_len;
	g.type = type;
	x.n_guests = 1;
	x.guests = gs;
	m.xen = &x;
	return verdict(&m);
}

static void
guests_with_hostile_names_are_refused_or_kept_whole(void **state)
{
	char name[1001];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_string_equal(guest_verdict(name, 16, GUEST_PVH), "guest name");
	assert_string_equal(guest_verdict("", 16, GUEST_PVH), "guest name");
	assert_string_equal(guest_verdict("\xff\xfe", 16, GUEST_PVH), "guest name");
	assert_string_equal(guest_verdict("a b\x1b[31m\n", 16, GUEST_PVH), "ok");
	assert_string_equal(guest_verdict("web", 15, GUEST_PVH), "guest uuid");
	assert_string_equal(guest_verdict("web", 16, 9), "guest type, state or master");
}

/* Of a guest with one of these set. */
static const char *
config_verdict(const char *kernel, const char *cpupool, const char *pin, size_t n)
{
	static uint8_t uuid[16];
	Lifeboat__Guest g = LIFEBOAT__GUEST__INIT, *gs[] = { &g };
	Lifeboat__Xen x = LIFEBOAT__XEN__INIT;
	Lifeboat__Report m = plain_report();
	char *pins[MAX_PINS + 1];

	for (size_t i = 0; i < n; i++)
		pins[i] = (char *)(uintptr_t)pin;
	g.name = (char *)"web";
	g.uuid.data = uuid;
	g.uuid.len = sizeof(uuid);
	g.kernel = g.ramdisk = (char *)(uintptr_t)kernel;
	g.cpupool = (char *)(uintptr_t)cpupool;
	g.pinned = pins;
	g.n_pinned = n;
	x.n_guests = 1;
	x.guests = gs;
	m.xen = &x;
	return verdict(&m);
}

static void
what_a_guest_asks_of_its_host_is_bounded(void **state)
{
	static const char files[] = "guest kernel or ramdisk",
			  rest[] = "guest cpupool or pins";
	char text[FILE_SIZE + 1];

	(void)state;
	memset(text, '1', sizeof(text));
	text[FILE_SIZE] = '\0';
	assert_string_equal(config_verdict("/boot/vmlinuz", "fast", "0-3,8", 2), "ok");
	assert_string_equal(config_verdict("", "", "0", MAX_PINS), "ok");
	assert_string_equal(
	    config_verdict(text + 1, text + FILE_SIZE - NAME_SIZE + 1, "4095", 1), "ok");
	assert_string_equal(config_verdict(text, "", "0", 0), files);
	assert_string_equal(config_verdict("\xff", "", "0", 0), files);
	assert_string_equal(
	    config_verdict("", text + FILE_SIZE - NAME_SIZE, "0", 0), rest);
	assert_string_equal(config_verdict("", "", "0", MAX_PINS + 1), rest);
	assert_string_equal(config_verdict("", "", "", 1), rest);
	assert_string_equal(config_verdict("", "", "all", 1), rest);
	assert_string_equal(config_verdict("", "", "4096", 1), rest);
	assert_string_equal(config_verdict("", "", "3-1", 1), rest);
	assert_string_equal(config_verdict("", "", text + FILE_SIZE - PIN_SIZE, 1), rest);
}

static void
what_a_guest_asks_of_its_host_comes_back_as_it_was(void **state)
{
	static uint8_t uuid[16];
	Lifeboat__Guest g = LIFEBOAT__GUEST__INIT, *gs[] = { &g };
	Lifeboat__Xen x = LIFEBOAT__XEN__INIT;
	Lifeboat__Report m = plain_report(), *out;
	char *pins[] = { (char *)"0-3,8", (char *)"12" };
	const char *what;
	size_t len;

	(void)state;
	g.name = (char *)"web";
	g.uuid.data = uuid;
	g.uuid.len = sizeof(uuid);
	g.kernel = (char *)"/boot/vmlinuz";
	g.ramdisk = (char *)"/boot/initrd";
	g.cpupool = (char *)"fast";
	g.pinned = pins;
	g.n_pinned = 2;
	x.n_guests = 1;
	x.guests = gs;
	m.xen = &x;
	len = lifeboat__report__pack(&m, packed);
	assert_int_equal(wire_report(&out, &arena, packed, len, &what), FRAME_OK);
	assert_string_equal(out->xen->guests[0]->kernel, "/boot/vmlinuz");
	assert_string_equal(out->xen->guests[0]->ramdisk, "/boot/initrd");
	assert_string_equal(out->xen->guests[0]->cpupool, "fast");
	assert_int_equal(out->xen->guests[0]->n_pinned, 2);
	assert_string_equal(out->xen->guests[0]->pinned[1], "12");
}

static void
garbage_and_truncation_are_told_from_messages(void **state)
{
	Lifeboat__Report *out;
	Lifeboat__Report m = plain_report();
	const char *what;
	size_t len = lifeboat__report__pack(&m, packed);

	(void)state;
	for (size_t cut = 1; cut < len; cut++)
		assert_int_not_equal(
		    wire_report(&out, &arena, packed, cut, &what), FRAME_OK);
	memset(packed, 0xff, 64);
	assert_int_equal(wire_report(&out, &arena, packed, 64, &what), FRAME_E_DECODE);
	assert_int_equal(wire_report(&out, &arena, packed, 0, &what), FRAME_E_VALUE);
}

static void
a_reply_must_name_a_session_and_an_engine(void **state)
{
	static uint8_t bytes[16];
	Lifeboat__Reply m = LIFEBOAT__REPLY__INIT, *out;
	const char *what;
	size_t len;

	(void)state;
	m.session.data = bytes;
	m.session.len = sizeof(bytes);
	len = lifeboat__reply__pack(&m, packed);
	assert_int_equal(wire_reply(&out, &arena, packed, len, &what), FRAME_E_VALUE);
	m.engine.data = bytes;
	m.engine.len = sizeof(bytes);
	len = lifeboat__reply__pack(&m, packed);
	assert_int_equal(wire_reply(&out, &arena, packed, len, &what), FRAME_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_report_comes_back_as_it_was),
		cmocka_unit_test(two_reports_written_one_after_the_other_are_one),
		cmocka_unit_test(ten_thousand_sensors_are_refused),
		cmocka_unit_test(readings_must_fit_their_states_and_range),
		cmocka_unit_test(guests_with_hostile_names_are_refused_or_kept_whole),
		cmocka_unit_test(what_a_guest_asks_of_its_host_is_bounded),
		cmocka_unit_test(what_a_guest_asks_of_its_host_comes_back_as_it_was),
		cmocka_unit_test(garbage_and_truncation_are_told_from_messages),
		cmocka_unit_test(a_reply_must_name_a_session_and_an_engine),
	};

	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
