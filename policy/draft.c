#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/draft.h"

/* What a draft borrows from until it is packed. */
struct sources {
	Lifeboat__Xen *xen;
	Lifeboat__Storage *storage;
	Lifeboat__Order *prepare; /* the one it follows */
};

static void
free_sources(struct sources *s)
{
	if (s->xen)
		lifeboat__xen__free_unpacked(s->xen, NULL);
	if (s->storage)
		lifeboat__storage__free_unpacked(s->storage, NULL);
	if (s->prepare)
		lifeboat__order__free_unpacked(s->prepare, NULL);
}

static void
read_sources(struct sources *s, const struct engine *e, const struct action *a)
{
	struct intake_words words = intake_words(e->intake, a->from.i);
	const struct book_order *prepare = book_find(&e->book, a->after);

	if (words.xen)
		s->xen = lifeboat__xen__unpack(NULL, words.xen_len, words.xen);
	if (words.storage)
		s->storage =
		    lifeboat__storage__unpack(NULL, words.storage_len, words.storage);
	if (prepare)
		s->prepare =
		    lifeboat__order__unpack(NULL, prepare->row.len, prepare->row.packed);
}

/* What follows a move is about the guest as it was: half moved it may be reported under
 * another name, or nowhere. */
static Lifeboat__Guest *
find_guest(const struct sources *s, enum order_kind kind, const struct uuid *guest)
{
	if (s->prepare && (kind == ORDER_RESUME || kind == ORDER_CLEAN))
		return s->prepare->guest;
	for (size_t i = 0; s->xen && i < s->xen->n_guests; i++)
		if (memcmp(s->xen->guests[i]->uuid.data, guest->b, sizeof(guest->b)) == 0)
			return s->xen->guests[i];
	return s->prepare ? s->prepare->guest : NULL;
}

static size_t
find_disks(const struct sources *s, const Lifeboat__Guest *g, Lifeboat__Disk **out)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_disks; i++)
		for (size_t k = 0; s->storage && k < s->storage->n_disks; k++)
			if (strcmp(s->storage->disks[k]->identity, g->disks[i]) == 0) {
				out[n++] = s->storage->disks[k];
				break;
			}
	return n;
}

static void
set_kind(struct book_order *o, const struct action *a)
{
	static const enum order_kind kinds[ACTION_KINDS] = {
		[ACTION_PREPARE] = ORDER_PREPARE,
		[ACTION_MOVE] = ORDER_MOVE,
		[ACTION_RESUME] = ORDER_RESUME,
		[ACTION_CLEAN] = ORDER_CLEAN,
	};

	o->row.kind = kinds[a->kind];
	o->host = o->row.kind == ORDER_PREPARE ? a->to
		  : o->row.kind == ORDER_CLEAN ? a->at
					       : a->from;
	assert(o->row.kind != ORDER_NONE);
}

static void
fill_row(struct book_order *o, const struct engine *e, const struct action *a)
{
	struct host_view from, to;

	core_host(e->core, a->from, &from);
	core_host(e->core, a->to, &to);
	o->from = a->from;
	o->to = a->to;
	o->row.id = a->order;
	o->row.prepare = o->row.kind == ORDER_PREPARE ? (order_t){ 0, 0 } : a->after;
	o->row.guest = a->guest;
	text_copy(o->row.from, sizeof(o->row.from), from.name);
	text_copy(o->row.to, sizeof(o->row.to), to.name);
	text_copy(o->row.host, sizeof(o->row.host),
	    o->host.i == a->from.i ? from.name : to.name);
	/* A guest's name is shorter than a sensor's, which an action has room for. */
	memcpy(o->row.name, a->name, sizeof(o->row.name) - 1);
	text_copy(o->row.why, sizeof(o->row.why), why_word(a->why));
	o->row.opened_ms = clock_wall_ms();
}

void
draft_id(Lifeboat__OrderId *out, const struct engine *e, order_t id)
{
	lifeboat__order_id__init(out);
	out->engine.data = (uint8_t *)(uintptr_t)store_instance(e->store);
	out->engine.len = sizeof(struct uuid);
	out->term = id.term;
	out->number = id.number;
}

static int
pack(struct book_order *o, const Lifeboat__Order *m, struct err *err)
{
	o->row.len = lifeboat__order__get_packed_size(m);
	o->row.packed = malloc(o->row.len);
	if (!o->row.packed)
		return err_set(err, -ENOMEM, "out of memory");
	lifeboat__order__pack(m, o->row.packed);
	wire_order_hash(o->row.hash, m);
	return 0;
}

static int
write_order(struct book_order *o, const struct engine *e, const struct sources *s,
    struct err *err)
{
	const struct intake_actuator *source = intake_actuator(e->intake, o->from.i);
	const struct book_order *prepare = book_find(&e->book, o->row.prepare);
	Lifeboat__Order m = LIFEBOAT__ORDER__INIT;
	Lifeboat__OrderId id, after;
	Lifeboat__Berth berth = LIFEBOAT__BERTH__INIT;
	Lifeboat__Disk *disks[MAX_GUEST_DISKS];
	Lifeboat__Xen xen;

	m.guest = find_guest(s, o->row.kind, &o->row.guest);
	if (!m.guest)
		return err_set(
		    err, -ENODATA, "%s has not reported %s", o->row.from, o->row.name);
	draft_id(&id, e, o->row.id);
	draft_id(&after, e, o->row.prepare);
	m.id = &id;
	m.kind = o->row.kind;
	m.host = o->host.i == o->to.i ? o->row.from : o->row.to;
	if (o->row.kind != ORDER_PREPARE) {
		m.prepare = &after;
		if (o->row.kind == ORDER_MOVE && prepare) {
			berth.address = (char *)(uintptr_t)prepare->row.berth.address;
			berth.port = prepare->row.berth.port;
			berth.key.data = (uint8_t *)(uintptr_t)prepare->row.berth.key;
			berth.key.len = WIRE_KEY;
			m.berth = &berth;
		}
		return pack(o, &m, err);
	}
	if (!s->xen || !source->has_key)
		return err_set(
		    err, -ENODATA, "nothing is known of the actuator of %s", o->row.from);
	xen = *s->xen;
	xen.n_guests = xen.n_bridges = 0;
	m.source = &xen;
	m.disks = disks;
	m.n_disks = find_disks(s, m.guest, disks);
	m.carrier_key.data = (uint8_t *)(uintptr_t)source->carrier_key;
	m.carrier_key.len = WIRE_KEY;
	return pack(o, &m, err);
}

int
draft_order(struct book_order **out, const struct engine *e, const struct action *a,
    struct err *err)
{
	struct book_order *o = calloc(1, sizeof(*o));
	struct sources s = { NULL, NULL, NULL };
	int r;

	if (!o)
		return err_set(err, -ENOMEM, "out of memory");
	set_kind(o, a);
	fill_row(o, e, a);
	read_sources(&s, e, a);
	r = write_order(o, e, &s, err);
	free_sources(&s);
	if (r < 0)
		book_order_free(o);
	else
		*out = o;
	return r;
}
