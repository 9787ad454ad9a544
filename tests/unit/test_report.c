#include <string.h>

#include "base/boot.h"
#include "base/wire.h"
#include "monitor/report.h"
#include "tests/unit/cmocka_all.h"

static const struct report_own own = {
	.boot_id = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } },
	.uptime_ms = 77000,
};

struct emitted {
	size_t n;
	size_t len[PROBES];
	uint8_t body[PROBES][FRAME_BODY_MAX];
};

static void
keep(void *ctx, const uint8_t *body, size_t len)
{
	struct emitted *e = ctx;

	assert_true(e->n < PROBES && len <= FRAME_BODY_MAX);
	memcpy(e->body[e->n], body, len);
	e->len[e->n++] = len;
}

static uint8_t buf[FRAME_BODY_MAX];
static struct emitted out;

static void
parts_join_into_one_report_with_the_hosts_own_fields(void **state)
{
	uint8_t sensors[REPORT_SAID_MAX], xen[REPORT_SAID_MAX];
	struct report_parts parts = {
		.part = {
			{ sensors, report_say(sensors, PROBE_SENSORS, PROBE_HUNG, "no answer") },
			{ xen, report_say(xen, PROBE_XEN, PROBE_FAILED, "died by signal 11") },
		},
		.n = 2,
	};
	struct wire_arena arena;
	Lifeboat__Report *r;
	const char *what;

	(void)state;
	out.n = 0;
	assert_int_equal(wire_arena_init(&arena), 0);
	assert_int_equal(report_join(&own, &parts, buf, keep, &out), 1);
	assert_int_equal(
	    wire_report(&r, &arena, out.body[0], out.len[0], &what), FRAME_OK);
	assert_memory_equal(r->boot_id.data, own.boot_id.b, 16);
	assert_int_equal(r->uptime_ms, 77000);
	assert_int_equal(r->n_probes, 2);
	assert_int_equal(r->probes[0]->state, PROBE_HUNG);
	assert_int_equal(r->probes[1]->id, PROBE_XEN);
	assert_string_equal(r->probes[1]->why, "died by signal 11");
	wire_arena_deinit(&arena);
}

static void
a_report_that_is_too_long_is_split_by_probe(void **state)
{
	static uint8_t big[40000];
	struct report_parts parts = {
		.part = { { big, sizeof(big) }, { big, sizeof(big) } },
		.n = 2,
	};

	(void)state;
	out.n = 0;
	assert_int_equal(report_join(&own, &parts, buf, keep, &out), 2);
	assert_int_equal(out.n, 2);
	assert_int_equal(out.len[0], out.len[1]);
	assert_true(out.len[0] > sizeof(big));
	assert_memory_equal(out.body[0], out.body[1], out.len[0]);
}

static void
a_part_that_no_report_can_hold_is_left_out(void **state)
{
	static uint8_t big[FRAME_BODY_MAX];
	uint8_t small[REPORT_SAID_MAX];
	struct report_parts parts = {
		.part = { { big, sizeof(big) },
		    { small, report_say(small, PROBE_FILE, PROBE_ABSENT, "none") } },
		.n = 2,
	};

	(void)state;
	out.n = 0;
	assert_int_equal(report_join(&own, &parts, buf, keep, &out), 1);
	assert_int_equal(out.n, 1);
	assert_true(out.len[0] < 200);
}

static void
this_machine_has_a_boot_id_and_an_uptime(void **state)
{
	struct uuid id;

	(void)state;
	assert_int_equal(boot_id_read(&id), 0);
	assert_false(uuid_is_nil(&id));
	assert_true(report_uptime_ms() > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_join_into_one_report_with_the_hosts_own_fields),
		cmocka_unit_test(a_report_that_is_too_long_is_split_by_probe),
		cmocka_unit_test(a_part_that_no_report_can_hold_is_left_out),
		cmocka_unit_test(this_machine_has_a_boot_id_and_an_uptime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
