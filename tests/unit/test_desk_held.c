#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "policy/core/core.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/engine_rig.h"

static void
a_hold_survives_a_restart_and_an_operator_settles_it(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *moving;

	moving = rig_move(r, rig_prepare(r));
	moving->outcome = OUTCOME_UNDEFINED;
	r->host[0].guest = false;
	rig_run(r, 2000);
	assert_int_equal(r->host[0].reply->n_acknowledged, 0);
	rig_restart(r);
	rig_run(r, 5000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"held\":true");
	rig_door_says(r, "{\"op\":\"settle\",\"order\":\"1.2\",\"runs_on\":\"n3\"}",
	    "its hosts are n1 and n2");
	rig_door_says(r, "{\"op\":\"cancel\",\"order\":\"1.2\"}", "only be settled");
	rig_door_says(
	    r, "{\"op\":\"settle\",\"order\":\"1.2\",\"runs_on\":\"n2\"}", "is settled");
	rig_run(r, 1000);
	assert_int_equal(r->host[0].reply->n_acknowledged, 1);
	rig_door_says(r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"by\":\"olga\"");
	assert_int_equal(core_orders(r->engine->core), 0);
}

static int
told_unwatched(struct rig *r)
{
	const struct history_entry *h;
	int n = 0;

	for (int i = 0; (h = history_find(r->engine->history, i, HOST_NONE, NULL)); i++)
		n += strstr(h->text, "web is unwatched on n1: no xl waits") != NULL;
	return n;
}

/* The source's xl is dead, and the guest was brought back without it. */
static void
leave_unwatched(struct rig *r)
{
	Lifeboat__OrderState *moving = rig_move(r, rig_prepare(r));
	struct err err;

	rig_door_says(r, "{\"op\":\"guests\"}", "\"unwatched\":false");
	moving->phase = PHASE_PROVING;
	moving->outcome = r->host[1].states[0]->outcome = OUTCOME_STAYED;
	moving->unwatched = 3;
	assert_int_equal(engine_drain(r->engine, (host_t){ 0 }, false, r->now, &err), 0);
	rig_run(r, 2000);
	rig_door_says(r, "{\"op\":\"guests\"}", "\"unwatched\":true");
	rig_door_says(r, "{\"op\":\"why\",\"name\":\"web\"}", "\"unwatched\":true");
	rig_door_says(r, "{\"op\":\"status\"}", "\"unwatched\":1");
	assert_int_equal(told_unwatched(r), 1);
	rig_drop(r, 0);
	rig_drop(r, 1);
}

static void
a_guest_that_no_xl_watches_is_told_of_once_and_known_until_it_is_started_anew(
    void **state)
{
	struct rig *r = *state;

	leave_unwatched(r);
	rig_restart(r);
	rig_run(r, 2 * UNWATCHED_REPORT_MS);
	rig_door_says(r, "{\"op\":\"guests\"}", "\"unwatched\":true");
	assert_int_equal(told_unwatched(r), 0);
	r->host[0].domid = 9;
	rig_run(r, 2000);
	rig_door_says(r, "{\"op\":\"guests\"}", "\"unwatched\":false");
	rig_door_says(r, "{\"op\":\"status\"}", "\"unwatched\":0");
	/* In the store as well. */
	r->host[0].domid = 3;
	rig_restart(r);
	rig_run(r, 2000);
	rig_door_says(r, "{\"op\":\"guests\"}", "\"unwatched\":false");
}

static void
that_no_xl_watches_a_guest_is_not_so_after_a_reboot_of_its_host(void **state)
{
	struct rig *r = *state;
	static const struct uuid boot = { { 8 } };
	struct rig_host *h = &r->host[0];

	leave_unwatched(r);
	exchange_deinit(&h->actuator);
	assert_int_equal(exchange_init(&h->actuator, ROLE_ACTUATOR, &h->pair,
			     r->pair.public_key, &boot),
	    0);
	rig_run(r, 2000);
	rig_door_says(r, "{\"op\":\"guests\"}", "\"unwatched\":false");
	rig_door_says(r, "{\"op\":\"status\"}", "\"unwatched\":0");
}

static void
what_an_actuator_repeats_of_an_unwatched_guest_is_no_second_alert(void **state)
{
	struct rig *r = *state;
	struct book_order o = { .host = { 0 },
		.row = { .host = "n1", .name = "web", .id = { 1, 2 } } };

	unwatched_take(r->engine, &o, 3, r->now);
	unwatched_take(r->engine, &o, 3, r->now);
	assert_int_equal(told_unwatched(r), 1);
	unwatched_take(r->engine, &o, 4, r->now);
	assert_int_equal(told_unwatched(r), 2);
	assert_int_equal(r->engine->unwatched.n, 1);
	/* Before the next report, or without the guest in it: not for long. */
	rig_run(r, UNWATCHED_REPORT_MS - 1000);
	assert_int_equal(r->engine->unwatched.n, 1);
	rig_run(r, 2000);
	assert_int_equal(r->engine->unwatched.n, 0);
	for (int i = 0; i <= UNWATCHED_MAX; i++) {
		memcpy(o.row.guest.b, &i, sizeof(i));
		unwatched_take(r->engine, &o, 3, r->now);
	}
	assert_int_equal(told_unwatched(r), 2 + UNWATCHED_MAX + 1);
	assert_int_equal(r->engine->unwatched.n, UNWATCHED_MAX);
}

/* The source had it back already when the target found its half. */
static void
a_leftover_after_the_end_is_held_again_and_cleaned(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared, *moving;

	prepared = rig_prepare(r);
	moving = rig_move(r, prepared);
	moving->outcome = OUTCOME_STAYED;
	rig_ask(r, 0);
	rig_drop(r, 0);
	engine_drain(r->engine, (host_t){ 0 }, false, r->now, &(struct err){ "" });
	rig_run(r, 11000);
	assert_int_equal(core_orders(r->engine->core), 0);

	prepared->outcome = OUTCOME_HELD;
	prepared->why = strdup("leftover");
	r->host[1].guest = true;
	r->host[1].state = GUEST_PAUSED;
	rig_run(r, 2000);
	rig_door_says(r, "{\"op\":\"hosts\"}", "\"held\":true");
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_orders, 1);
	assert_int_equal(r->host[1].reply->orders[0]->kind, ORDER_CLEAN);
	assert_string_equal(r->host[1].reply->orders[0]->host, "n1");
	assert_int_equal(
	    r->host[1].reply->orders[0]->prepare->number, prepared->id->number);
	rig_drop(r, 1);
	rig_take(r, 1, r->host[1].reply->orders[0])->outcome = OUTCOME_ENDED;
	r->host[1].guest = false;
	rig_run(r, 3000);
	assert_int_equal(core_orders(r->engine->core), 0);
	rig_door_says(r, "{\"op\":\"hosts\"}", "\"held\":false");
}

static void
a_resume_that_was_refused_is_given_again_also_over_a_restart(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared, *moving, *resumed;

	prepared = rig_prepare(r);
	moving = rig_move(r, prepared);
	r->host[0].state = GUEST_SUSPENDED;
	moving->outcome = OUTCOME_STAYED_SUSPENDED;
	prepared->outcome = OUTCOME_STAYED;
	rig_run(r, 3000);
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_orders, 1);
	assert_int_equal(r->host[0].reply->orders[0]->kind, ORDER_RESUME);
	resumed = rig_take(r, 0, r->host[0].reply->orders[0]);
	resumed->outcome = OUTCOME_REFUSED;
	rig_run(r, 500000);
	assert_int_equal(r->host[0].reply->n_orders, 0);
	rig_drop(r, 0);
	rig_drop(r, 1);
	rig_restart(r);
	rig_run(r, 590000);
	assert_int_equal(r->host[0].reply->n_orders, 0);
	rig_run(r, 15000);
	assert_int_equal(r->host[0].reply->n_orders, 1);
	assert_int_equal(r->host[0].reply->orders[0]->kind, ORDER_RESUME);
	resumed = rig_take(r, 0, r->host[0].reply->orders[0]);
	resumed->outcome = OUTCOME_UNDEFINED;
	rig_run(r, 590000);
	assert_int_equal(r->host[0].reply->n_acknowledged, 1);
	rig_drop(r, 0);
	rig_run(r, 20000);
	resumed = rig_take(r, 0, r->host[0].reply->orders[0]);
	resumed->outcome = OUTCOME_STAYED;
	r->host[0].state = GUEST_RUNNING;
	engine_drain(r->engine, (host_t){ 0 }, false, r->now, &(struct err){ "" });
	rig_run(r, 4000);
	assert_int_equal(core_orders(r->engine->core), 0);
	assert_int_equal(r->engine->book.n, 0);
}

/* The source has the guest suspended and a resume that its xl is slow to carry out. */
static Lifeboat__OrderState *
resume(struct rig *r)
{
	Lifeboat__OrderState *prepared = rig_prepare(r), *moving = rig_move(r, prepared);

	r->host[0].state = GUEST_SUSPENDED;
	moving->outcome = OUTCOME_STAYED_SUSPENDED;
	prepared->outcome = OUTCOME_STAYED;
	rig_run(r, 3000);
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_orders, 1);
	assert_int_equal(r->host[0].reply->orders[0]->kind, ORDER_RESUME);
	rig_drop(r, 0);
	return rig_take(r, 0, r->host[0].reply->orders[0]);
}

/* It must not come back beside the one that was started anew, however late. */
static void
a_resume_is_stopped_when_an_operator_settles_it_elsewhere_also_over_a_restart(
    void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *resumed;

	resumed = resume(r);
	rig_run(r, 2000);
	assert_int_equal(r->host[0].reply->n_cancelled, 0);
	r->host[1].guest = true;
	rig_door_says(
	    r, "{\"op\":\"settle\",\"order\":\"1.2\",\"runs_on\":\"n2\"}", "is settled");
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_cancelled, 1);
	assert_int_equal(r->host[0].reply->cancelled[0]->number, resumed->id->number);
	rig_restart(r);
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_cancelled, 1);
	assert_int_equal(r->host[0].reply->cancelled[0]->number, resumed->id->number);
	resumed->outcome = OUTCOME_STAYED_SUSPENDED;
	resumed->why = strdup("cancelled");
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_cancelled, 0);
	assert_int_equal(r->engine->book.n, 0);
}

static void
a_resume_that_ended_undefined_has_said_its_last_word_also_over_a_restart(void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *resumed;

	resumed = resume(r);
	resumed->outcome = OUTCOME_UNDEFINED;
	resumed->why = strdup("no-list");
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_acknowledged, 1);
	rig_drop(r, 0);
	rig_restart(r);
	rig_run(r, 2000);
	rig_door_says(r, "{\"op\":\"orders\"}", "\"said_why\":\"no-list\"");
}

/* It was cut off, and the source's word had to do. */
static void
a_guest_that_runs_at_the_target_after_the_end_is_held_until_both_lists_show_it(
    void **state)
{
	struct rig *r = *state;
	Lifeboat__OrderState *prepared;

	prepared = rig_prepare(r);
	rig_move(r, prepared)->outcome = OUTCOME_STAYED;
	rig_ask(r, 0);
	rig_drop(r, 0);
	engine_drain(r->engine, (host_t){ 0 }, false, r->now, &(struct err){ "" });
	rig_run(r, 11000);
	assert_int_equal(core_orders(r->engine->core), 0);

	prepared->outcome = OUTCOME_MOVED;
	rig_ask(r, 1);
	rig_door_says(r, "{\"op\":\"hosts\"}", "\"held\":true");
	r->host[0].guest = false;
	r->host[1].guest = true;
	rig_run(r, 3000);
	assert_int_equal(core_orders(r->engine->core), 0);
	assert_int_equal(r->engine->book.n, 0);
	rig_door_says(
	    r, "{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"proven\"");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_hold_survives_a_restart_and_an_operator_settles_it),
		CASE(
		    a_guest_that_no_xl_watches_is_told_of_once_and_known_until_it_is_started_anew),
		CASE(that_no_xl_watches_a_guest_is_not_so_after_a_reboot_of_its_host),
		CASE(what_an_actuator_repeats_of_an_unwatched_guest_is_no_second_alert),
		CASE(a_leftover_after_the_end_is_held_again_and_cleaned),
		CASE(a_resume_that_was_refused_is_given_again_also_over_a_restart),
		CASE(
		    a_resume_is_stopped_when_an_operator_settles_it_elsewhere_also_over_a_restart),
		CASE(
		    a_resume_that_ended_undefined_has_said_its_last_word_also_over_a_restart),
		CASE(
		    a_guest_that_runs_at_the_target_after_the_end_is_held_until_both_lists_show_it),
	};
#undef CASE

	return cmocka_run_group_tests(tests, NULL, NULL);
}
