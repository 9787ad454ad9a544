#include "tests/sim/world.h"
#include "tests/unit/cmocka_all.h"

#define GIB    (INT64_C(1) << 20)
#define SECOND INT64_C(1000)

/* n1 has one guest and is drained in act: its prepare is out. */
static int
setup(void **state)
{
	struct world *w = world_new(3, (mono_t){ 0 });

	world_guest(w, 0, 1, (uint64_t)GIB);
	world_report(w);
	world_mode(w, MODE_ACT);
	world_forget(w);
	world_step(w, EVENT_DRAIN, 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

static order_t
last(const struct world *w, enum action_kind kind)
{
	const struct action *a = world_said(w, kind);

	assert_non_null(a);
	return a->order;
}

static void
send(struct world *w)
{
	world_outcome(w, last(w, ACTION_PREPARE), OUTCOME_READY);
	assert_int_equal(world_count(w, ACTION_MOVE), 1);
}

static void
arrive(struct world *w, int host)
{
	struct guest_facts g;

	assert_true(world_take(w, 0, 1, &g));
	w->host[host].xen.guests[w->host[host].xen.n_guests++] = g;
}

static void
ended(const struct world *w, enum outcome outcome, enum why why)
{
	const struct action *a = world_said(w, ACTION_OUTCOME);

	assert_non_null(a);
	assert_string_equal(outcome_name(a->outcome), outcome_name(outcome));
	assert_string_equal(why_word(a->why), why_word(why));
}

static void
a_move_is_a_prepare_and_then_a_move(void **state)
{
	struct world *w = *state;
	const struct action *a = world_said(w, ACTION_PREPARE);

	assert_non_null(a);
	assert_int_equal(a->from.i, 0);
	assert_int_equal(a->to.i, 1);
	assert_int_equal(a->why, WHY_DRAIN);
	send(w);
	assert_int_equal(last(w, ACTION_MOVE).number, last(w, ACTION_PREPARE).number + 1);
	assert_int_equal(
	    world_said(w, ACTION_MOVE)->after.number, last(w, ACTION_PREPARE).number);
}

static void
a_move_ends_when_both_hosts_have_shown_it(void **state)
{
	struct world *w = *state;

	send(w);
	world_outcome(w, last(w, ACTION_MOVE), OUTCOME_MOVED);
	assert_int_equal(world_count(w, ACTION_OUTCOME), 0);
	arrive(w, 1);
	w->now = mono_add(w->now, SECOND);
	world_xen(w, 1);
	assert_int_equal(world_count(w, ACTION_OUTCOME), 0);
	world_xen(w, 0);
	ended(w, OUTCOME_MOVED, WHY_PROVEN);
	assert_int_equal(core_orders(w->core), 0);
}

static void
a_guest_that_was_moved_rests_before_it_is_moved_again(void **state)
{
	struct world *w = *state;

	send(w);
	world_outcome(w, last(w, ACTION_MOVE), OUTCOME_MOVED);
	arrive(w, 1);
	world_run(w, 10 * SECOND);
	ended(w, OUTCOME_MOVED, WHY_PROVEN);
	world_step(w, EVENT_DRAIN, 1);
	assert_int_equal(world_count(w, ACTION_PREPARE), 1);
	assert_int_equal(world_said(w, ACTION_STAYS)->why, WHY_COOLDOWN);
	world_run(w, 600 * SECOND);
	assert_int_equal(world_count(w, ACTION_PREPARE), 2);
}

static void
a_refusal_leads_to_the_next_target(void **state)
{
	struct world *w = *state;

	world_outcome(w, last(w, ACTION_PREPARE), OUTCOME_REFUSED);
	ended(w, OUTCOME_REFUSED, WHY_REFUSED);
	assert_int_equal(world_count(w, ACTION_PREPARE), 2);
	assert_int_equal(world_said(w, ACTION_PREPARE)->to.i, 2);
	world_outcome(w, last(w, ACTION_PREPARE), OUTCOME_REFUSED);
	assert_int_equal(world_count(w, ACTION_PREPARE), 2);
	assert_int_equal(world_said(w, ACTION_STAYS)->why, WHY_COOLDOWN);
}

static void
a_prepare_without_answer_is_given_up(void **state)
{
	struct world *w = *state;

	world_run(w, 11 * SECOND);
	ended(w, OUTCOME_STAYED, WHY_LATE);
	assert_int_equal(world_said(w, ACTION_PREPARE)->to.i, 2);
}

static void
a_source_that_calms_keeps_its_guest(void **state)
{
	struct world *w = *state;
	order_t prepare = last(w, ACTION_PREPARE);

	world_step(w, EVENT_UNDRAIN, 0);
	ended(w, OUTCOME_STAYED, WHY_SOURCE_CALM);
	world_outcome(w, prepare, OUTCOME_READY);
	assert_int_equal(world_count(w, ACTION_MOVE), 0);
}

static void
an_undefined_move_holds_guest_and_hosts_until_it_is_proven(void **state)
{
	struct world *w = *state;
	struct host_view view;

	send(w);
	world_outcome(w, last(w, ACTION_MOVE), OUTCOME_UNDEFINED);
	assert_int_equal(world_said(w, ACTION_HOLD)->outcome, OUTCOME_UNDEFINED);
	assert_true(core_host(w->core, (host_t){ 1 }, &view));
	assert_true(view.held);
	world_run(w, SECOND);
	assert_int_equal(world_said(w, ACTION_STAYS)->why, WHY_HELD);
	arrive(w, 1);
	world_run(w, 10 * SECOND);
	ended(w, OUTCOME_MOVED, WHY_PROVEN);
	assert_int_equal(world_count(w, ACTION_RELEASE), 1);
	assert_true(core_host(w->core, (host_t){ 1 }, &view));
	assert_false(view.held);
}

static void
a_silent_move_is_undefined(void **state)
{
	struct world *w = *state;

	send(w);
	world_run(w, 61 * SECOND);
	assert_int_equal(world_said(w, ACTION_HOLD)->why, WHY_LATE);
}

static void
a_guest_on_both_hosts_stays_held(void **state)
{
	struct world *w = *state;

	send(w);
	world_outcome(w, last(w, ACTION_MOVE), OUTCOME_HELD);
	world_guest(w, 1, 1, (uint64_t)GIB);
	world_run(w, 30 * SECOND);
	assert_int_equal(world_count(w, ACTION_RELEASE), 0);
	assert_int_equal(core_orders(w->core), 1);
}

static void
an_outcome_said_twice_or_of_no_order_changes_nothing(void **state)
{
	struct world *w = *state;
	order_t prepare = last(w, ACTION_PREPARE);

	send(w);
	world_outcome(w, prepare, OUTCOME_READY);
	world_outcome(w, (order_t){ 9, 9 }, OUTCOME_MOVED);
	assert_int_equal(world_count(w, ACTION_MOVE), 1);
	assert_int_equal(core_orders(w->core), 1);
}

static void
open_orders_survive_a_restart(void **state)
{
	struct world *w = *state;

	send(w);
	w->event.term = 2;
	world_step(w, EVENT_RESTART, -1);
	assert_int_equal(core_orders(w->core), 1);
	world_outcome(w, last(w, ACTION_MOVE), OUTCOME_MOVED);
	arrive(w, 1);
	world_run(w, 10 * SECOND);
	ended(w, OUTCOME_MOVED, WHY_PROVEN);
}

static void
one_guest_at_a_time_leaves_a_host_and_the_others_say_so(void **state)
{
	struct world *w = *state;

	world_guest(w, 0, 2, (uint64_t)(2 * GIB));
	w->now = mono_add(w->now, SECOND);
	world_xen(w, 0);
	assert_int_equal(world_count(w, ACTION_PREPARE), 1);
	assert_int_equal(world_said(w, ACTION_STAYS)->why, WHY_IN_FLIGHT);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_move_is_a_prepare_and_then_a_move),
		CASE(a_move_ends_when_both_hosts_have_shown_it),
		CASE(a_guest_that_was_moved_rests_before_it_is_moved_again),
		CASE(a_refusal_leads_to_the_next_target),
		CASE(a_prepare_without_answer_is_given_up),
		CASE(a_source_that_calms_keeps_its_guest),
		CASE(an_undefined_move_holds_guest_and_hosts_until_it_is_proven),
		CASE(a_silent_move_is_undefined),
		CASE(a_guest_on_both_hosts_stays_held),
		CASE(an_outcome_said_twice_or_of_no_order_changes_nothing),
		CASE(open_orders_survive_a_restart),
		CASE(one_guest_at_a_time_leaves_a_host_and_the_others_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
