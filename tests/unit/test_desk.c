#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "policy/core/core.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/engine_rig.h"

static struct rig r;

static int
setup(void **state)
{
	(void)state;
	rig_init(&r);
	rig_run(&r, 3000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	rig_deinit(&r);
	return 0;
}

static void
door_says(const char *request, const char *part)
{
	char *text = rig_door(&r, request);

	if (!strstr(text, part))
		fail_msg("%s: %s is not in %s", request, part, text);
	free(text);
}

/* n1 is drained in act: the prepare is with n2's actuator. */
static Lifeboat__OrderState *
prepare(void)
{
	struct err err;

	assert_int_equal(engine_mode(r.engine, MODE_ACT, r.now, &err), 0);
	assert_int_equal(engine_drain(r.engine, (host_t){ 0 }, true, r.now, &err), 0);
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_orders, 1);
	return rig_take(&r, 1, r.host[1].reply->orders[0]);
}

static void
open_berth(Lifeboat__OrderState *s)
{
	Lifeboat__Berth *b = malloc(sizeof(*b));

	lifeboat__berth__init(b);
	b->address = strdup("192.0.2.2");
	b->port = 7900;
	b->key.data = malloc(WIRE_KEY);
	memset(b->key.data, 9, WIRE_KEY);
	b->key.len = WIRE_KEY;
	s->berth = b;
	s->outcome = OUTCOME_READY;
	s->phase = PHASE_BERTHED;
}

/* n1's actuator has the move. */
static Lifeboat__OrderState *
move(Lifeboat__OrderState *prepared)
{
	open_berth(prepared);
	rig_ask(&r, 1);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_orders, 1);
	return rig_take(&r, 0, r.host[0].reply->orders[0]);
}

static void
a_prepare_carries_the_sources_own_words(void **state)
{
	const Lifeboat__Order *o;

	(void)state;
	prepare();
	o = r.host[1].reply->orders[0];
	assert_int_equal(o->kind, ORDER_PREPARE);
	assert_string_equal(o->host, "n1");
	assert_string_equal(o->guest->name, "web");
	assert_int_equal(o->guest->domid, 3);
	assert_int_equal(o->n_disks, 1);
	assert_string_equal(o->disks[0]->identity, "lun1");
	assert_int_equal(o->disks[0]->size_kib, 4096);
	assert_int_equal(o->source->minor, 17);
	assert_int_equal(o->source->n_guests, 0);
	assert_int_equal(o->source->n_bridges, 0);
	assert_memory_equal(o->carrier_key.data, r.host[0].carrier_key, WIRE_KEY);
	assert_int_equal(r.host[1].reply->ask_in_ms, 100);
}

static void
an_order_is_told_until_its_actuator_shows_it(void **state)
{
	Lifeboat__OrderState *s;

	(void)state;
	s = prepare();
	r.host[1].n_states = 0;
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_orders, 1);
	r.host[1].states[0] = s;
	r.host[1].n_states = 1;
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_orders, 0);
}

static void
a_move_names_the_berth_and_ends_when_both_lists_show_it(void **state)
{
	Lifeboat__OrderState *prepared, *moving;
	const Lifeboat__Order *o;

	(void)state;
	prepared = prepare();
	moving = move(prepared);
	o = r.host[0].reply->orders[0];
	assert_int_equal(o->kind, ORDER_MOVE);
	assert_string_equal(o->host, "n2");
	assert_string_equal(o->berth->address, "192.0.2.2");
	assert_int_equal(o->berth->port, 7900);
	assert_int_equal(o->prepare->number, prepared->id->number);

	moving->phase = PHASE_COPYING;
	moving->bytes = 1 << 20;
	rig_run(&r, 70000);
	assert_int_equal(core_orders(r.engine->core), 1);
	door_says("{\"op\":\"orders\"}", "\"phase\":\"copying\"");

	moving->outcome = OUTCOME_MOVED;
	prepared->outcome = OUTCOME_MOVED;
	r.host[0].guest = false;
	r.host[1].guest = true;
	rig_run(&r, 2000);
	assert_int_equal(core_orders(r.engine->core), 0);
	assert_int_equal(r.engine->book.n, 0);
	assert_int_equal(r.host[0].reply->n_acknowledged, 1);
	assert_int_equal(r.host[1].reply->n_acknowledged, 1);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->ask_in_ms, 0);
}

static void
a_refused_prepare_goes_to_the_next_host_with_its_sentence_kept(void **state)
{
	Lifeboat__OrderState *s;

	(void)state;
	s = prepare();
	s->outcome = OUTCOME_REFUSED;
	s->why = strdup("memory");
	s->detail = strdup("1.0 GiB needed, 0.5 GiB free");
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_acknowledged, 1);
	rig_ask(&r, 2);
	assert_int_equal(r.host[2].reply->n_orders, 1);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "0.5 GiB free");
	door_says("{\"op\":\"why\",\"name\":\"web\"}", "0.5 GiB free");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_prepare_carries_the_sources_own_words),
		CASE(an_order_is_told_until_its_actuator_shows_it),
		CASE(a_move_names_the_berth_and_ends_when_both_lists_show_it),
		CASE(a_refused_prepare_goes_to_the_next_host_with_its_sentence_kept),
	};

	if (seal_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
