#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/log.h"
#include "monitor/conf.h"
#include "monitor/probe.h"
#include "tests/unit/cmocka_all.h"

/* A probe that does as it is told. */
static struct {
	bool no_start;
	enum probe_state state;
	const char *why;
	bool urgent;
	size_t sensors; /* in the catalogue, with labels of 90 bytes */
	int stopped;
	bool with_catalogue;
} tell;

static void *
fake_start(const struct monitor_conf *conf, struct err *err)
{
	(void)conf;
	if (!tell.no_start)
		return &tell;
	err_set(err, -1, "no bus to read from");
	return NULL;
}

static enum probe_state
fake_sweep(void *state, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	static char label[91];
	static Lifeboat__Sensor sensor[1000], *sensors[1000];
	static Lifeboat__Catalogue catalogue, *catalogues[] = { &catalogue };

	assert_ptr_equal(state, &tell);
	memset(label, 'x', sizeof(label) - 1);
	catalogue = (Lifeboat__Catalogue)LIFEBOAT__CATALOGUE__INIT;
	for (size_t i = 0; i < tell.sensors; i++) {
		sensor[i] = (Lifeboat__Sensor)LIFEBOAT__SENSOR__INIT;
		sensor[i].label = label;
		sensors[i] = &sensor[i];
	}
	catalogue.n_sensors = tell.sensors;
	catalogue.sensors = sensors;
	report->n_catalogues = tell.sensors > 0;
	report->catalogues = catalogues;
	tell.with_catalogue = with_catalogue;
	*urgent = tell.urgent;
	if (tell.why)
		err_set(err, 0, "%s", tell.why);
	return tell.state;
}

static void
fake_stop(void *state)
{
	(void)state;
	tell.stopped++;
}

static const struct probe fake = { PROBE_ISCSI, fake_start, fake_sweep, fake_stop };

/* Everything asked beforehand: the child then runs to its end in this process. */
static uint8_t answer[FRAME_MAX];
static size_t answer_len;
static int status;

static Lifeboat__Report *
run(uint8_t tag)
{
	static const struct monitor_conf conf;
	int pair[2], size = 4 * FRAME_MAX;
	uint8_t got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(record_write(pair[0], tag, NULL, 0), 0);
	shutdown(pair[0], SHUT_WR);
	log_set_level(LOG_LEVEL_ERROR);
	status = probe_child(&fake, &conf, pair[1]);
	close(pair[1]);
	answer_len = 0;
	if (record_read(pair[0], &got, answer, sizeof(answer), &answer_len) < 0) {
		close(pair[0]);
		return NULL;
	}
	close(pair[0]);
	assert_int_equal(got, PROBE_ANSWER);
	assert_true(answer_len >= PROBE_ANSWER_HEAD);
	return lifeboat__report__unpack(
	    NULL, answer_len - PROBE_ANSWER_HEAD, answer + PROBE_ANSWER_HEAD);
}

static int
setup(void **state)
{
	(void)state;
	memset(&tell, 0, sizeof(tell));
	return 0;
}

static void
a_sweep_is_answered_with_the_probes_state(void **state)
{
	Lifeboat__Report *r = run(PROBE_SWEEP);

	(void)state;
	assert_non_null(r);
	assert_int_equal(status, 0);
	assert_int_equal(tell.stopped, 1);
	assert_false(tell.with_catalogue);
	assert_int_equal(answer[0], 0);
	assert_int_equal(answer[1], PROBE_OK);
	assert_int_equal(r->n_probes, 1);
	assert_int_equal(r->probes[0]->id, PROBE_ISCSI);
	assert_int_equal(r->probes[0]->state, PROBE_OK);
	assert_string_equal(r->probes[0]->why, "");
	lifeboat__report__free_unpacked(r, NULL);
}

static void
urgency_and_the_wish_for_a_catalogue_get_through(void **state)
{
	Lifeboat__Report *r;

	(void)state;
	tell.urgent = true;
	r = run(PROBE_SWEEP_CATALOGUE);
	assert_non_null(r);
	assert_true(tell.with_catalogue);
	assert_int_equal(answer[0], 1);
	lifeboat__report__free_unpacked(r, NULL);
}

static void
a_probe_that_cannot_start_is_failed_with_its_sentence(void **state)
{
	Lifeboat__Report *r;

	(void)state;
	tell.no_start = true;
	r = run(PROBE_SWEEP);
	assert_non_null(r);
	assert_int_equal(answer[1], PROBE_FAILED);
	assert_string_equal(r->probes[0]->why, "no bus to read from");
	assert_int_equal(tell.stopped, 0);
	lifeboat__report__free_unpacked(r, NULL);
}

static void
an_answer_that_no_frame_can_hold_is_a_failure(void **state)
{
	Lifeboat__Report *r;

	(void)state;
	tell.sensors = 1000;
	r = run(PROBE_SWEEP);
	assert_non_null(r);
	assert_int_equal(r->n_catalogues, 0);
	assert_int_equal(r->probes[0]->state, PROBE_FAILED);
	assert_string_equal(r->probes[0]->why, "answer too large");
	lifeboat__report__free_unpacked(r, NULL);
}

static void
a_reason_with_strange_bytes_stays_a_valid_message(void **state)
{
	Lifeboat__Report *r;

	(void)state;
	tell.state = PROBE_ABSENT;
	tell.why = "no \xff here";
	r = run(PROBE_SWEEP);
	assert_non_null(r);
	assert_int_equal(answer[1], PROBE_ABSENT);
	assert_non_null(strstr(r->probes[0]->why, "\\xff"));
	lifeboat__report__free_unpacked(r, NULL);
}

static void
an_unknown_order_ends_the_child(void **state)
{
	(void)state;
	assert_null(run('?'));
	assert_int_not_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sweep_is_answered_with_the_probes_state),
		TEST(urgency_and_the_wish_for_a_catalogue_get_through),
		TEST(a_probe_that_cannot_start_is_failed_with_its_sentence),
		TEST(an_answer_that_no_frame_can_hold_is_a_failure),
		TEST(a_reason_with_strange_bytes_stays_a_valid_message),
		TEST(an_unknown_order_ends_the_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
