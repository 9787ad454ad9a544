#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#include "base/wire.h"
#include "base/wire_internal.h"

enum { PORT_MAX = 65535 };

static const char *
check_id(const Lifeboat__OrderId *id)
{
	if (!id || id->engine.len != sizeof(struct uuid) || id->term == 0 ||
	    id->number == 0)
		return "order id";
	return NULL;
}

static const char *
check_berth(const Lifeboat__Berth *b)
{
	struct in6_addr any;

	if (!b || b->port == 0 || b->port > PORT_MAX || b->key.len != WIRE_KEY)
		return "berth";
	if (inet_pton(AF_INET, b->address, &any) != 1 &&
	    inet_pton(AF_INET6, b->address, &any) != 1)
		return "address of a berth";
	return NULL;
}

static const char *
check_prepare(const Lifeboat__Order *o)
{
	if (o->carrier_key.len != WIRE_KEY)
		return "carrier key";
	if (!o->source)
		return "source";
	if (o->n_disks > MAX_GUEST_DISKS)
		return "count of disks";
	for (size_t i = 0; i < o->n_disks; i++)
		if (!wire_is_disk(o->disks[i]))
			return "disk";
	return wire_check_xen(o->source);
}

/*
 * An order is carried out as a whole or not at all: one with a field that this version
 * does not know is refused.
 */
static bool
is_known(const Lifeboat__Order *o)
{
	unsigned int unknown = o->base.n_unknown_fields;

	unknown += o->id ? o->id->base.n_unknown_fields : 0;
	unknown += o->guest ? o->guest->base.n_unknown_fields : 0;
	unknown += o->source ? o->source->base.n_unknown_fields : 0;
	unknown += o->prepare ? o->prepare->base.n_unknown_fields : 0;
	unknown += o->berth ? o->berth->base.n_unknown_fields : 0;
	for (size_t i = 0; i < o->n_disks; i++)
		unknown += o->disks[i]->base.n_unknown_fields;
	for (size_t i = 0; o->source && i < o->source->n_guests; i++)
		unknown += o->source->guests[i]->base.n_unknown_fields;
	return unknown == 0;
}

static const char *
check_order(const Lifeboat__Order *o)
{
	const char *what = is_known(o) ? check_id(o->id) : "unknown field";

	if (what)
		return what;
	if (o->kind == ORDER_NONE || o->kind >= ORDER_KINDS)
		return "kind of order";
	if (!o->guest)
		return "guest";
	what = wire_check_guest(o->guest);
	if (what)
		return what;
	if (!wire_is_name(o->host, NAME_SIZE, false))
		return "host";
	if (o->kind == ORDER_PREPARE)
		return check_prepare(o);
	what = check_id(o->prepare);
	if (!what && o->kind == ORDER_MOVE)
		what = check_berth(o->berth);
	return what;
}

static const char *
check_state(const Lifeboat__OrderState *s)
{
	const char *what = check_id(s->id);

	if (what)
		return what;
	if (s->hash.len != WIRE_HASH)
		return "hash of an order";
	if (s->phase >= PHASES || s->outcome > OUTCOME_UNDEFINED)
		return "phase or outcome";
	if (!wire_is_name(s->why, WHY_SIZE, true) ||
	    !wire_is_name(s->detail, DETAIL_SIZE, true))
		return "why or detail";
	if (s->n_entered_ms > PHASES)
		return "count of phases";
	if (s->outcome == OUTCOME_READY || s->berth)
		return check_berth(s->berth);
	return NULL;
}

static const char *
check_request(const Lifeboat__Request *m)
{
	const char *what = NULL;

	if (m->boot_id.len != sizeof(struct uuid))
		return "boot id";
	if (m->carrier_key.len != 0 && m->carrier_key.len != WIRE_KEY)
		return "carrier key";
	if (m->n_orders > MAX_ORDERS_TOLD)
		return "count of orders";
	for (size_t i = 0; i < m->n_orders && !what; i++)
		what = check_state(m->orders[i]);
	return what;
}

static const char *
check_reply(const Lifeboat__Reply *m)
{
	const char *what = NULL;

	if (m->session.len != SESSION_SIZE || m->engine.len != sizeof(struct uuid))
		return "session or engine";
	if (!wire_is_name(m->refused, DETAIL_SIZE, true))
		return "refusal";
	if (m->n_orders > MAX_ORDERS_TOLD || m->n_acknowledged > MAX_ORDERS_TOLD ||
	    m->n_cancelled > MAX_ORDERS_TOLD)
		return "count of orders";
	for (size_t i = 0; i < m->n_orders && !what; i++)
		what = check_order(m->orders[i]);
	for (size_t i = 0; i < m->n_acknowledged && !what; i++)
		what = check_id(m->acknowledged[i]);
	for (size_t i = 0; i < m->n_cancelled && !what; i++)
		what = check_id(m->cancelled[i]);
	return what;
}

enum frame_refusal
wire_request(Lifeboat__Request **out, struct wire_arena *a, const uint8_t *buf,
    size_t len, const char **what)
{
	ProtobufCMessage *m = wire_decode(&lifeboat__request__descriptor, a, buf, len);

	if (!m)
		return FRAME_E_DECODE;
	*out = (Lifeboat__Request *)m;
	*what = check_request(*out);
	return *what ? FRAME_E_VALUE : FRAME_OK;
}

enum frame_refusal
wire_reply(Lifeboat__Reply **out, struct wire_arena *a, const uint8_t *buf, size_t len,
    const char **what)
{
	ProtobufCMessage *m = wire_decode(&lifeboat__reply__descriptor, a, buf, len);

	if (!m)
		return FRAME_E_DECODE;
	*out = (Lifeboat__Reply *)m;
	*what = check_reply(*out);
	return *what ? FRAME_E_VALUE : FRAME_OK;
}

enum frame_refusal
wire_order(Lifeboat__Order **out, struct wire_arena *a, const uint8_t *buf, size_t len,
    const char **what)
{
	ProtobufCMessage *m = wire_decode(&lifeboat__order__descriptor, a, buf, len);

	if (!m)
		return FRAME_E_DECODE;
	*out = (Lifeboat__Order *)m;
	*what = check_order(*out);
	return *what ? FRAME_E_VALUE : FRAME_OK;
}

/* Fed to the hash as it is packed: no buffer, whatever the size. */
struct hasher {
	ProtobufCBuffer base; /* first: protobuf-c hands this back */
	crypto_generichash_state state;
};

static void
hash_append(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
	crypto_generichash_update(&((struct hasher *)buffer)->state, data, len);
}

void
wire_order_hash(uint8_t out[WIRE_HASH], const Lifeboat__Order *order)
{
	struct hasher h = { .base = { .append = hash_append } };

	crypto_generichash_init(&h.state, NULL, 0, WIRE_HASH);
	lifeboat__order__pack_to_buffer(order, &h.base);
	crypto_generichash_final(&h.state, out, WIRE_HASH);
}
