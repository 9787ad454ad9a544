#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "policy/core/core.h"
#include "policy/door_orders.h"

static const char *
known(const char *text)
{
	return text[0] ? text : NULL;
}

static const char *
sentence(const char *word)
{
	enum why w = why_find(word);

	return w == WHYS || w == WHY_NONE ? NULL : why_sentence(w);
}

static json_t *
age(int64_t wall_ms)
{
	int64_t ms = clock_wall_ms() - wall_ms;

	return wall_ms == 0 ? json_null() : json_integer(ms < 0 ? 0 : ms);
}

static json_t *
took(int64_t ms)
{
	return ms > 0 ? json_integer(ms) : json_null();
}

static const char *
said(enum outcome outcome)
{
	return outcome == OUTCOME_NONE ? NULL : outcome_name(outcome);
}

static json_t *
row(const struct store_order *o)
{
	char id[40], uuid[UUID_TEXT_SIZE];

	snprintf(id, sizeof(id), "%" PRIu64 ".%" PRIu32, o->id.term, o->id.number);
	uuid_format(uuid, &o->guest);
	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?,"
	    " s:s?, s:s?, s:b, s:o, s:o, s:I, s:o, s:o}",
	    "order", id, "kind", order_kind_name(o->kind), "guest", o->name, "uuid", uuid,
	    "from", o->from, "to", o->to, "host", o->host, "why", o->why, "sentence",
	    sentence(o->why), "said", said(o->said), "said_why", known(o->said_why),
	    "detail", known(o->detail), "outcome", said(o->outcome), "verdict",
	    known(o->verdict), "verdict_sentence", sentence(o->verdict), "by",
	    known(o->by), "held", o->held, "opened_age_ms", age(o->opened_ms),
	    "ended_age_ms", age(o->ended_ms), "bytes", (json_int_t)o->bytes, "copy_ms",
	    took(o->copy_ms), "pause_ms", took(o->pause_ms));
}

/* Where an open order is on its way. */
static const char *
state_of(const struct book_order *o)
{
	if (o->row.taken)
		return "taken";
	if (o->withdrawn)
		return "withdrawn";
	return o->told ? "told" : "queued";
}

static uint64_t
memory_of(const struct engine *e, const struct book_order *o)
{
	struct host_view v;

	if (!core_host(e->core, o->from, &v))
		return 0;
	for (int i = 0; i < v.xen->n_guests; i++)
		if (uuid_equal(&v.xen->guests[i].uuid, &o->row.guest))
			return v.xen->guests[i].memory_kib;
	return 0;
}

static json_t *
open_row(const struct engine *e, const struct book_order *o)
{
	json_t *r = row(&o->row);

	json_object_set_new(r, "state", json_string(state_of(o)));
	json_object_set_new(r, "phase", json_string(phase_name(o->phase)));
	json_object_set_new(r, "bytes_per_s", json_integer((json_int_t)o->bytes_per_s));
	json_object_set_new(r, "memory_kib", json_integer((json_int_t)memory_of(e, o)));
	json_object_set_new(r, "cancelled", json_boolean(o->cancel));
	return r;
}

static void
add_closed(void *to, const struct store_order *o)
{
	json_t *r = row(o);

	json_object_set_new(r, "state", json_string("ended"));
	json_array_append_new(to, r);
}

json_t *
door_open_orders(const struct engine *e)
{
	json_t *rows = json_array();

	for (int i = 0; i < e->book.n; i++)
		json_array_append_new(rows, open_row(e, e->book.order[i]));
	return rows;
}

json_t *
door_guest_orders(const struct engine *e, const struct uuid *guest)
{
	json_t *rows = json_array();

	for (int i = 0; i < e->book.n; i++) {
		const struct book_order *o = e->book.order[i];

		if (o->row.outcome == OUTCOME_NONE && uuid_equal(&o->row.guest, guest))
			json_array_append_new(rows, open_row(e, o));
	}
	return rows;
}

json_t *
door_moves(const struct engine *e)
{
	json_t *rows = json_array();

	for (int i = 0; i < e->book.n; i++) {
		const struct book_order *o = e->book.order[i];

		if (o->row.kind == ORDER_MOVE && o->row.taken && !o->last)
			json_array_append_new(rows, open_row(e, o));
	}
	return rows;
}

json_t *
door_orders(const struct engine *e, bool all)
{
	json_t *rows = door_open_orders(e);

	if (all)
		store_each_closed(e->store, STORE_ENDED, add_closed, rows);
	return json_pack("{s:b, s:o}", "ok", 1, "orders", rows);
}

bool
door_order_id(order_t *out, const char *text)
{
	char *end;
	unsigned long long number;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	out->term = strtoull(text, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return false;
	number = strtoull(end + 1, &end, 10);
	out->number = (uint32_t)number;
	return errno == 0 && *end == '\0' && number <= UINT32_MAX;
}
