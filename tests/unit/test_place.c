#include "policy/core/place.h"
#include "tests/sim/world.h"
#include "tests/unit/cmocka_all.h"

#define GIB (INT64_C(1) << 20)

/* Guest g1 on n1; n2 is the host that a test spoils. */
static int
setup(void **state)
{
	struct world *w = world_new(3, (mono_t){ 0 });

	world_guest(w, 0, 1, (uint64_t)GIB);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	world_free(*state);
	return 0;
}

static enum why
gate_of(struct world *w, int host, struct place_row *row)
{
	const struct wish wish = { { 0 }, 0, 0, HOST_NONE };

	world_report(w);
	*row = place_judge(w->core, &wish, (host_t){ host });
	return row->gate;
}

static void
gated(struct world *w, enum why why)
{
	struct place_row row;

	assert_string_equal(why_word(gate_of(w, 1, &row)), why_word(why));
}

static void
each_gate_refuses_for_its_own_reason(void **state)
{
	struct world *w = *state;
	struct world_host *h = &w->host[1];
	struct world_host good = *h;
	struct place_row row;

	gated(w, WHY_NONE);
	assert_int_equal(gate_of(w, 0, &row), WHY_SELF);
	world_step(w, EVENT_CORDON, 1);
	gated(w, WHY_CORDONED);
	world_step(w, EVENT_UNCORDON, 1);
	h->xen.live_hvm = false;
	gated(w, WHY_NOT_LIVE);
	*h = good;
	h->xen.minor = 16;
	gated(w, WHY_OLDER_XEN);
	*h = good;
	h->xen.features_hvm[0] = 0x7f;
	gated(w, WHY_FEATURES);
	*h = good;
	world_guest(w, 1, 2, (uint64_t)GIB)->name[1] = '1';
	gated(w, WHY_NAME_TAKEN);
	*h = good;
	h->storage.disks[0].disk.v = 8;
	gated(w, WHY_DISKS);
	*h = good;
	h->xen.n_bridges = 0;
	gated(w, WHY_BRIDGES);
	*h = good;
	h->xen.state = PROBE_FAILED;
	gated(w, WHY_NO_XEN);
	*h = good;
	gated(w, WHY_NONE);
	h->reading[WORLD_FAN].value = 0;
	world_report(w);
	gated(w, WHY_NOT_SOUND);
}

static void
the_floor_of_dom0_is_never_given_away(void **state)
{
	struct world *w = *state;
	struct place_row row;

	w->host[1].xen.free_kib = (uint64_t)GIB + UINT64_C(128) * 1024 - 1;
	assert_int_equal(gate_of(w, 1, &row), WHY_MEMORY);
	assert_int_equal(row.need, GIB);
	assert_int_equal(row.have, GIB - 1);
	w->host[1].xen.free_kib++;
	assert_int_equal(gate_of(w, 1, &row), WHY_NONE);
}

static void
facts_that_are_old_are_no_facts(void **state)
{
	struct world *w = *state;
	struct place_row row;
	const struct wish wish = { { 0 }, 0, 0, HOST_NONE };

	world_report(w);
	for (int i = 0; i < 21; i++) {
		w->now = mono_add(w->now, 1000);
		world_readings(w, 1);
	}
	row = place_judge(w->core, &wish, (host_t){ 1 });
	assert_int_equal(row.gate, WHY_NOT_FRESH);
}

static void
the_comparator_prefers_the_open_gate_then_load_then_the_inventory(void **state)
{
	struct place_row a = { { 2 }, WHY_NONE, 0, 0, 100 },
			 b = { { 1 }, WHY_NONE, 0, 0, 180 };

	(void)state;
	assert_true(place_compare(&a, &b) < 0);
	b.load = 149; /* the same step */
	assert_true(place_compare(&a, &b) > 0);
	b.gate = WHY_MEMORY;
	assert_true(place_compare(&a, &b) < 0);
	a.gate = WHY_CORDONED;
	assert_true(place_compare(&a, &b) > 0);
	assert_int_equal(place_compare(&a, &a), 0);
}

static void
the_query_gives_the_best_first_and_says_why_not(void **state)
{
	struct world *w = *state;
	struct place_row rows[3];
	struct place_list list = { .rows = rows, .room = 3 };

	w->host[1].xen.cpu_permille = 700;
	world_report(w);
	core_place(w->core, (host_t){ 0 }, 0, &list);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.stays, WHY_NONE);
	assert_int_equal(rows[0].host.i, 2);
	assert_int_equal(rows[1].host.i, 1);
	assert_int_equal(rows[2].gate, WHY_SELF);
	list.room = 1;
	core_place(w->core, (host_t){ 0 }, 0, &list);
	assert_int_equal(list.n, 1);
	assert_int_equal(rows[0].host.i, 2);
	core_place(w->core, (host_t){ 0 }, 9, &list);
	assert_int_equal(list.n, 0);
}

static void
stays_because(struct world *w, enum why why)
{
	world_report(w);
	assert_string_equal(
	    why_word(place_stays(w->core, (host_t){ 0 }, 0)), why_word(why));
}

static void
a_guest_that_cannot_leave_says_why(void **state)
{
	struct world *w = *state;
	struct guest_facts *g = &w->host[0].xen.guests[0], good = *g;

	stays_because(w, WHY_NONE);
	g->master = MASTER_AUTO;
	stays_because(w, WHY_OTHER_MASTER);
	*g = good;
	g->move = false;
	stays_because(w, WHY_OTHER_MASTER);
	*g = good;
	g->pci_devices = 1;
	stays_because(w, WHY_PCI);
	*g = good;
	g->disks[0].v = 0;
	stays_because(w, WHY_NOT_SHARED);
	*g = good;
	g->state = GUEST_PAUSED;
	stays_because(w, WHY_NOT_RUNNING);
	*g = good;
	g->type = GUEST_PV;
	stays_because(w, WHY_SOURCE_NOT_LIVE);
	*g = good;
	world_guest(w, 2, 1, (uint64_t)GIB);
	stays_because(w, WHY_SEEN_TWICE);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(each_gate_refuses_for_its_own_reason),
		CASE(the_floor_of_dom0_is_never_given_away),
		CASE(facts_that_are_old_are_no_facts),
		CASE(the_comparator_prefers_the_open_gate_then_load_then_the_inventory),
		CASE(the_query_gives_the_best_first_and_says_why_not),
		CASE(a_guest_that_cannot_leave_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
