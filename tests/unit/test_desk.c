#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "policy/core/core.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/engine_rig.h"

static void
a_prepare_carries_the_sources_own_words(void **state)
{
	struct rig *r = *state;
	const Lifeboat__Order *o;

	rig_prepare(r);
	o = r->host[1].reply->orders[0];
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
	assert_memory_equal(o->carrier_key.data, r->host[0].carrier_key, WIRE_KEY);
	assert_int_equal(r->host[1].reply->ask_in_ms, 100);
}

static enum health
health_of_n1(struct rig *r)
{
	struct host_view v;

	assert_true(core_host(r->engine->core, (host_t){ 0 }, &v));
	return v.health;
}

static void
a_source_asks_soon_before_the_rule_fires(void **state)
{
	struct rig *r = *state;
	struct err err;

	assert_int_equal(engine_mode(r->engine, MODE_ACT, r->now, &err), 0);
	rig_run(r, 1000);
	assert_int_equal(r->host[0].reply->ask_in_ms, 0);
	r->host[0].temp = r->host[2].temp = 62000;
	rig_run(r, 1000);
	assert_int_equal(health_of_n1(r), HEALTH_SOUND);
	assert_int_equal(r->host[0].reply->ask_in_ms, 250);
	assert_int_equal(r->host[2].reply->ask_in_ms, 0); /* no guest there */
	r->host[0].temp = 45000;
	rig_run(r, 3000);
	assert_int_equal(health_of_n1(r), HEALTH_SOUND);
	assert_int_equal(r->host[0].reply->ask_in_ms, 0);
}

static void
an_order_is_told_until_its_actuator_shows_it(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *s;

	s = rig_prepare(r);
	r->host[1].n_states = 0;
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_orders, 1);
	r->host[1].states[0] = s;
	r->host[1].n_states = 1;
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_orders, 0);
}

static void
a_move_names_the_berth_and_ends_when_both_lists_show_it(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared, *moving;
	const Lifeboat__Order *o;

	prepared = rig_prepare(r);
	moving = rig_move(r, prepared);
	o = r->host[0].reply->orders[0];
	assert_int_equal(o->kind, ORDER_MOVE);
	assert_string_equal(o->host, "n2");
	assert_string_equal(o->berth->address, "192.0.2.2");
	assert_int_equal(o->berth->port, 7900);
	assert_int_equal(o->prepare->number, prepared->id->number);

	moving->phase = PHASE_COPYING;
	moving->bytes = 1 << 20;
	rig_run(r, 70000);
	assert_int_equal(core_orders(r->engine->core), 1);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"phase\":\"copying\"");

	moving->n_entered_ms = PHASES;
	moving->entered_ms = calloc(PHASES, sizeof(uint64_t));
	moving->entered_ms[PHASE_COPYING] = 101;
	moving->entered_ms[PHASE_READY] = 7501;
	moving->entered_ms[PHASE_STARTED] = 7681;
	moving->outcome = OUTCOME_MOVED;
	prepared->outcome = OUTCOME_MOVED;
	r->host[0].guest = false;
	r->host[1].guest = true;
	rig_run(r, 2000);
	assert_int_equal(core_orders(r->engine->core), 0);
	assert_int_equal(r->engine->book.n, 0);
	assert_int_equal(r->host[0].reply->n_acknowledged, 1);
	assert_int_equal(r->host[1].reply->n_acknowledged, 1);
	rig_door_says(r, "{\"op\":\"orders\",\"which\":\"all\"}",
	    "\"bytes\":1048576,\"copy_ms\":7400,");
	rig_door_says(r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"pause_ms\":180");
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->ask_in_ms, 0);
}

static void
a_refused_prepare_goes_to_the_next_host_with_its_sentence_kept(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *s;

	s = rig_prepare(r);
	s->outcome = OUTCOME_REFUSED;
	s->why = strdup("memory");
	s->detail = strdup("1.0 GiB needed, 0.5 GiB free");
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_acknowledged, 1);
	rig_ask(r, 2);
	assert_int_equal(r->host[2].reply->n_orders, 1);
	rig_door_says(r, "{\"op\":\"orders\",\"which\":\"all\"}", "0.5 GiB free");
	rig_door_says(r, "{\"op\":\"why\",\"name\":\"web\"}", "0.5 GiB free");
}

static void
an_order_that_was_never_taken_is_known_to_be_nowhere(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *s;

	s = rig_prepare(r);
	rig_move(r, s);
	/* n1's actuator asks on, and shows nothing. */
	rig_drop(r, 0);
	r->host[1].states[0]->phase = PHASE_BERTHED;
	rig_run(r, 9000);
	assert_int_equal(core_orders(r->engine->core), 1);
	assert_int_equal(r->host[0].reply->n_orders, 1);
	rig_run(r, 13000);
	assert_int_equal(r->host[0].reply->n_orders, 0);
	assert_int_equal(core_orders(r->engine->core), 1); /* to n3 meanwhile */
	assert_int_equal(r->host[1].reply->n_cancelled, 1);
	rig_door_says(r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"late\"");
}

static void
an_order_that_is_forgotten_was_on_another_boot_and_holds(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *moving;

	moving = rig_move(r, rig_prepare(r));
	moving->phase = PHASE_COPYING;
	rig_ask(r, 0);
	rig_drop(r, 0);
	rig_ask(r, 0);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
	rig_door_says(r, "{\"op\":\"hosts\"}", "\"held\":true");
	assert_int_equal(r->host[0].reply->n_orders, 0);
}

static void
another_content_under_our_id_is_stopped_and_holds(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *moving;

	moving = rig_move(r, rig_prepare(r));
	moving->hash.data[0] ^= 1;
	moving->outcome = OUTCOME_MOVED;
	rig_ask(r, 0);
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_cancelled, 1);
	assert_int_equal(r->host[0].reply->n_acknowledged, 0);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
}

static void
a_later_term_is_left_behind(void **state)
{
	struct rig *r = *state;

	r->host[2].term = 40;
	rig_ask(r, 2);
	assert_int_equal(store_term(r->engine->store), 41);
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->term, 41);
	r->host[2].term = UINT64_MAX;
	rig_ask(r, 2);
	assert_int_equal(store_term(r->engine->store), 41);
	r->host[2].term = 41;
	rig_run(r, 3000);
	assert_int_equal(rig_prepare(r)->id->term, 41);
}

static void
a_move_goes_on_over_a_restart(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared, *moving;

	prepared = rig_prepare(r);
	moving = rig_move(r, prepared);
	moving->phase = PHASE_COPYING;
	rig_run(r, 1000);
	rig_restart(r);
	assert_int_equal(core_mode(r->engine->core), MODE_ACT);
	assert_int_equal(core_orders(r->engine->core), 1);
	rig_run(r, 70000);
	assert_int_equal(core_orders(r->engine->core), 1);
	assert_int_equal(r->host[1].reply->n_cancelled, 0);
	moving->outcome = prepared->outcome = OUTCOME_MOVED;
	rig_run(r, 1000);
	assert_int_equal(r->host[0].reply->n_acknowledged, 1);
	/* Acknowledged, forgotten, and the engine dies before it is proven. */
	rig_drop(r, 0);
	rig_drop(r, 1);
	rig_restart(r);
	r->host[0].guest = false;
	r->host[1].guest = true;
	rig_run(r, 4000);
	assert_int_equal(core_orders(r->engine->core), 0);
	assert_int_equal(r->engine->book.n, 0);
	rig_door_says(
	    r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"proven\"");
}

static void
a_prepare_that_ends_with_the_engine_has_stayed(void **state)
{
	struct rig *r = *state;

	rig_prepare(r);
	rig_restart(r);
	rig_door_says(
	    r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"outcome\":\"stayed\"");
	rig_run(r, 1000);
	assert_int_equal(r->host[1].reply->n_cancelled, 1);
}

static void
a_move_that_hangs_in_its_tail_is_held_although_its_actuator_lives(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared, *moving;

	prepared = rig_prepare(r);
	moving = rig_move(r, prepared);
	r->host[0].state = GUEST_SUSPENDED;
	for (int phase = PHASE_COPYING; phase <= PHASE_GO; phase++) {
		moving->phase = (uint32_t)phase;
		rig_run(r, 50000);
		rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":false");
	}
	rig_run(r, 15000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
	/* It was only slow. */
	moving->phase = PHASE_PROVING;
	moving->outcome = prepared->outcome = OUTCOME_MOVED;
	r->host[0].guest = false;
	r->host[1].guest = true;
	rig_run(r, 4000);
	assert_int_equal(core_orders(r->engine->core), 0);
	rig_door_says(
	    r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"proven\"");
}

/* Its mover hangs or cannot start, and the actuator shows the order all the same. */
static void
a_move_that_gets_no_further_is_held_although_its_actuator_lives(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *moving;

	moving = rig_move(r, rig_prepare(r));
	moving->phase = PHASE_COPYING;
	for (int i = 0; i < 5; i++) {
		moving->bytes += 1 << 20;
		rig_run(r, 150000);
		rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":false");
	}
	/* It has given up, and waits for xl to end. */
	moving->why = strdup("stalled");
	rig_run(r, 150000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":false");
	r->host[1].guest = true;
	r->host[1].state = GUEST_PAUSED;
	rig_run(r, 35000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
}

static void
a_move_that_never_starts_is_held_although_its_actuator_lives(void **state)
{
	struct rig *r = *state;

	rig_move(r, rig_prepare(r));
	rig_run(r, 170000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":false");
	r->host[1].guest = true;
	r->host[1].state = GUEST_PAUSED;
	rig_run(r, 15000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
}

static void
a_move_is_cancelled_until_its_point_of_no_return(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *moving;

	moving = rig_move(r, rig_prepare(r));
	moving->phase = PHASE_RELEASED;
	rig_run(r, 1000);
	rig_door_says(r, "{\"op\":\"cancel\",\"order\":\"1.1\"}", "point of no return");
	moving->phase = PHASE_COPYING;
	rig_run(r, 1000);
	assert_int_equal(r->host[0].reply->n_cancelled, 0);
	rig_door_says(r, "{\"op\":\"cancel\",\"order\":\"1.1\"}", "being cancelled");
	rig_run(r, 1000);
	assert_int_equal(r->host[0].reply->n_cancelled, 1);
	assert_int_equal(r->host[1].reply->n_cancelled, 1);
	moving->outcome = r->host[1].states[0]->outcome = OUTCOME_STAYED;
	rig_run(r, 1000);
	assert_int_equal(core_orders(r->engine->core), 0);
	assert_int_equal(r->engine->book.n, 0);
	rig_door_says(
	    r, "{\"op\":\"cancel\",\"order\":\"1.1\"}", "no such order is open");
	rig_door_says(r, "{\"op\":\"cancel\",\"order\":\"1\"}", "TERM.NUMBER");
}

static void
a_move_that_no_reply_carried_is_cancelled_at_once(void **state)
{
	struct rig *r = *state;

	rig_open_berth(rig_prepare(r));
	rig_ask(r, 1);
	rig_door_says(r, "{\"op\":\"cancel\",\"order\":\"1.2\"}", "being cancelled");
	assert_int_equal(core_orders(r->engine->core), 0);
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_orders, 0);
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_cancelled, 1);
	rig_door_says(
	    r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"operator\"");
}

/* Who may still say something is not known then: what the target finds is taken in. */
static void
a_restart_while_the_targets_word_is_awaited_ends_the_order_and_the_berth(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared;

	prepared = rig_prepare(r);
	rig_move(r, prepared)->outcome = OUTCOME_STAYED;
	rig_ask(r, 0);
	assert_int_equal(core_orders(r->engine->core), 1);
	rig_drop(r, 0);
	rig_restart(r);
	assert_int_equal(core_orders(r->engine->core), 0);
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_cancelled, 1);
	prepared->outcome = OUTCOME_HELD;
	prepared->why = strdup("leftover");
	rig_ask(r, 1);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
}

/* What is not in the store is not given: linked with --wrap, it may not be had. */
static bool store_is_full;
int __real_store_add_order(struct store *s, const struct store_order *o, struct err *err);
int __wrap_store_add_order(struct store *s, const struct store_order *o, struct err *err);

int
__wrap_store_add_order(struct store *s, const struct store_order *o, struct err *err)
{
	if (store_is_full)
		return err_set(err, -ENOSPC, "the store is full");
	return __real_store_add_order(s, o, err);
}

static void
a_move_that_cannot_be_stored_ends_with_its_prepare(void **state)
{
	struct rig *r = *state;

	rig_open_berth(rig_prepare(r));
	store_is_full = true;
	rig_ask(r, 1);
	rig_run(r, 1000);
	store_is_full = false;
	rig_door_says(
	    r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"not-given\"");
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_cancelled, 1);
}

static void
act_needs_an_actuator_and_its_silence_is_noticed(void **state)
{
	struct rig *r = *state;
	struct err err;

	rig_door_says(r, "{\"op\":\"hosts\"}", "\"actuator\":true");
	r->now = mono_add(r->now, 11000);
	engine_sweep(r->engine, r->now);
	rig_door_says(r, "{\"op\":\"hosts\"}", "\"actuator\":false");
	rig_door_says(
	    r, "{\"op\":\"mode\",\"set\":\"act\"}", "no host has a connected actuator");
	rig_ask(r, 0);
	rig_door_says(r, "{\"op\":\"mode\",\"set\":\"advise\"}", "\"mode\":\"advise\"");
	rig_run(r, 2000);
	assert_int_equal(engine_drain(r->engine, (host_t){ 0 }, true, r->now, &err), 0);
	assert_int_equal(core_orders(r->engine->core), 0);
	rig_door_says(r, "{\"op\":\"approve\",\"guest\":\"web\"}", "may go: order 1.1");
	assert_int_equal(core_orders(r->engine->core), 1);
}

/* Fails the test unless the engine logs that while the actuator asks. */
static void
asking_logs(struct rig *r, int host, const char *part)
{
	rig_log_begin();
	rig_ask(r, host);
	assert_non_null(strstr(rig_log_end(), part));
}

static void
the_line_of_a_refusal_has_the_hosts_own_why(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *s;

	s = rig_prepare(r);
	s->outcome = OUTCOME_REFUSED;
	s->why = strdup("no-file");
	asking_logs(r, 1,
	    "<5>order-outcome guest=web from=n1 to=n2 order=1.1 outcome=refused "
	    "why=no-file\n");
}

static void
the_line_of_an_end_has_the_hosts_own_why(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared, *moving;

	prepared = rig_prepare(r);
	moving = rig_move(r, prepared);
	moving->outcome = OUTCOME_STAYED;
	moving->why = strdup("stalled");
	rig_ask(r, 0);
	prepared->outcome = OUTCOME_STAYED;
	prepared->why = strdup("aborted");
	asking_logs(r, 1,
	    "<5>order-outcome guest=web from=n1 to=n2 order=1.2 outcome=stayed "
	    "why=stalled\n");
}

static void
a_guest_is_asked_about_with_and_without_a_host(void **state)
{
	struct rig *r = *state;

	rig_door_says(r, "{\"op\":\"why-not\",\"guest\":\"web\"}", "\"gate\":\"self\"");
	rig_door_says(r, "{\"op\":\"why-not\",\"guest\":\"web\",\"host\":\"n2\"}",
	    "\"from\":\"n1\",\"guest\":\"web\",\"ok\":true,\"place\":[{");
	rig_door_says(r, "{\"op\":\"why-not\",\"guest\":\"web\",\"host\":\"n9\"}",
	    "no host of that name");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_prepare_carries_the_sources_own_words),
		CASE(a_source_asks_soon_before_the_rule_fires),
		CASE(an_order_is_told_until_its_actuator_shows_it),
		CASE(a_move_names_the_berth_and_ends_when_both_lists_show_it),
		CASE(a_refused_prepare_goes_to_the_next_host_with_its_sentence_kept),
		CASE(an_order_that_was_never_taken_is_known_to_be_nowhere),
		CASE(an_order_that_is_forgotten_was_on_another_boot_and_holds),
		CASE(another_content_under_our_id_is_stopped_and_holds),
		CASE(a_later_term_is_left_behind),
		CASE(a_move_goes_on_over_a_restart),
		CASE(a_prepare_that_ends_with_the_engine_has_stayed),
		CASE(a_move_that_hangs_in_its_tail_is_held_although_its_actuator_lives),
		CASE(a_move_that_gets_no_further_is_held_although_its_actuator_lives),
		CASE(a_move_that_never_starts_is_held_although_its_actuator_lives),
		CASE(a_move_is_cancelled_until_its_point_of_no_return),
		CASE(a_move_that_no_reply_carried_is_cancelled_at_once),
		CASE(
		    a_restart_while_the_targets_word_is_awaited_ends_the_order_and_the_berth),
		CASE(a_move_that_cannot_be_stored_ends_with_its_prepare),
		CASE(act_needs_an_actuator_and_its_silence_is_noticed),
		CASE(the_line_of_a_refusal_has_the_hosts_own_why),
		CASE(the_line_of_an_end_has_the_hosts_own_why),
		CASE(a_guest_is_asked_about_with_and_without_a_host),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
