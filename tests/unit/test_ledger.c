#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actuator/folder.h"
#include "actuator/ledger.h"
#include "actuator/need.h"
#include "cmocka_all.h"

static struct {
	char run[64];
	struct xl_domain list[2];
	int n;
	struct ledger is;
} t;

static int
setup(void **state)
{
	struct uuid boot = { { 1 } };
	struct err err;

	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.run, "/tmp/test-ledger-XXXXXX");
	return mkdtemp(t.run) ? folder_start(t.run, &boot, &err) : -1;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", t.run);
	return system(command);
}

static void
add(uint32_t number, enum order_kind kind, uint64_t memory_kib)
{
	static uint8_t sixteen[16];
	Lifeboat__OrderId id = LIFEBOAT__ORDER_ID__INIT;
	Lifeboat__Guest guest = LIFEBOAT__GUEST__INIT;
	Lifeboat__Order order = LIFEBOAT__ORDER__INIT;
	struct err err;

	id.engine = guest.uuid = (ProtobufCBinaryData){ sizeof(sixteen), sixteen };
	guest.name = (char *)(uintptr_t) "web";
	id.term = 3;
	id.number = number;
	guest.memory_kib = memory_kib;
	guest.vcpus = 1;
	order.id = &id;
	order.kind = kind;
	order.guest = &guest;
	order.host = (char *)(uintptr_t) "n2";
	assert_int_equal(folder_make(t.run, &order, "", 0, &err), 0);
}

static void
path_of(char folder[FOLDER_SIZE], uint32_t number)
{
	uint8_t none[16] = { 0 };
	Lifeboat__OrderId id = LIFEBOAT__ORDER_ID__INIT;
	char name[FOLDER_NAME];

	id.engine = (ProtobufCBinaryData){ sizeof(none), none };
	id.term = 3;
	id.number = number;
	folder_name(name, &id);
	assert_true(snprintf(folder, FOLDER_SIZE, "%s/%s", t.run, name) < FOLDER_SIZE);
}

static void
say(uint32_t number, enum outcome outcome)
{
	Lifeboat__OrderState s = LIFEBOAT__ORDER_STATE__INIT;
	uint8_t packed[512], none[16] = { 0 };
	char folder[FOLDER_SIZE];
	Lifeboat__OrderId id = LIFEBOAT__ORDER_ID__INIT;

	id.engine = s.hash = (ProtobufCBinaryData){ sizeof(none), none };
	s.id = &id;
	s.outcome = outcome;
	path_of(folder, number);
	assert_int_equal(folder_write(folder, "state", packed,
			     lifeboat__order_state__pack(&s, packed)),
	    0);
}

static void
sum(uint32_t self)
{
	char folder[FOLDER_SIZE];

	path_of(folder, self);
	ledger_sum(&t.is, t.run, folder, t.list, t.n);
}

static uint64_t
need(uint64_t memory_kib)
{
	Lifeboat__Guest guest = LIFEBOAT__GUEST__INIT;

	guest.memory_kib = memory_kib;
	guest.vcpus = 1;
	return need_free(&guest);
}

static void
an_empty_host_has_promised_nothing(void **state)
{
	(void)state;
	sum(1);
	assert_int_equal(t.is.arriving, 0);
	assert_int_equal(t.is.kib, 0);
	ledger_sum(&t.is, "/nonexistent", "", t.list, t.n);
	assert_int_equal(t.is.arriving, 0);
	assert_int_equal(t.is.kib, 0);
}

static void
every_open_prepare_but_its_own_counts(void **state)
{
	(void)state;
	add(1, ORDER_PREPARE, 1000000);
	add(2, ORDER_PREPARE, 2000000);
	add(3, ORDER_PREPARE, 4000000);
	sum(3);
	assert_int_equal(t.is.arriving, 2);
	assert_int_equal(t.is.kib, need(1000000) + need(2000000));
}

static void
a_guest_that_leaves_takes_no_memory(void **state)
{
	(void)state;
	add(1, ORDER_MOVE, 1000000);
	add(2, ORDER_RESUME, 1000000);
	add(3, ORDER_CLEAN, 1000000);
	sum(9);
	assert_int_equal(t.is.arriving, 0);
	assert_int_equal(t.is.kib, 0);
}

static void
an_open_berth_counts_and_one_that_has_ended_does_not(void **state)
{
	static const enum outcome ends[] = { OUTCOME_MOVED, OUTCOME_STAYED,
		OUTCOME_REFUSED, OUTCOME_HELD, OUTCOME_ENDED, OUTCOME_UNDEFINED };

	(void)state;
	add(1, ORDER_PREPARE, 1000000);
	say(1, OUTCOME_NONE);
	sum(9);
	assert_int_equal(t.is.arriving, 1);
	say(1, OUTCOME_READY);
	sum(9);
	assert_int_equal(t.is.arriving, 1);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		say(1, ends[i]);
		sum(9);
		assert_int_equal(t.is.arriving, 0);
		assert_int_equal(t.is.kib, 0);
	}
}

/* The guests of these orders have the UUID of zeros. */
static void
what_a_guest_has_got_is_promised_no_more(void **state)
{
	(void)state;
	add(1, ORDER_PREPARE, 1000000);
	t.list[0].uuid.b[0] = 7;
	t.list[0].memory_kib = 300000;
	t.n = 1;
	sum(9);
	assert_int_equal(t.is.kib, need(1000000));
	t.list[1].memory_kib = 400000;
	t.n = 2;
	sum(9);
	assert_int_equal(t.is.arriving, 1);
	assert_int_equal(t.is.kib, need(1000000) - 400000);
	/* All of it, and a little: what Xen takes besides is still to come. */
	t.list[1].memory_kib = 1001000;
	sum(9);
	assert_int_equal(t.is.kib, need(1000000) - 1000000);
	say(1, OUTCOME_MOVED);
	sum(9);
	assert_int_equal(t.is.kib, 0);
}

static void
a_folder_without_a_whole_order_counts_nothing(void **state)
{
	char path[FOLDER_SIZE];

	(void)state;
	add(1, ORDER_PREPARE, 1000000);
	path_of(path, 1);
	assert_int_equal(folder_write(path, "order", "\xff\xff\xff", 3), 0);
	assert_int_equal(folder_write(t.run, "term", "12345678", 8), 0);
	sum(9);
	assert_int_equal(t.is.arriving, 0);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(an_empty_host_has_promised_nothing),
		FRESH(every_open_prepare_but_its_own_counts),
		FRESH(a_guest_that_leaves_takes_no_memory),
		FRESH(an_open_berth_counts_and_one_that_has_ended_does_not),
		FRESH(what_a_guest_has_got_is_promised_no_more),
		FRESH(a_folder_without_a_whole_order_counts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
