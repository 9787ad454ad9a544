#include "tests/lib/core_state.h"
#include "tests/sim/world.h"
#include "tests/unit/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB    (INT64_C(1) << 20)
#define SECOND INT64_C(1000)

static struct core_state one, two;

static int
setup(void **state)
{
	struct world *w = world_new(3, (mono_t){ 0 });

	world_guest(w, 0, 1, (uint64_t)GIB);
	world_guest(w, 0, 2, (uint64_t)(6 * GIB));
	world_guest(w, 0, 3, (uint64_t)(3 * GIB));
	world_report(w);
	world_forget(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

static void
stop_fan(struct world *w, int host)
{
	w->host[host].reading[WORLD_FAN].value = 0;
	world_readings(w, host);
	world_readings(w, host);
	assert_int_equal(world_health(w, host), HEALTH_FAILING);
}

static void
a_failing_host_says_once_where_its_guests_would_go(void **state)
{
	struct world *w = *state;

	stop_fan(w, 0);
	assert_int_equal(world_count(w, ACTION_WOULD_MOVE), 3);
	assert_int_equal(world_said(w, ACTION_WOULD_MOVE)->why, WHY_FAN_STOPPED);
	world_run(w, 30 * SECOND);
	assert_int_equal(world_count(w, ACTION_WOULD_MOVE), 3);
	assert_int_equal(world_count(w, ACTION_PREPARE), 0);
}

static void
guests_are_not_all_planned_on_one_small_host(void **state)
{
	struct world *w = *state;
	int to[3] = { 0 };

	/* 8 GiB each: 6 and 1 fit together, 6 and 3 do not. */
	stop_fan(w, 0);
	for (int i = 0; i < w->n_log; i++) {
		if (w->log[i].kind == ACTION_WOULD_MOVE)
			to[w->log[i].guest.b[15] - 1] = w->log[i].to.i;
	}
	assert_int_not_equal(to[1], to[2]);
}

static void
a_guest_without_a_target_stays_and_says_how_many_refused(void **state)
{
	struct world *w = *state;
	const struct action *a;

	w->host[1].xen.free_kib = w->host[2].xen.free_kib = (uint64_t)GIB;
	world_report(w);
	stop_fan(w, 0);
	a = world_said(w, ACTION_STAYS);
	assert_non_null(a);
	assert_int_equal(a->why, WHY_NO_TARGET);
	assert_int_equal(a->refused[WHY_MEMORY - GATE_FIRST], 2);
	assert_int_equal(a->refused[WHY_SELF - GATE_FIRST], 1);
}

static void
nothing_is_decided_for_a_host_that_is_unknown(void **state)
{
	struct world *w = *state;

	w->event.term = 2;
	world_step(w, EVENT_RESTART, -1);
	world_step(w, EVENT_DRAIN, 0);
	world_ticks(w, mono_add(w->now, 60 * SECOND));
	assert_int_equal(world_count(w, ACTION_WOULD_MOVE), 0);
	assert_int_equal(world_count(w, ACTION_STAYS), 0);
}

static void
full_tables_refuse_with_a_reason(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < WORLD_HOSTS; i++) {
		(void)snprintf(w->event.host_name, NAME_SIZE, "more%d", i);
		world_step(w, EVENT_HOST, -1);
	}
	assert_int_equal(world_said(w, ACTION_REFUSED)->why, WHY_TOO_MANY_HOSTS);
	w->event.catalogue.n = MAX_SENSORS + 1;
	world_step(w, EVENT_CATALOGUE, 0);
	assert_int_equal(world_said(w, ACTION_REFUSED)->why, WHY_TOO_MANY_SENSORS);
	memset(&w->event.xen, 0, sizeof(w->event.xen));
	w->event.xen.n_guests = MAX_GUESTS + 1;
	world_step(w, EVENT_XEN, 0);
	assert_int_equal(world_said(w, ACTION_REFUSED)->why, WHY_TOO_MANY_GUESTS);
	world_step(w, EVENT_READINGS, 1000);
	assert_int_equal(w->out.n, 0);
}

static void
an_encoded_core_decodes_to_the_same(void **state)
{
	const struct core_limits limits = { WORLD_HOSTS, 16 }, fewer = { 4, 16 };
	struct world *w = *state;
	struct core *other, *small;

	stop_fan(w, 0);
	core_state_take(&one, w->core);
	assert_int_equal(core_new(&other, &limits), 0);
	assert_true(core_decode(other, one.data, one.len));
	core_state_take(&two, other);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	assert_int_equal(core_new(&small, &fewer), 0);
	assert_false(core_decode(small, one.data, one.len));
	for (size_t i = 0; i < one.len; i += 97) {
		one.data[i] ^= 0x10;
		assert_false(core_decode(other, one.data, one.len));
		one.data[i] ^= 0x10;
	}
	for (size_t len = 0; len < one.len; len += 101)
		assert_false(core_decode(other, one.data, len));
	assert_true(core_decode(other, one.data, one.len));
	core_free(small);
	core_free(other);
}

static void
limits_that_are_no_limits_are_refused(void **state)
{
	const struct core_limits bad[] = { { 0, 1 }, { 65537, 1 }, { 1, 0 },
		{ 1, 1025 } };
	struct core *core;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(core_new(&core, &bad[i]) < 0);
	assert_null(core_free(NULL));
}

static void
every_why_has_a_word_of_its_own_and_a_sentence(void **state)
{
	(void)state;
	for (int i = 0; i < WHYS; i++) {
		assert_int_equal(why_find(why_word((enum why)i)), i);
		assert_true(strlen(why_sentence((enum why)i)) > 8);
	}
	assert_int_equal(why_find("no-such-why"), WHYS);
	assert_string_equal(why_word(WHYS), "?");
}

static void
guests_are_found_by_name_and_by_uuid(void **state)
{
	struct world *w = *state;
	struct uuid u = world_uuid(2);
	char text[UUID_TEXT_SIZE];
	host_t host;
	int index;

	assert_true(core_guest(w->core, "g2", &host, &index));
	assert_int_equal(index, 1);
	uuid_format(text, &u);
	assert_true(core_guest(w->core, text, &host, &index));
	assert_int_equal(host.i, 0);
	assert_false(core_guest(w->core, "nobody", &host, &index));
	assert_int_equal(core_find_guest(w->core, &u, &host, 1), 1);
	assert_int_equal(core_find_host(w->core, "n2").i, 1);
	assert_int_equal(core_find_host(w->core, "n9").i, -1);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_failing_host_says_once_where_its_guests_would_go),
		CASE(guests_are_not_all_planned_on_one_small_host),
		CASE(a_guest_without_a_target_stays_and_says_how_many_refused),
		CASE(nothing_is_decided_for_a_host_that_is_unknown),
		CASE(full_tables_refuse_with_a_reason),
		CASE(an_encoded_core_decodes_to_the_same),
		CASE(limits_that_are_no_limits_are_refused),
		CASE(every_why_has_a_word_of_its_own_and_a_sentence),
		CASE(guests_are_found_by_name_and_by_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
