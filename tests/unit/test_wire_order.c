/* An order is taken as a whole or refused by the name of the field that is wrong. */
#include <string.h>

#include "base/wire.h"
#include "tests/unit/cmocka_all.h"

/* A prepare and a move that are good; each test spoils one thing. */
static struct {
	struct wire_arena arena;
	Lifeboat__OrderId id, prepare;
	Lifeboat__Guest guest;
	Lifeboat__Disk disk, *disks[MAX_GUEST_DISKS + 1];
	Lifeboat__Xen source;
	Lifeboat__Berth berth;
	Lifeboat__Order order;
} t;

static uint8_t bytes[WIRE_KEY + 1];
static uint8_t packed[FRAME_MAX];

static ProtobufCBinaryData
some(size_t len)
{
	return (ProtobufCBinaryData){ len, bytes };
}

static char *
text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void
name_order(Lifeboat__OrderId *id, uint32_t number)
{
	lifeboat__order_id__init(id);
	id->engine = some(sizeof(struct uuid));
	id->term = 3;
	id->number = number;
}

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	name_order(&t.id, 7);
	name_order(&t.prepare, 6);
	lifeboat__guest__init(&t.guest);
	t.guest.uuid = some(sizeof(struct uuid));
	t.guest.name = text("web");
	t.guest.type = GUEST_PVH;
	lifeboat__disk__init(&t.disk);
	t.disk.identity = text("naa.6001 iqn.2026-11.lab:disks 10.0.0.5:3260");
	for (size_t i = 0; i <= MAX_GUEST_DISKS; i++)
		t.disks[i] = &t.disk;
	lifeboat__xen__init(&t.source);
	t.source.major = 4;
	t.source.minor = 17;
	lifeboat__berth__init(&t.berth);
	t.berth.address = text("192.0.2.7");
	t.berth.port = 7100;
	t.berth.key = some(WIRE_KEY);
	lifeboat__order__init(&t.order);
	t.order.id = &t.id;
	t.order.guest = &t.guest;
	t.order.host = text("n2");
	return wire_arena_init(&t.arena);
}

static int
setup_prepare(void **state)
{
	int r = setup(state);

	t.order.kind = ORDER_PREPARE;
	t.order.disks = t.disks;
	t.order.n_disks = 1;
	t.order.carrier_key = some(WIRE_KEY);
	t.order.source = &t.source;
	return r;
}

static int
setup_move(void **state)
{
	int r = setup(state);

	t.order.kind = ORDER_MOVE;
	t.order.prepare = &t.prepare;
	t.order.berth = &t.berth;
	return r;
}

static int
teardown(void **state)
{
	(void)state;
	wire_arena_deinit(&t.arena);
	return 0;
}

/* Of len bytes at packed: "ok", or what was refused. */
static const char *
verdict_of(size_t len)
{
	const char *what = NULL;
	Lifeboat__Order *out;
	enum frame_refusal r = wire_order(&out, &t.arena, packed, len, &what);

	if (r == FRAME_OK)
		return "ok";
	return r == FRAME_E_VALUE ? what : "decode";
}

static const char *
verdict(void)
{
	return verdict_of(lifeboat__order__pack(&t.order, packed));
}

static void
good_orders_come_back_with_the_same_hash(void **state)
{
	uint8_t sent[WIRE_HASH], taken[WIRE_HASH];
	Lifeboat__Order *out;
	const char *what;
	size_t len = lifeboat__order__pack(&t.order, packed);

	(void)state;
	assert_int_equal(wire_order(&out, &t.arena, packed, len, &what), FRAME_OK);
	wire_order_hash(sent, &t.order);
	wire_order_hash(taken, out);
	assert_memory_equal(sent, taken, WIRE_HASH);
	out->id->number++;
	wire_order_hash(taken, out);
	assert_memory_not_equal(sent, taken, WIRE_HASH);
}

static void
an_order_names_engine_term_and_number(void **state)
{
	(void)state;
	t.order.id = NULL;
	assert_string_equal(verdict(), "order id");
	t.order.id = &t.id;
	t.id.engine.len--;
	assert_string_equal(verdict(), "order id");
	t.id.engine.len += 2;
	assert_string_equal(verdict(), "order id");
	t.id.engine.len--;
	t.id.term = 0;
	assert_string_equal(verdict(), "order id");
	t.id.term = 1;
	t.id.number = 0;
	assert_string_equal(verdict(), "order id");
	t.id.number = 1;
	assert_string_equal(verdict(), "ok");
}

static void
an_order_has_a_kind_a_guest_and_the_other_host(void **state)
{
	char host[NAME_SIZE + 1];

	(void)state;
	t.order.kind = ORDER_NONE;
	assert_string_equal(verdict(), "kind of order");
	t.order.kind = ORDER_KINDS;
	assert_string_equal(verdict(), "kind of order");
	t.order.kind = UINT32_MAX;
	assert_string_equal(verdict(), "kind of order");
	t.order.kind = ORDER_PREPARE;
	t.order.guest = NULL;
	assert_string_equal(verdict(), "guest");
	t.order.guest = &t.guest;
	t.guest.uuid.len--;
	assert_string_equal(verdict(), "guest uuid");
	t.guest.uuid.len++;
	t.order.host = text("");
	assert_string_equal(verdict(), "host");
	t.order.host = text("\xff");
	assert_string_equal(verdict(), "host");
	memset(host, 'n', sizeof(host));
	host[NAME_SIZE] = '\0';
	t.order.host = host;
	assert_string_equal(verdict(), "host");
	t.order.host = host + 1;
	assert_string_equal(verdict(), "ok");
}

static void
a_prepare_has_a_key_a_source_and_disks(void **state)
{
	(void)state;
	t.order.carrier_key.len = WIRE_KEY - 1;
	assert_string_equal(verdict(), "carrier key");
	t.order.carrier_key.len = WIRE_KEY + 1;
	assert_string_equal(verdict(), "carrier key");
	t.order.carrier_key.len = WIRE_KEY;
	t.order.source = NULL;
	assert_string_equal(verdict(), "source");
	t.order.source = &t.source;
	t.source.major = 100;
	assert_string_equal(verdict(), "xen version");
	t.source.major = 4;
	t.order.n_disks = MAX_GUEST_DISKS + 1;
	assert_string_equal(verdict(), "count of disks");
	t.order.n_disks = MAX_GUEST_DISKS;
	assert_string_equal(verdict(), "ok");
	t.disk.identity = text("");
	assert_string_equal(verdict(), "disk");
	t.order.n_disks = 0;
	assert_string_equal(verdict(), "ok");
}

static void
a_move_follows_a_prepare_to_its_berth(void **state)
{
	(void)state;
	t.order.prepare = NULL;
	assert_string_equal(verdict(), "order id");
	t.order.prepare = &t.prepare;
	t.prepare.number = 0;
	assert_string_equal(verdict(), "order id");
	t.prepare.number = 6;
	t.order.berth = NULL;
	assert_string_equal(verdict(), "berth");
	t.order.berth = &t.berth;
	t.berth.port = 0;
	assert_string_equal(verdict(), "berth");
	t.berth.port = 65536;
	assert_string_equal(verdict(), "berth");
	t.berth.port = 65535;
	assert_string_equal(verdict(), "ok");
	t.berth.key.len = WIRE_KEY - 1;
	assert_string_equal(verdict(), "berth");
	t.berth.key.len = WIRE_KEY + 1;
	assert_string_equal(verdict(), "berth");
}

static void
a_berth_has_a_numeric_address(void **state)
{
	static const char *const bad[] = { "", "localhost", "n2.example", "192.0.2", "1",
		"192.0.2.7 ", "192.0.2.7:80", "fe80::1%eth0", "[2001:db8::7]",
		"192.0.2.256" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t.berth.address = text(bad[i]);
		assert_string_equal(verdict(), "address of a berth");
	}
	t.berth.address = text("2001:db8::7");
	assert_string_equal(verdict(), "ok");
}

static void
what_follows_a_move_needs_no_berth(void **state)
{
	(void)state;
	t.order.berth = NULL;
	for (uint32_t kind = ORDER_MOVE + 1; kind < ORDER_KINDS; kind++) {
		t.order.kind = kind;
		t.order.prepare = &t.prepare;
		assert_string_equal(verdict(), "ok");
		t.order.prepare = NULL;
		assert_string_equal(verdict(), "order id");
	}
}

/* Field 100, a number, that no version of this message has. */
static ProtobufCMessageUnknownField unknown = { 100, PROTOBUF_C_WIRE_TYPE_VARINT, 1,
	bytes };

static void
with_unknown(ProtobufCMessage *part)
{
	part->n_unknown_fields = 1;
	part->unknown_fields = &unknown;
	assert_string_equal(verdict(), "unknown field");
	part->n_unknown_fields = 0;
	part->unknown_fields = NULL;
	assert_string_equal(verdict(), "ok");
}

static void
an_unknown_field_anywhere_in_a_prepare_is_refused(void **state)
{
	Lifeboat__Guest *guests[] = { &t.guest };

	(void)state;
	with_unknown(&t.order.base);
	with_unknown(&t.id.base);
	with_unknown(&t.guest.base);
	with_unknown(&t.disk.base);
	with_unknown(&t.source.base);
	t.source.guests = guests;
	t.source.n_guests = 1;
	with_unknown(&t.guest.base);
}

static void
an_unknown_field_anywhere_in_a_move_is_refused(void **state)
{
	(void)state;
	with_unknown(&t.order.base);
	with_unknown(&t.prepare.base);
	with_unknown(&t.berth.base);
}

static void
an_order_cut_short_is_no_order(void **state)
{
	size_t len = lifeboat__order__pack(&t.order, packed);

	(void)state;
	assert_string_equal(verdict_of(len), "ok");
	for (size_t cut = 0; cut < len; cut++)
		assert_string_not_equal(verdict_of(cut), "ok");
	memset(packed, 0xff, len);
	assert_string_equal(verdict_of(len), "decode");
}

#define PREPARE(f) cmocka_unit_test_setup_teardown(f, setup_prepare, teardown)
#define MOVE(f)    cmocka_unit_test_setup_teardown(f, setup_move, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PREPARE(good_orders_come_back_with_the_same_hash),
		MOVE(good_orders_come_back_with_the_same_hash),
		PREPARE(an_order_names_engine_term_and_number),
		PREPARE(an_order_has_a_kind_a_guest_and_the_other_host),
		PREPARE(a_prepare_has_a_key_a_source_and_disks),
		MOVE(a_move_follows_a_prepare_to_its_berth),
		MOVE(a_berth_has_a_numeric_address),
		MOVE(what_follows_a_move_needs_no_berth),
		PREPARE(an_unknown_field_anywhere_in_a_prepare_is_refused),
		MOVE(an_unknown_field_anywhere_in_a_move_is_refused),
		MOVE(an_order_cut_short_is_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
