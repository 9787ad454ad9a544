#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "actuator/orders.h"
#include "cmocka_all.h"

/* A table over a run folder of the test's own; movers that it would start are counted. */
static struct {
	char run[64];
	struct actuator_conf conf;
	struct orders orders;
	struct uuid boot;
	int started;
	uint8_t engine[16], uuid[16], key[32];
	Lifeboat__OrderId id, prepare;
	Lifeboat__Guest guest;
	Lifeboat__Berth berth;
	Lifeboat__Order order, *list[1];
	Lifeboat__OrderId *ids[1];
	Lifeboat__Reply reply;
	uint8_t session[16];
} t;

static void
count_start(void *owner, const char *folder)
{
	(void)owner;
	assert_int_equal(strncmp(folder, t.run, strlen(t.run)), 0);
	t.started++;
}

static int
open_table(void)
{
	struct err err;

	return orders_init(&t.orders,
	    &(struct orders_owner){ &t.conf, NULL, count_start }, &t.boot, (mono_t){ 0 },
	    &err);
}

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	if (sodium_init() < 0)
		return -1;
	strcpy(t.run, "/tmp/test-orders-XXXXXX");
	if (!mkdtemp(t.run))
		return -1;
	snprintf(t.conf.run, sizeof(t.conf.run), "%s", t.run);
	memset(t.boot.b, 1, sizeof(t.boot.b));
	memset(t.engine, 'E', sizeof(t.engine));
	lifeboat__order_id__init(&t.id);
	t.id.engine = (ProtobufCBinaryData){ sizeof(t.engine), t.engine };
	t.id.term = 3;
	t.id.number = 1;
	t.prepare = t.id;
	lifeboat__guest__init(&t.guest);
	t.guest.uuid = (ProtobufCBinaryData){ sizeof(t.uuid), t.uuid };
	t.guest.name = (char *)(uintptr_t) "web";
	lifeboat__berth__init(&t.berth);
	t.berth.address = (char *)(uintptr_t) "192.0.2.1";
	t.berth.port = 7810;
	t.berth.key = (ProtobufCBinaryData){ sizeof(t.key), t.key };
	lifeboat__order__init(&t.order);
	t.order.id = &t.id;
	t.order.kind = ORDER_MOVE;
	t.order.guest = &t.guest;
	t.order.host = (char *)(uintptr_t) "n2";
	t.order.prepare = &t.prepare;
	t.order.berth = &t.berth;
	t.list[0] = &t.order;
	t.ids[0] = &t.id;
	lifeboat__reply__init(&t.reply);
	t.reply.engine = t.id.engine;
	t.reply.term = 3;
	t.reply.orders = t.list;
	t.reply.n_orders = 1;
	return open_table();
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	orders_deinit(&t.orders);
	snprintf(command, sizeof(command), "rm -rf %s", t.run);
	return system(command);
}

static void
tell(int64_t now)
{
	orders_take(&t.orders, &t.reply, (mono_t){ now });
}

/* What the next request says of the only order. */
static const Lifeboat__OrderState *
said(void)
{
	static Lifeboat__Request request;

	lifeboat__request__init(&request);
	orders_fill(&t.orders, &request);
	assert_int_equal(request.n_orders, 1);
	return request.orders[0];
}

static void
folder(char out[FOLDER_SIZE])
{
	char name[FOLDER_NAME];

	folder_name(name, &t.id);
	snprintf(out, FOLDER_SIZE, "%s/%s", t.run, name);
}

/* As its mover would write it. */
static void
write_end(enum outcome outcome)
{
	Lifeboat__OrderState s = LIFEBOAT__ORDER_STATE__INIT;
	uint8_t packed[512], hash[WIRE_HASH] = { 0 };
	char path[FOLDER_SIZE];

	s.id = &t.id;
	s.hash = (ProtobufCBinaryData){ sizeof(hash), hash };
	s.phase = PHASE_DONE;
	s.outcome = outcome;
	folder(path);
	assert_int_equal(
	    folder_write(path, "state", packed, lifeboat__order_state__pack(&s, packed)),
	    0);
}

static void
end_order(enum outcome outcome)
{
	write_end(outcome);
	assert_true(orders_look(&t.orders));
}

static void
an_order_told_twice_is_carried_out_once(void **state)
{
	(void)state;
	tell(0);
	tell(100);
	assert_int_equal(t.started, 1);
	assert_int_equal(orders_open(&t.orders), 1);
	assert_int_equal(said()->outcome, OUTCOME_NONE);
}

static void
the_same_order_with_another_content_changes_nothing(void **state)
{
	uint8_t before[WIRE_HASH];

	(void)state;
	tell(0);
	memcpy(before, said()->hash.data, sizeof(before));
	t.order.host = (char *)(uintptr_t) "n3";
	tell(100);
	assert_int_equal(t.started, 1);
	assert_memory_equal(said()->hash.data, before, sizeof(before));
}

static void
an_outcome_is_told_until_it_is_acknowledged(void **state)
{
	char path[FOLDER_SIZE];
	struct stat st;

	(void)state;
	tell(0);
	end_order(OUTCOME_STAYED);
	t.reply.n_orders = 0;
	tell(100);
	assert_int_equal(said()->outcome, OUTCOME_STAYED);
	t.reply.acknowledged = t.ids;
	t.reply.n_acknowledged = 1;
	tell(200);
	assert_int_equal(t.orders.n, 0);
	folder(path);
	assert_int_equal(stat(path, &st), -1);
}

static void
an_open_order_is_not_forgotten_whoever_acknowledges_it(void **state)
{
	(void)state;
	tell(0);
	t.reply.acknowledged = t.ids;
	t.reply.n_acknowledged = 1;
	tell(100);
	assert_int_equal(t.orders.n, 1);
}

static void
an_engine_of_a_lower_term_is_not_heard(void **state)
{
	(void)state;
	t.reply.n_orders = 0;
	t.reply.term = 4;
	tell(0);
	t.reply.term = 3;
	t.reply.n_orders = 1;
	tell(100);
	assert_int_equal(t.started, 0);
	assert_int_equal(t.orders.n, 0);
	orders_deinit(&t.orders);
	assert_int_equal(open_table(), 0);
	assert_int_equal(t.orders.term, 4); /* also after a restart */
}

static void
an_order_of_an_earlier_term_is_refused(void **state)
{
	(void)state;
	t.reply.term = 4;
	tell(0);
	assert_int_equal(t.started, 0);
	assert_int_equal(said()->outcome, OUTCOME_REFUSED);
	assert_string_equal(said()->why, "old-term");
}

static void
another_engine_is_heard_only_after_thirty_seconds_of_silence(void **state)
{
	static uint8_t other[16] = "another engine";

	(void)state;
	t.reply.n_orders = 0;
	tell(0);
	t.reply.n_orders = 1;
	t.reply.engine.data = other;
	t.id.engine.data = other;
	tell(ORDERS_BOUND_MS - 1);
	assert_int_equal(t.started, 0);
	tell(ORDERS_BOUND_MS);
	assert_int_equal(t.started, 1);
}

static void
the_engine_that_it_heard_last_is_the_one_after_a_restart_too(void **state)
{
	static uint8_t other[16] = "another engine";

	(void)state;
	t.reply.n_orders = 0;
	tell(0);
	orders_deinit(&t.orders);
	assert_int_equal(open_table(), 0);
	t.reply.n_orders = 1;
	t.reply.engine.data = other;
	t.id.engine.data = other;
	tell(ORDERS_BOUND_MS - 1);
	assert_int_equal(t.started, 0);
	tell(ORDERS_BOUND_MS);
	assert_int_equal(t.started, 1);
}

static void
a_second_order_for_a_guest_is_refused_while_one_is_open(void **state)
{
	(void)state;
	tell(0);
	t.id.number = 2;
	tell(100);
	assert_int_equal(t.started, 1);
	assert_int_equal(t.orders.n, 2);
	assert_string_equal(t.orders.entry[1].why, "second-order");
	t.id.number = 1;
	end_order(OUTCOME_STAYED);
	t.id.number = 3;
	tell(200);
	assert_int_equal(t.started, 2);
}

static void
a_run_folder_that_takes_nothing_refuses_the_order(void **state)
{
	(void)state;
	snprintf(t.conf.run, sizeof(t.conf.run), "/proc/nowhere");
	tell(0);
	assert_int_equal(t.started, 0);
	assert_string_equal(said()->why, "no-folder");
}

static void
an_outcome_written_in_the_tick_of_the_last_state_is_seen(void **state)
{
	char path[FOLDER_SIZE], file[FOLDER_SIZE + 8];
	Lifeboat__OrderState s = LIFEBOAT__ORDER_STATE__INIT;
	struct timespec same[2] = { { 1000, 0 }, { 1000, 0 } };
	uint8_t packed[512], hash[WIRE_HASH] = { 0 };

	(void)state;
	tell(0);
	folder(path);
	snprintf(file, sizeof(file), "%s/state", path);
	s.id = &t.id;
	s.hash = (ProtobufCBinaryData){ sizeof(hash), hash };
	for (int outcome = OUTCOME_NONE; outcome <= OUTCOME_STAYED;
	     outcome += OUTCOME_STAYED) {
		s.outcome = (uint32_t)outcome;
		assert_int_equal(folder_write(path, "state", packed,
				     lifeboat__order_state__pack(&s, packed)),
		    0);
		assert_int_equal(utimensat(AT_FDCWD, file, same, 0), 0);
		assert_true(orders_look(&t.orders));
		assert_false(orders_look(&t.orders));
	}
	assert_int_equal(said()->outcome, OUTCOME_STAYED);
	assert_int_equal(orders_open(&t.orders), 0);
}

static void
a_full_table_takes_no_more_until_there_is_room(void **state)
{
	char name[FOLDER_NAME];

	(void)state;
	for (uint32_t i = 1; i <= MAX_ORDERS_TOLD + 1; i++) {
		t.id.number = i;
		t.uuid[0] = (uint8_t)i;
		tell(0);
	}
	assert_int_equal(t.started, MAX_ORDERS_TOLD);
	assert_int_equal(t.orders.n, MAX_ORDERS_TOLD);
	folder_name(name, &t.id);
	assert_false(folder_has(t.run, name));
	t.id.number = 1;
	end_order(OUTCOME_STAYED);
	t.reply.n_orders = 0;
	t.reply.acknowledged = t.ids;
	t.reply.n_acknowledged = 1;
	tell(100);
	assert_int_equal(t.orders.n, MAX_ORDERS_TOLD - 1);
	t.reply.n_acknowledged = 0;
	t.reply.n_orders = 1;
	t.id.number = MAX_ORDERS_TOLD + 1;
	tell(200);
	assert_int_equal(t.started, MAX_ORDERS_TOLD + 1);
	t.id.number = MAX_ORDERS_TOLD; /* taken long ago, whatever is full */
	tell(300);
	assert_int_equal(t.started, MAX_ORDERS_TOLD + 1);
}

static void
a_refusal_is_told_until_it_is_acknowledged(void **state)
{
	(void)state;
	snprintf(t.conf.run, sizeof(t.conf.run), "/proc/nowhere");
	tell(0);
	tell(100);
	assert_int_equal(t.orders.n, 1);
	assert_int_equal(said()->phase, PHASE_DONE);
	assert_true(strlen(said()->detail) > 0);
	t.reply.n_orders = 0;
	t.reply.acknowledged = t.ids;
	t.reply.n_acknowledged = 1;
	tell(200);
	assert_int_equal(t.orders.n, 0);
}

static void
an_order_that_cannot_be_read_again_is_left_alone(void **state)
{
	char path[FOLDER_SIZE];

	(void)state;
	tell(0);
	folder(path);
	orders_deinit(&t.orders);
	assert_int_equal(folder_write(path, "order", "\xff\xff", 2), 0);
	assert_int_equal(open_table(), 0);
	assert_int_equal(t.orders.n, 0);
	assert_int_equal(t.started, 1);
	assert_true(folder_has(path, "order"));
}

static void
what_an_order_goes_by(struct actuator_conf_record *record)
{
	char path[FOLDER_SIZE];

	folder(path);
	assert_int_equal(
	    folder_read(path, "conf", record, sizeof(*record)), sizeof(*record));
}

static void
an_edited_file_changes_nothing_under_way(void **state)
{
	struct actuator_conf_record record;

	(void)state;
	t.conf.stall_ms = 1000;
	tell(0);
	orders_deinit(&t.orders);
	t.conf.stall_ms = 2000;
	assert_int_equal(open_table(), 0);
	what_an_order_goes_by(&record);
	assert_int_equal(record.conf.stall_ms, 1000);
}

static void
an_order_of_another_version_goes_by_this_ones_configuration(void **state)
{
	struct actuator_conf_record record;
	char path[FOLDER_SIZE];

	(void)state;
	t.conf.stall_ms = 1000;
	tell(0);
	folder(path);
	what_an_order_goes_by(&record);
	record.version++;
	record.conf.stall_ms = 7;
	assert_int_equal(folder_write(path, "conf", &record, sizeof(record)), 0);
	orders_deinit(&t.orders);
	t.conf.stall_ms = 2000;
	assert_int_equal(open_table(), 0);
	assert_int_equal(t.orders.n, 1);
	assert_int_equal(t.started, 2);
	what_an_order_goes_by(&record);
	assert_int_equal(record.version, ACTUATOR_CONF_VERSION);
	assert_int_equal(record.conf.stall_ms, 2000);
}

static void
a_mover_that_is_started_again_can_read_what_it_goes_by(void **state)
{
	struct actuator_conf_record record;
	char path[FOLDER_SIZE];

	(void)state;
	t.conf.stall_ms = 1000;
	tell(0);
	folder(path);
	assert_int_equal(folder_write(path, "conf", "older", 5), 0);
	orders_revive(&t.orders, (mono_t){ ORDERS_START_MS });
	assert_int_equal(t.started, 2);
	what_an_order_goes_by(&record);
	assert_int_equal(record.conf.stall_ms, 1000);
}

static void
the_carriers_key_outlives_a_restart(void **state)
{
	struct keys_pair before = t.orders.carrier;

	(void)state;
	orders_deinit(&t.orders);
	assert_int_equal(open_table(), 0);
	assert_memory_equal(&t.orders.carrier, &before, sizeof(before));
}

static void
a_cancellation_reaches_the_folder(void **state)
{
	char path[FOLDER_SIZE];

	(void)state;
	tell(0);
	folder(path);
	assert_false(folder_has(path, "cancel"));
	t.reply.cancelled = t.ids;
	t.reply.n_cancelled = 1;
	tell(100);
	assert_true(folder_has(path, "cancel"));
}

static void
a_cancellation_that_cannot_be_written_is_tried_again(void **state)
{
	char path[FOLDER_SIZE];

	(void)state;
	tell(0);
	folder(path);
	t.reply.cancelled = t.ids;
	t.reply.n_cancelled = 1;
	snprintf(t.conf.run, sizeof(t.conf.run), "/proc/nowhere");
	tell(100);
	assert_true(t.orders.entry[0].cancel_failed);
	snprintf(t.conf.run, sizeof(t.conf.run), "%s", t.run);
	tell(200);
	assert_true(folder_has(path, "cancel"));
}

static void
a_restart_takes_up_what_is_open_and_another_boot_voids_it(void **state)
{
	(void)state;
	tell(0);
	orders_deinit(&t.orders);
	assert_int_equal(open_table(), 0);
	assert_int_equal(t.orders.n, 1);
	assert_int_equal(t.started, 2);
	orders_deinit(&t.orders);
	memset(t.boot.b, 2, sizeof(t.boot.b));
	assert_int_equal(open_table(), 0);
	assert_int_equal(t.orders.n, 0);
	assert_int_equal(t.started, 2);
}

static void
a_mover_that_died_is_started_again_and_one_that_lives_is_not(void **state)
{
	char path[FOLDER_SIZE];
	int lock;

	(void)state;
	tell(0);
	orders_revive(&t.orders, (mono_t){ ORDERS_START_MS - 1 });
	assert_int_equal(t.started, 1);
	folder(path);
	lock = folder_lock(path);
	assert_true(lock >= 0);
	orders_revive(&t.orders, (mono_t){ ORDERS_START_MS });
	assert_int_equal(t.started, 1);
	close(lock);
	orders_revive(&t.orders, (mono_t){ ORDERS_START_MS });
	assert_int_equal(t.started, 2);
}

static void
a_mover_that_has_ended_since_the_last_look_is_not_started_again(void **state)
{
	(void)state;
	tell(0);
	write_end(OUTCOME_STAYED);
	orders_revive(&t.orders, (mono_t){ ORDERS_START_MS });
	assert_int_equal(t.started, 1);
	assert_true(orders_look(&t.orders));
	assert_false(orders_look(&t.orders));
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(an_order_told_twice_is_carried_out_once),
		FRESH(the_same_order_with_another_content_changes_nothing),
		FRESH(an_outcome_is_told_until_it_is_acknowledged),
		FRESH(an_open_order_is_not_forgotten_whoever_acknowledges_it),
		FRESH(an_engine_of_a_lower_term_is_not_heard),
		FRESH(an_order_of_an_earlier_term_is_refused),
		FRESH(another_engine_is_heard_only_after_thirty_seconds_of_silence),
		FRESH(the_engine_that_it_heard_last_is_the_one_after_a_restart_too),
		FRESH(a_second_order_for_a_guest_is_refused_while_one_is_open),
		FRESH(a_run_folder_that_takes_nothing_refuses_the_order),
		FRESH(an_outcome_written_in_the_tick_of_the_last_state_is_seen),
		FRESH(a_full_table_takes_no_more_until_there_is_room),
		FRESH(a_refusal_is_told_until_it_is_acknowledged),
		FRESH(an_order_that_cannot_be_read_again_is_left_alone),
		FRESH(an_edited_file_changes_nothing_under_way),
		FRESH(an_order_of_another_version_goes_by_this_ones_configuration),
		FRESH(a_mover_that_is_started_again_can_read_what_it_goes_by),
		FRESH(the_carriers_key_outlives_a_restart),
		FRESH(a_cancellation_reaches_the_folder),
		FRESH(a_cancellation_that_cannot_be_written_is_tried_again),
		FRESH(a_restart_takes_up_what_is_open_and_another_boot_voids_it),
		FRESH(a_mover_that_died_is_started_again_and_one_that_lives_is_not),
		FRESH(a_mover_that_has_ended_since_the_last_look_is_not_started_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
