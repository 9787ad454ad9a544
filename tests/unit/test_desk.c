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

	moving->n_entered_ms = PHASES;
	moving->entered_ms = calloc(PHASES, sizeof(uint64_t));
	moving->entered_ms[PHASE_COPYING] = 101;
	moving->entered_ms[PHASE_READY] = 7501;
	moving->entered_ms[PHASE_STARTED] = 7681;
	moving->outcome = OUTCOME_MOVED;
	prepared->outcome = OUTCOME_MOVED;
	r.host[0].guest = false;
	r.host[1].guest = true;
	rig_run(&r, 2000);
	assert_int_equal(core_orders(r.engine->core), 0);
	assert_int_equal(r.engine->book.n, 0);
	assert_int_equal(r.host[0].reply->n_acknowledged, 1);
	assert_int_equal(r.host[1].reply->n_acknowledged, 1);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}",
	    "\"bytes\":1048576,\"copy_ms\":7400,");
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"pause_ms\":180");
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

static void
an_order_that_was_never_taken_is_known_to_be_nowhere(void **state)
{
	Lifeboat__OrderState *s;

	(void)state;
	s = prepare();
	move(s);
	/* n1's actuator asks on, and shows nothing. */
	rig_drop(&r, 0);
	r.host[1].states[0]->phase = PHASE_BERTHED;
	rig_run(&r, 9000);
	assert_int_equal(core_orders(r.engine->core), 1);
	assert_int_equal(r.host[0].reply->n_orders, 1);
	rig_run(&r, 13000);
	assert_int_equal(r.host[0].reply->n_orders, 0);
	assert_int_equal(core_orders(r.engine->core), 1); /* to n3 meanwhile */
	assert_int_equal(r.host[1].reply->n_cancelled, 1);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"late\"");
}

static void
an_order_that_is_forgotten_was_on_another_boot_and_holds(void **state)
{
	Lifeboat__OrderState *moving;

	(void)state;
	moving = move(prepare());
	moving->phase = PHASE_COPYING;
	rig_ask(&r, 0);
	rig_drop(&r, 0);
	rig_ask(&r, 0);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
	door_says("{\"op\":\"hosts\"}", "\"held\":true");
	assert_int_equal(r.host[0].reply->n_orders, 0);
}

static void
another_content_under_our_id_is_stopped_and_holds(void **state)
{
	Lifeboat__OrderState *moving;

	(void)state;
	moving = move(prepare());
	moving->hash.data[0] ^= 1;
	moving->outcome = OUTCOME_MOVED;
	rig_ask(&r, 0);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_cancelled, 1);
	assert_int_equal(r.host[0].reply->n_acknowledged, 0);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
}

static void
a_later_term_is_left_behind(void **state)
{
	(void)state;
	r.host[2].term = 40;
	rig_ask(&r, 2);
	assert_int_equal(store_term(r.engine->store), 41);
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->term, 41);
	r.host[2].term = UINT64_MAX;
	rig_ask(&r, 2);
	assert_int_equal(store_term(r.engine->store), 41);
	r.host[2].term = 41;
	rig_run(&r, 3000);
	assert_int_equal(prepare()->id->term, 41);
}

static void
a_move_goes_on_over_a_restart(void **state)
{
	Lifeboat__OrderState *prepared, *moving;

	(void)state;
	prepared = prepare();
	moving = move(prepared);
	moving->phase = PHASE_COPYING;
	rig_run(&r, 1000);
	rig_restart(&r);
	assert_int_equal(core_mode(r.engine->core), MODE_ACT);
	assert_int_equal(core_orders(r.engine->core), 1);
	rig_run(&r, 70000);
	assert_int_equal(core_orders(r.engine->core), 1);
	assert_int_equal(r.host[1].reply->n_cancelled, 0);
	moving->outcome = prepared->outcome = OUTCOME_MOVED;
	rig_run(&r, 1000);
	assert_int_equal(r.host[0].reply->n_acknowledged, 1);
	/* Acknowledged, forgotten, and the engine dies before it is proven. */
	rig_drop(&r, 0);
	rig_drop(&r, 1);
	rig_restart(&r);
	r.host[0].guest = false;
	r.host[1].guest = true;
	rig_run(&r, 4000);
	assert_int_equal(core_orders(r.engine->core), 0);
	assert_int_equal(r.engine->book.n, 0);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"proven\"");
}

static void
a_prepare_that_ends_with_the_engine_has_stayed(void **state)
{
	(void)state;
	prepare();
	rig_restart(&r);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"outcome\":\"stayed\"");
	rig_run(&r, 1000);
	assert_int_equal(r.host[1].reply->n_cancelled, 1);
}

static void
a_move_that_hangs_in_its_tail_is_held_although_its_actuator_lives(void **state)
{
	Lifeboat__OrderState *prepared, *moving;

	(void)state;
	prepared = prepare();
	moving = move(prepared);
	r.host[0].state = GUEST_SUSPENDED;
	for (int phase = PHASE_COPYING; phase <= PHASE_GO; phase++) {
		moving->phase = (uint32_t)phase;
		rig_run(&r, 50000);
		door_says("{\"op\":\"orders\"}", "\"held\":false");
	}
	rig_run(&r, 15000);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
	/* It was only slow. */
	moving->phase = PHASE_PROVING;
	moving->outcome = prepared->outcome = OUTCOME_MOVED;
	r.host[0].guest = false;
	r.host[1].guest = true;
	rig_run(&r, 4000);
	assert_int_equal(core_orders(r.engine->core), 0);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"proven\"");
}

/* Its mover hangs or cannot start, and the actuator shows the order all the same. */
static void
a_move_that_gets_no_further_is_held_although_its_actuator_lives(void **state)
{
	Lifeboat__OrderState *moving;

	(void)state;
	moving = move(prepare());
	moving->phase = PHASE_COPYING;
	for (int i = 0; i < 5; i++) {
		moving->bytes += 1 << 20;
		rig_run(&r, 150000);
		door_says("{\"op\":\"orders\"}", "\"held\":false");
	}
	/* It has given up, and waits for xl to end. */
	moving->why = strdup("stalled");
	rig_run(&r, 150000);
	door_says("{\"op\":\"orders\"}", "\"held\":false");
	r.host[1].guest = true;
	r.host[1].state = GUEST_PAUSED;
	rig_run(&r, 35000);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
}

static void
a_move_that_never_starts_is_held_although_its_actuator_lives(void **state)
{
	(void)state;
	move(prepare());
	rig_run(&r, 170000);
	door_says("{\"op\":\"orders\"}", "\"held\":false");
	r.host[1].guest = true;
	r.host[1].state = GUEST_PAUSED;
	rig_run(&r, 15000);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
}

static void
a_hold_survives_a_restart_and_an_operator_settles_it(void **state)
{
	Lifeboat__OrderState *moving;

	(void)state;
	moving = move(prepare());
	moving->outcome = OUTCOME_UNDEFINED;
	r.host[0].guest = false;
	rig_run(&r, 2000);
	assert_int_equal(r.host[0].reply->n_acknowledged, 0);
	rig_restart(&r);
	rig_run(&r, 5000);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
	door_says("{\"op\":\"settle\",\"order\":\"1.2\",\"runs_on\":\"n3\"}",
	    "its hosts are n1 and n2");
	door_says("{\"op\":\"cancel\",\"order\":\"1.2\"}", "only be settled");
	door_says(
	    "{\"op\":\"settle\",\"order\":\"1.2\",\"runs_on\":\"n2\"}", "is settled");
	rig_run(&r, 1000);
	assert_int_equal(r.host[0].reply->n_acknowledged, 1);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"by\":\"olga\"");
	assert_int_equal(core_orders(r.engine->core), 0);
}

static void
a_move_is_cancelled_until_its_point_of_no_return(void **state)
{
	Lifeboat__OrderState *moving;

	(void)state;
	moving = move(prepare());
	moving->phase = PHASE_RELEASED;
	rig_run(&r, 1000);
	door_says("{\"op\":\"cancel\",\"order\":\"1.1\"}", "point of no return");
	moving->phase = PHASE_COPYING;
	rig_run(&r, 1000);
	assert_int_equal(r.host[0].reply->n_cancelled, 0);
	door_says("{\"op\":\"cancel\",\"order\":\"1.1\"}", "being cancelled");
	rig_run(&r, 1000);
	assert_int_equal(r.host[0].reply->n_cancelled, 1);
	assert_int_equal(r.host[1].reply->n_cancelled, 1);
	moving->outcome = r.host[1].states[0]->outcome = OUTCOME_STAYED;
	rig_run(&r, 1000);
	assert_int_equal(core_orders(r.engine->core), 0);
	assert_int_equal(r.engine->book.n, 0);
	door_says("{\"op\":\"cancel\",\"order\":\"1.1\"}", "no such order is open");
	door_says("{\"op\":\"cancel\",\"order\":\"1\"}", "TERM.NUMBER");
}

static void
a_move_that_no_reply_carried_is_cancelled_at_once(void **state)
{
	(void)state;
	open_berth(prepare());
	rig_ask(&r, 1);
	door_says("{\"op\":\"cancel\",\"order\":\"1.2\"}", "being cancelled");
	assert_int_equal(core_orders(r.engine->core), 0);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_orders, 0);
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_cancelled, 1);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"operator\"");
}

static int
told_unwatched(void)
{
	const struct history_entry *h;
	int n = 0;

	for (int i = 0; (h = history_find(r.engine->history, i, HOST_NONE, NULL)); i++)
		n += strstr(h->text, "web is unwatched on n1: no xl waits") != NULL;
	return n;
}

/* The source's xl is dead, and the guest was brought back without it. */
static void
leave_unwatched(void)
{
	Lifeboat__OrderState *moving = move(prepare());
	struct err err;

	door_says("{\"op\":\"guests\"}", "\"unwatched\":false");
	moving->phase = PHASE_PROVING;
	moving->outcome = r.host[1].states[0]->outcome = OUTCOME_STAYED;
	moving->unwatched = 3;
	assert_int_equal(engine_drain(r.engine, (host_t){ 0 }, false, r.now, &err), 0);
	rig_run(&r, 2000);
	door_says("{\"op\":\"guests\"}", "\"unwatched\":true");
	door_says("{\"op\":\"why\",\"name\":\"web\"}", "\"unwatched\":true");
	door_says("{\"op\":\"status\"}", "\"unwatched\":1");
	assert_int_equal(told_unwatched(), 1);
	rig_drop(&r, 0);
	rig_drop(&r, 1);
}

static void
a_guest_that_no_xl_watches_is_told_of_once_and_known_until_it_is_started_anew(
    void **state)
{
	(void)state;
	leave_unwatched();
	rig_restart(&r);
	rig_run(&r, 2 * UNWATCHED_REPORT_MS);
	door_says("{\"op\":\"guests\"}", "\"unwatched\":true");
	assert_int_equal(told_unwatched(), 0);
	r.host[0].domid = 9;
	rig_run(&r, 2000);
	door_says("{\"op\":\"guests\"}", "\"unwatched\":false");
	door_says("{\"op\":\"status\"}", "\"unwatched\":0");
	/* In the store as well. */
	r.host[0].domid = 3;
	rig_restart(&r);
	rig_run(&r, 2000);
	door_says("{\"op\":\"guests\"}", "\"unwatched\":false");
}

static void
that_no_xl_watches_a_guest_is_not_so_after_a_reboot_of_its_host(void **state)
{
	static const struct uuid boot = { { 8 } };
	struct rig_host *h = &r.host[0];

	(void)state;
	leave_unwatched();
	exchange_deinit(&h->actuator);
	assert_int_equal(exchange_init(&h->actuator, ROLE_ACTUATOR, &h->pair,
			     r.pair.public_key, &boot),
	    0);
	rig_run(&r, 2000);
	door_says("{\"op\":\"guests\"}", "\"unwatched\":false");
	door_says("{\"op\":\"status\"}", "\"unwatched\":0");
}

static void
what_an_actuator_repeats_of_an_unwatched_guest_is_no_second_alert(void **state)
{
	struct book_order o = { .host = { 0 },
		.row = { .host = "n1", .name = "web", .id = { 1, 2 } } };

	(void)state;
	unwatched_take(r.engine, &o, 3, r.now);
	unwatched_take(r.engine, &o, 3, r.now);
	assert_int_equal(told_unwatched(), 1);
	unwatched_take(r.engine, &o, 4, r.now);
	assert_int_equal(told_unwatched(), 2);
	assert_int_equal(r.engine->unwatched.n, 1);
	/* Before the next report, or without the guest in it: not for long. */
	rig_run(&r, UNWATCHED_REPORT_MS - 1000);
	assert_int_equal(r.engine->unwatched.n, 1);
	rig_run(&r, 2000);
	assert_int_equal(r.engine->unwatched.n, 0);
	for (int i = 0; i <= UNWATCHED_MAX; i++) {
		memcpy(o.row.guest.b, &i, sizeof(i));
		unwatched_take(r.engine, &o, 3, r.now);
	}
	assert_int_equal(told_unwatched(), 2 + UNWATCHED_MAX + 1);
	assert_int_equal(r.engine->unwatched.n, UNWATCHED_MAX);
}

/* Who may still say something is not known then: what the target finds is taken in. */
static void
a_restart_while_the_targets_word_is_awaited_ends_the_order_and_the_berth(void **state)
{
	Lifeboat__OrderState *prepared;

	(void)state;
	prepared = prepare();
	move(prepared)->outcome = OUTCOME_STAYED;
	rig_ask(&r, 0);
	assert_int_equal(core_orders(r.engine->core), 1);
	rig_drop(&r, 0);
	rig_restart(&r);
	assert_int_equal(core_orders(r.engine->core), 0);
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_cancelled, 1);
	prepared->outcome = OUTCOME_HELD;
	prepared->why = strdup("leftover");
	rig_ask(&r, 1);
	door_says("{\"op\":\"orders\"}", "\"held\":true");
}

/* The source had it back already when the target found its half. */
static void
a_leftover_after_the_end_is_held_again_and_cleaned(void **state)
{
	Lifeboat__OrderState *prepared, *moving;

	(void)state;
	prepared = prepare();
	moving = move(prepared);
	moving->outcome = OUTCOME_STAYED;
	rig_ask(&r, 0);
	rig_drop(&r, 0);
	engine_drain(r.engine, (host_t){ 0 }, false, r.now, &(struct err){ "" });
	rig_run(&r, 11000);
	assert_int_equal(core_orders(r.engine->core), 0);

	prepared->outcome = OUTCOME_HELD;
	prepared->why = strdup("leftover");
	r.host[1].guest = true;
	r.host[1].state = GUEST_PAUSED;
	rig_run(&r, 2000);
	door_says("{\"op\":\"hosts\"}", "\"held\":true");
	rig_ask(&r, 1);
	assert_int_equal(r.host[1].reply->n_orders, 1);
	assert_int_equal(r.host[1].reply->orders[0]->kind, ORDER_CLEAN);
	assert_string_equal(r.host[1].reply->orders[0]->host, "n1");
	assert_int_equal(
	    r.host[1].reply->orders[0]->prepare->number, prepared->id->number);
	rig_drop(&r, 1);
	rig_take(&r, 1, r.host[1].reply->orders[0])->outcome = OUTCOME_ENDED;
	r.host[1].guest = false;
	rig_run(&r, 3000);
	assert_int_equal(core_orders(r.engine->core), 0);
	door_says("{\"op\":\"hosts\"}", "\"held\":false");
}

static void
a_resume_that_was_refused_is_given_again_also_over_a_restart(void **state)
{
	Lifeboat__OrderState *prepared, *moving, *resumed;

	(void)state;
	prepared = prepare();
	moving = move(prepared);
	r.host[0].state = GUEST_SUSPENDED;
	moving->outcome = OUTCOME_STAYED_SUSPENDED;
	prepared->outcome = OUTCOME_STAYED;
	rig_run(&r, 3000);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_orders, 1);
	assert_int_equal(r.host[0].reply->orders[0]->kind, ORDER_RESUME);
	resumed = rig_take(&r, 0, r.host[0].reply->orders[0]);
	resumed->outcome = OUTCOME_REFUSED;
	rig_run(&r, 500000);
	assert_int_equal(r.host[0].reply->n_orders, 0);
	rig_drop(&r, 0);
	rig_drop(&r, 1);
	rig_restart(&r);
	rig_run(&r, 590000);
	assert_int_equal(r.host[0].reply->n_orders, 0);
	rig_run(&r, 15000);
	assert_int_equal(r.host[0].reply->n_orders, 1);
	assert_int_equal(r.host[0].reply->orders[0]->kind, ORDER_RESUME);
	resumed = rig_take(&r, 0, r.host[0].reply->orders[0]);
	resumed->outcome = OUTCOME_UNDEFINED;
	rig_run(&r, 590000);
	assert_int_equal(r.host[0].reply->n_acknowledged, 1);
	rig_drop(&r, 0);
	rig_run(&r, 20000);
	resumed = rig_take(&r, 0, r.host[0].reply->orders[0]);
	resumed->outcome = OUTCOME_STAYED;
	r.host[0].state = GUEST_RUNNING;
	engine_drain(r.engine, (host_t){ 0 }, false, r.now, &(struct err){ "" });
	rig_run(&r, 4000);
	assert_int_equal(core_orders(r.engine->core), 0);
	assert_int_equal(r.engine->book.n, 0);
}

/* The source has the guest suspended and a resume that its xl is slow to carry out. */
static Lifeboat__OrderState *
resume(void)
{
	Lifeboat__OrderState *prepared = prepare(), *moving = move(prepared);

	r.host[0].state = GUEST_SUSPENDED;
	moving->outcome = OUTCOME_STAYED_SUSPENDED;
	prepared->outcome = OUTCOME_STAYED;
	rig_run(&r, 3000);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_orders, 1);
	assert_int_equal(r.host[0].reply->orders[0]->kind, ORDER_RESUME);
	rig_drop(&r, 0);
	return rig_take(&r, 0, r.host[0].reply->orders[0]);
}

/* It must not come back beside the one that was started anew, however late. */
static void
a_resume_is_stopped_when_an_operator_settles_it_elsewhere_also_over_a_restart(
    void **state)
{
	Lifeboat__OrderState *resumed;

	(void)state;
	resumed = resume();
	rig_run(&r, 2000);
	assert_int_equal(r.host[0].reply->n_cancelled, 0);
	r.host[1].guest = true;
	door_says(
	    "{\"op\":\"settle\",\"order\":\"1.2\",\"runs_on\":\"n2\"}", "is settled");
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_cancelled, 1);
	assert_int_equal(r.host[0].reply->cancelled[0]->number, resumed->id->number);
	rig_restart(&r);
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_cancelled, 1);
	assert_int_equal(r.host[0].reply->cancelled[0]->number, resumed->id->number);
	resumed->outcome = OUTCOME_STAYED_SUSPENDED;
	resumed->why = strdup("cancelled");
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_cancelled, 0);
	assert_int_equal(r.engine->book.n, 0);
}

static void
a_resume_that_ended_undefined_has_said_its_last_word_also_over_a_restart(void **state)
{
	Lifeboat__OrderState *resumed;

	(void)state;
	resumed = resume();
	resumed->outcome = OUTCOME_UNDEFINED;
	resumed->why = strdup("no-list");
	rig_ask(&r, 0);
	assert_int_equal(r.host[0].reply->n_acknowledged, 1);
	rig_drop(&r, 0);
	rig_restart(&r);
	rig_run(&r, 2000);
	door_says("{\"op\":\"orders\"}", "\"said_why\":\"no-list\"");
}

/* It was cut off, and the source's word had to do. */
static void
a_guest_that_runs_at_the_target_after_the_end_is_held_until_both_lists_show_it(
    void **state)
{
	Lifeboat__OrderState *prepared;

	(void)state;
	prepared = prepare();
	move(prepared)->outcome = OUTCOME_STAYED;
	rig_ask(&r, 0);
	rig_drop(&r, 0);
	engine_drain(r.engine, (host_t){ 0 }, false, r.now, &(struct err){ "" });
	rig_run(&r, 11000);
	assert_int_equal(core_orders(r.engine->core), 0);

	prepared->outcome = OUTCOME_MOVED;
	rig_ask(&r, 1);
	door_says("{\"op\":\"hosts\"}", "\"held\":true");
	r.host[0].guest = false;
	r.host[1].guest = true;
	rig_run(&r, 3000);
	assert_int_equal(core_orders(r.engine->core), 0);
	assert_int_equal(r.engine->book.n, 0);
	door_says("{\"op\":\"orders\",\"which\":\"all\"}", "\"verdict\":\"proven\"");
}

static void
act_needs_an_actuator_and_its_silence_is_noticed(void **state)
{
	struct err err;

	(void)state;
	door_says("{\"op\":\"hosts\"}", "\"actuator\":true");
	r.now = mono_add(r.now, 11000);
	engine_sweep(r.engine, r.now);
	door_says("{\"op\":\"hosts\"}", "\"actuator\":false");
	door_says(
	    "{\"op\":\"mode\",\"set\":\"act\"}", "no host has a connected actuator");
	rig_ask(&r, 0);
	door_says("{\"op\":\"mode\",\"set\":\"advise\"}", "\"mode\":\"advise\"");
	rig_run(&r, 2000);
	assert_int_equal(engine_drain(r.engine, (host_t){ 0 }, true, r.now, &err), 0);
	assert_int_equal(core_orders(r.engine->core), 0);
	door_says("{\"op\":\"approve\",\"guest\":\"web\"}", "may go: order 1.1");
	assert_int_equal(core_orders(r.engine->core), 1);
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
		CASE(an_order_that_was_never_taken_is_known_to_be_nowhere),
		CASE(an_order_that_is_forgotten_was_on_another_boot_and_holds),
		CASE(another_content_under_our_id_is_stopped_and_holds),
		CASE(a_later_term_is_left_behind),
		CASE(a_move_goes_on_over_a_restart),
		CASE(a_prepare_that_ends_with_the_engine_has_stayed),
		CASE(a_move_that_hangs_in_its_tail_is_held_although_its_actuator_lives),
		CASE(a_move_that_gets_no_further_is_held_although_its_actuator_lives),
		CASE(a_move_that_never_starts_is_held_although_its_actuator_lives),
		CASE(a_hold_survives_a_restart_and_an_operator_settles_it),
		CASE(a_move_is_cancelled_until_its_point_of_no_return),
		CASE(a_move_that_no_reply_carried_is_cancelled_at_once),
		CASE(
		    a_guest_that_no_xl_watches_is_told_of_once_and_known_until_it_is_started_anew),
		CASE(that_no_xl_watches_a_guest_is_not_so_after_a_reboot_of_its_host),
		CASE(what_an_actuator_repeats_of_an_unwatched_guest_is_no_second_alert),
		CASE(
		    a_restart_while_the_targets_word_is_awaited_ends_the_order_and_the_berth),
		CASE(a_leftover_after_the_end_is_held_again_and_cleaned),
		CASE(a_resume_that_was_refused_is_given_again_also_over_a_restart),
		CASE(
		    a_resume_is_stopped_when_an_operator_settles_it_elsewhere_also_over_a_restart),
		CASE(
		    a_resume_that_ended_undefined_has_said_its_last_word_also_over_a_restart),
		CASE(
		    a_guest_that_runs_at_the_target_after_the_end_is_held_until_both_lists_show_it),
		CASE(act_needs_an_actuator_and_its_silence_is_noticed),
	};

	if (seal_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
