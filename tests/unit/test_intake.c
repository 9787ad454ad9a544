#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/wire.h"
#include "policy/intake.h"
#include "tests/unit/cmocka_all.h"

/* A host, another host, a stranger and the engine, with real keys and frames. */
static struct seal_pair engine, host, other, stranger;
static struct policy_conf conf;
static struct conf_host hosts[2];
static struct trace *names;
static struct intake *intake;
static struct err err;

static uint8_t frame[FRAME_MAX + 64], reply[FRAME_MAX];
static uint8_t boot[16], session[SESSION_SIZE] = "session one....";
static uint64_t sequence;
static int events[EVENT_KINDS];
static struct event last[EVENT_KINDS];

static void
on_event(void *to, const struct event *event)
{
	(void)to;
	events[event->kind]++;
	last[event->kind] = *event;
}

static const intake_sink_t sink = { on_event, NULL };
static const mono_t now = { 1000000 };

static int
start(void **state)
{
	struct intake_self self = { .pair = &engine, .term = 3 };

	(void)state;
	seal_generate(&engine);
	seal_generate(&host);
	seal_generate(&other);
	seal_generate(&stranger);
	text_copy(hosts[0].name, NAME_SIZE, "n1");
	memcpy(hosts[0].key, host.public_key, SEAL_KEY);
	text_copy(hosts[1].name, NAME_SIZE, "n2");
	memcpy(hosts[1].key, other.public_key, SEAL_KEY);
	conf.hosts = hosts;
	conf.n_hosts = 2;
	memset(events, 0, sizeof(events));
	sequence = 0;
	return trace_new(&names) || intake_new(&intake, &conf, &self, names, &err);
}

static int
stop(void **state)
{
	(void)state;
	intake = intake_free(intake);
	names = trace_free(names);
	return 0;
}

static Lifeboat__Report
plain_report(void)
{
	Lifeboat__Report m = LIFEBOAT__REPORT__INIT;
	static Lifeboat__Probe probe = LIFEBOAT__PROBE__INIT;
	static Lifeboat__Probe *probes[] = { &probe };

	m.boot_id.data = boot;
	m.boot_id.len = sizeof(boot);
	m.n_probes = 1;
	m.probes = probes;
	return m;
}

static struct frame_header
header_from(const struct seal_pair *sender, enum frame_kind kind)
{
	struct frame_header h = { .role = ROLE_MONITOR, .kind = kind };

	h.sender = sender->id;
	h.recipient = engine.id;
	memcpy(h.session, session, SESSION_SIZE);
	h.sequence = ++sequence;
	return h;
}

/* Sealed by sender under this header; its length. */
static size_t
seal_as(const struct seal_pair *sender, const struct frame_header *h, const uint8_t *body,
    size_t len)
{
	struct seal_peer peer;

	assert_int_equal(seal_peer_init(&peer, sender, engine.public_key, false), 0);
	return seal_close(frame, &peer, h, body, len);
}

static size_t
seal_report(const Lifeboat__Report *m)
{
	static uint8_t body[2 * FRAME_MAX];
	struct frame_header h = header_from(&host, FRAME_REPORT);
	size_t len = lifeboat__report__pack(m, body);

	assert_true(len <= FRAME_BODY_MAX);
	return seal_as(&host, &h, body, len);
}

/* Ask with this nonce; the reply's, or UINT64_MAX when there was no answer. */
static uint64_t
ask(uint64_t nonce, mono_t at)
{
	struct frame_header h = header_from(&host, FRAME_REQUEST);
	struct wire_arena arena = WIRE_ARENA_NULL;
	Lifeboat__Request q = LIFEBOAT__REQUEST__INIT;
	Lifeboat__Reply *answer;
	struct seal_peer peer;
	const char *what;
	uint8_t body[256], *opened;
	size_t len, opened_len;
	uint64_t got;

	q.nonce = nonce;
	q.boot_id.data = boot;
	q.boot_id.len = sizeof(boot);
	len = seal_as(&host, &h, body, lifeboat__request__pack(&q, body));
	len = intake_request(intake, frame, len, at, reply);
	if (len == 0)
		return UINT64_MAX;
	assert_int_equal(seal_peer_init(&peer, &host, engine.public_key, false), 0);
	assert_true(seal_open(reply, len, &peer, &opened, &opened_len));
	assert_int_equal(wire_arena_init(&arena), 0);
	assert_int_equal(
	    wire_reply(&answer, &arena, opened, opened_len, &what), FRAME_OK);
	assert_true(answer->sequence == h.sequence);
	assert_true(answer->term >= 3);
	got = answer->nonce;
	wire_arena_deinit(&arena);
	return got;
}

static void
admit(void)
{
	assert_int_equal(ask(ask(0, now), now), 0);
}

static enum frame_refusal
give(size_t len)
{
	uint64_t before[FRAME_REFUSALS];
	enum frame_refusal r;

	for (int i = 0; i < FRAME_REFUSALS; i++)
		before[i] = intake_count(intake, (enum frame_refusal)i);
	r = intake_report(intake, frame, len, now, sink);
	for (int i = 0; i < FRAME_REFUSALS; i++)
		assert_int_equal(
		    intake_count(intake, (enum frame_refusal)i) - before[i], i == (int)r);
	return r;
}

static void
a_report_becomes_events_once_its_session_is_admitted(void **state)
{
	Lifeboat__Report m = plain_report();

	(void)state;
	assert_int_equal(give(seal_report(&m)), FRAME_E_SESSION);
	assert_int_equal(events[EVENT_PROBES], 0);
	admit();
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(events[EVENT_PROBES], 1);
	assert_int_equal(last[EVENT_PROBES].host.i, 0);
	assert_int_equal(last[EVENT_PROBES].now.ms, now.ms);
}

static void
what_dom0_may_give_back_is_free_with_autoballoon_alone(void **state)
{
	Lifeboat__Report m = plain_report();
	Lifeboat__Xen xen = LIFEBOAT__XEN__INIT;

	(void)state;
	admit();
	m.xen = &xen;
	xen.free_kib = 1000;
	xen.dom0_kib = 2048 * 1024;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_XEN].xen.free_kib, 1000);
	xen.autoballoon = true;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_XEN].xen.free_kib, 1000 + 1536 * 1024);
	xen.dom0_kib = 256 * 1024;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_XEN].xen.free_kib, 1000);
}

static void
a_renamed_host_is_known_by_its_key(void **state)
{
	Lifeboat__Report m = plain_report();
	struct intake_self self = { .pair = &engine, .term = 4 };

	(void)state;
	admit();
	intake = intake_free(intake);
	text_copy(hosts[0].name, NAME_SIZE, "renamed");
	assert_int_equal(intake_new(&intake, &conf, &self, names, &err), 0);
	assert_int_equal(give(seal_report(&m)), FRAME_E_SESSION); /* of the old engine */
	assert_true(ask(ask(0, now), now) != UINT64_MAX);
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_PROBES].host.i, 0);
}

static void
garbage_is_refused_by_length_or_magic(void **state)
{
	(void)state;
	memset(frame, 0x5a, sizeof(frame));
	assert_int_equal(give(0), FRAME_E_LENGTH);
	assert_int_equal(give(FRAME_HEADER + FRAME_TAG - 1), FRAME_E_LENGTH);
	assert_int_equal(give(FRAME_MAX + 1), FRAME_E_LENGTH);
	assert_int_equal(give(1000), FRAME_E_MAGIC);
}

static void
a_truncated_frame_breaks_its_seal(void **state)
{
	Lifeboat__Report m = plain_report();
	size_t len = seal_report(&m);

	(void)state;
	assert_int_equal(give(len - 1), FRAME_E_SEAL);
}

static void
a_stranger_is_refused(void **state)
{
	struct frame_header h = header_from(&stranger, FRAME_REPORT);

	(void)state;
	assert_int_equal(give(seal_as(&stranger, &h, boot, 16)), FRAME_E_STRANGER);
}

static void
a_host_cannot_speak_for_another(void **state)
{
	struct frame_header h = header_from(&other, FRAME_REPORT);

	(void)state;
	assert_int_equal(give(seal_as(&host, &h, boot, 16)), FRAME_E_SEAL);
}

static void
a_frame_for_another_engine_is_refused(void **state)
{
	struct frame_header h = header_from(&host, FRAME_REPORT);

	(void)state;
	h.recipient = stranger.id;
	assert_int_equal(give(seal_as(&host, &h, boot, 16)), FRAME_E_RECIPIENT);
}

static void
only_monitors_report(void **state)
{
	struct frame_header h = header_from(&host, FRAME_REPORT);

	(void)state;
	h.role = ROLE_ACTUATOR;
	assert_int_equal(give(seal_as(&host, &h, boot, 16)), FRAME_E_ROLE);
	h.role = ROLE_ENGINE;
	assert_int_equal(give(seal_as(&host, &h, boot, 16)), FRAME_E_ROLE);
	h.role = ROLE_MONITOR;
	h.kind = FRAME_REPLY;
	assert_int_equal(give(seal_as(&host, &h, boot, 16)), FRAME_E_ROLE);
}

static void
a_replayed_report_is_refused(void **state)
{
	static uint8_t copy[FRAME_MAX];
	Lifeboat__Report m = plain_report();
	size_t len;

	(void)state;
	admit();
	len = seal_report(&m);
	memcpy(copy, frame, len);
	assert_int_equal(give(len), FRAME_OK);
	memcpy(frame, copy, len);
	assert_int_equal(give(len), FRAME_E_REPLAY);
	assert_int_equal(events[EVENT_PROBES], 1);
}

static void
an_old_session_is_refused_after_a_new_one(void **state)
{
	static uint8_t copy[FRAME_MAX];
	Lifeboat__Report m = plain_report();
	size_t len;

	(void)state;
	admit();
	len = seal_report(&m);
	memcpy(copy, frame, len);
	session[0] ^= 1;
	admit();
	session[0] ^= 1;
	memcpy(frame, copy, len);
	assert_int_equal(give(len), FRAME_E_SESSION);
}

static void
a_nonce_is_good_once_and_for_ten_seconds(void **state)
{
	uint64_t nonce = ask(0, now);

	(void)state;
	assert_true(nonce != 0 && nonce != UINT64_MAX);
	assert_true(ask(nonce + 1, now) != 0);
	nonce = ask(0, now);
	assert_true(ask(nonce, mono_add(now, INTAKE_NONCE_MS + 1)) != 0);
	nonce = ask(0, now);
	assert_int_equal(ask(nonce, now), 0);
}

static void
a_recorded_handshake_does_not_admit_again(void **state)
{
	static uint8_t copy[FRAME_MAX];
	Lifeboat__Report m = plain_report();
	struct frame_header h;
	Lifeboat__Request q = LIFEBOAT__REQUEST__INIT;
	uint8_t body[256];
	size_t len;

	(void)state;
	q.nonce = ask(0, now);
	q.boot_id.data = boot;
	q.boot_id.len = sizeof(boot);
	h = header_from(&host, FRAME_REQUEST);
	len = seal_as(&host, &h, body, lifeboat__request__pack(&q, body));
	memcpy(copy, frame, len);
	assert_true(intake_request(intake, frame, len, now, reply) > 0);
	session[0] ^= 1;
	admit();
	session[0] ^= 1;
	memcpy(frame, copy, len);
	intake_request(intake, frame, len, now, reply); /* gets a nonce, no more */
	assert_int_equal(give(seal_report(&m)), FRAME_E_SESSION);
}

static void
a_report_that_claims_ten_thousand_sensors_is_refused(void **state)
{
	Lifeboat__Report m = plain_report();
	Lifeboat__Readings r = LIFEBOAT__READINGS__INIT, *rs[] = { &r };
	static int64_t values[10000];
	static uint32_t states[10000];

	(void)state;
	admit();
	r.generation = 1;
	r.values = values;
	r.states = states;
	r.n_values = r.n_states = 10000;
	m.n_readings = 1;
	m.readings = rs;
	assert_int_equal(give(seal_report(&m)), FRAME_E_VALUE);
	assert_int_equal(events[EVENT_READINGS], 0);
}

static void
bytes_that_are_no_message_are_refused_behind_the_seal(void **state)
{
	static uint8_t body[64];
	struct frame_header h;

	(void)state;
	admit();
	memset(body, 0xff, sizeof(body));
	h = header_from(&host, FRAME_REPORT);
	assert_int_equal(give(seal_as(&host, &h, body, sizeof(body))), FRAME_E_DECODE);
}

static void
readings_wait_for_their_catalogue(void **state)
{
	Lifeboat__Report m = plain_report();
	Lifeboat__Readings r = LIFEBOAT__READINGS__INIT, *rs[] = { &r };
	Lifeboat__Sensor s = LIFEBOAT__SENSOR__INIT, *ss[] = { &s };
	Lifeboat__Catalogue c = LIFEBOAT__CATALOGUE__INIT, *cs[] = { &c };
	int64_t value = 50000;
	uint32_t good = 0;

	(void)state;
	admit();
	r.generation = c.generation = 7;
	r.n_values = r.n_states = 1;
	r.values = &value;
	r.states = &good;
	m.n_readings = 1;
	m.readings = rs;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(events[EVENT_READINGS], 0);
	s.name = (char *)"cpu/temp1";
	s.kind = SENSOR_TEMP;
	s.limits = HAS_HIGH;
	s.high = 75000;
	c.n_sensors = 1;
	c.sensors = ss;
	m.n_catalogues = 1;
	m.catalogues = cs;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(events[EVENT_READINGS], 1);
	assert_int_equal(last[EVENT_CATALOGUE].catalogue.n, 1);
	assert_int_equal(
	    last[EVENT_CATALOGUE].catalogue.sensor[0].limit[LIMIT_HIGH], 75000);
	assert_true(
	    last[EVENT_CATALOGUE].catalogue.sensor[0].limit[LIMIT_LOW] == NO_LIMIT);
	assert_int_equal(last[EVENT_READINGS].readings.reading[0].value, 50000);
}

static void
two_probes_sensors_are_joined(void **state)
{
	Lifeboat__Report m = plain_report();
	Lifeboat__Sensor s = LIFEBOAT__SENSOR__INIT, *ss[] = { &s };
	Lifeboat__Sensor t = LIFEBOAT__SENSOR__INIT, *ts[] = { &t };
	Lifeboat__Catalogue c = LIFEBOAT__CATALOGUE__INIT, d = LIFEBOAT__CATALOGUE__INIT;
	Lifeboat__Catalogue *one[] = { &c }, *two[] = { &c, &d }, *second[] = { &d };
	Lifeboat__Readings r = LIFEBOAT__READINGS__INIT, *rs[] = { &r };
	int64_t value = 20000;
	uint32_t good = 0;

	(void)state;
	admit();
	s.name = (char *)"cpu/temp1";
	t.name = (char *)"file/inlet";
	c.generation = d.generation = 1;
	c.n_sensors = d.n_sensors = 1;
	c.sensors = ss;
	d.sensors = ts;
	d.probe = PROBE_FILE;
	m.n_catalogues = 1;
	m.catalogues = one;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_CATALOGUE].catalogue.n, 1);
	m.catalogues = second; /* alone it would push the first one's out */
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(events[EVENT_CATALOGUE], 1);
	m.n_catalogues = 2;
	m.catalogues = two;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(events[EVENT_CATALOGUE], 2);
	assert_int_equal(last[EVENT_CATALOGUE].catalogue.n, 2);
	assert_string_equal(last[EVENT_CATALOGUE].catalogue.sensor[1].name, "file/inlet");
	r.probe = PROBE_FILE;
	r.generation = 1;
	r.n_values = r.n_states = 1;
	r.values = &value;
	r.states = &good;
	m.n_catalogues = 0;
	m.n_readings = 1;
	m.readings = rs;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_READINGS].readings.first, 1);
	d.generation = 2; /* a change of one, while both are known */
	m.n_readings = 0;
	m.n_catalogues = 1;
	m.catalogues = second;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_CATALOGUE].catalogue.n, 2);
}

static void
a_disk_is_lost_with_its_session(void **state)
{
	Lifeboat__Report m = plain_report();
	Lifeboat__Storage st = LIFEBOAT__STORAGE__INIT;
	Lifeboat__Disk d = LIFEBOAT__DISK__INIT, *ds[] = { &d };
	Lifeboat__Session se = LIFEBOAT__SESSION__INIT, *ses[] = { &se };

	(void)state;
	admit();
	d.identity = (char *)"naa.1@iqn.x@10.0.0.5:3260";
	d.iqn = se.iqn = (char *)"iqn.x";
	d.portal = se.portal = (char *)"10.0.0.5:3260";
	st.n_disks = st.n_sessions = 1;
	st.disks = ds;
	st.sessions = ses;
	m.storage = &st;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_STORAGE].storage.disks[0].lost, 0);
	se.state = 1;
	assert_int_equal(give(seal_report(&m)), FRAME_OK);
	assert_int_equal(last[EVENT_STORAGE].storage.disks[0].lost, 1);
	assert_true(last[EVENT_STORAGE].storage.disks[0].disk.v == text_id(d.identity).v);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		CASE(a_report_becomes_events_once_its_session_is_admitted),
		CASE(what_dom0_may_give_back_is_free_with_autoballoon_alone),
		CASE(a_renamed_host_is_known_by_its_key),
		CASE(garbage_is_refused_by_length_or_magic),
		CASE(a_truncated_frame_breaks_its_seal),
		CASE(a_stranger_is_refused),
		CASE(a_host_cannot_speak_for_another),
		CASE(a_frame_for_another_engine_is_refused),
		CASE(only_monitors_report),
		CASE(a_replayed_report_is_refused),
		CASE(an_old_session_is_refused_after_a_new_one),
		CASE(a_nonce_is_good_once_and_for_ten_seconds),
		CASE(a_recorded_handshake_does_not_admit_again),
		CASE(a_report_that_claims_ten_thousand_sensors_is_refused),
		CASE(bytes_that_are_no_message_are_refused_behind_the_seal),
		CASE(readings_wait_for_their_catalogue),
		CASE(two_probes_sensors_are_joined),
		CASE(a_disk_is_lost_with_its_session),
	};

	if (seal_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
