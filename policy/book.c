#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "policy/book.h"

struct book_order *
book_order_free(struct book_order *o)
{
	if (o)
		free(o->row.packed);
	free(o);
	return NULL;
}

void
book_deinit(struct book *b)
{
	for (int i = 0; i < b->n; i++)
		book_order_free(b->order[i]);
	free(b->order);
	b->order = NULL;
	b->n = b->room = 0;
}

bool
book_same(order_t a, order_t b)
{
	return a.term == b.term && a.number == b.number;
}

const char *
book_id_text(order_t id)
{
	return log_text("%" PRIu64 ".%" PRIu32, id.term, id.number);
}

bool
book_is_follow(const struct store_order *row)
{
	return row->kind == ORDER_RESUME || row->kind == ORDER_CLEAN;
}

bool
book_is_last(const struct store_order *row)
{
	if (row->said == OUTCOME_NONE || row->said == OUTCOME_READY)
		return false;
	return row->said != OUTCOME_UNDEFINED || row->outcome != OUTCOME_NONE ||
	       book_is_follow(row);
}

bool
book_is_to_stop(const struct book_order *o)
{
	return o->told && !o->last && o->row.outcome != OUTCOME_NONE &&
	       (o->row.outcome != OUTCOME_MOVED || book_is_follow(&o->row));
}

static int
make_room(struct book *b)
{
	int room = b->room ? 2 * b->room : 16;
	struct book_order **more;

	if (b->n < b->room)
		return 0;
	more = realloc(b->order, (size_t)room * sizeof(struct book_order *));
	if (!more)
		return -ENOMEM;
	b->order = more;
	b->room = room;
	return 0;
}

int
book_restore(struct book *b, struct book_order *o)
{
	int r = make_room(b);

	if (r == 0)
		b->order[b->n++] = o;
	return r;
}

int
book_add(struct book *b, struct book_order *o, struct err *err)
{
	int r = make_room(b);

	if (r < 0)
		return err_set(err, r, "out of memory");
	r = store_add_order(b->store, &o->row, err);
	if (r == 0)
		b->order[b->n++] = o;
	return r;
}

struct book_order *
book_find(const struct book *b, order_t id)
{
	for (int i = 0; i < b->n; i++)
		if (book_same(b->order[i]->row.id, id))
			return b->order[i];
	return NULL;
}

struct book_order *
book_after(const struct book *b, order_t prepare, enum order_kind kind)
{
	for (int i = 0; i < b->n; i++)
		if (b->order[i]->row.kind == kind &&
		    book_same(b->order[i]->row.prepare, prepare))
			return b->order[i];
	return NULL;
}

int
book_save(struct book *b, struct book_order *o)
{
	bool failed = store_error(b->store)[0] != '\0';
	struct err err;
	int r = store_save_order(b->store, &o->row, &err);

	if (r < 0 && !failed)
		log_line(LOG_LEVEL_ERROR, "store-failed", "error", err.text, NULL);
	return r;
}

void
book_close(struct book *b, struct book_order *o)
{
	int i = 0;

	o->row.closed = true;
	if (book_save(b, o) < 0) {
		o->row.closed = false; /* again with the next word of its actuator */
		return;
	}
	while (b->order[i] != o)
		i++;
	b->n--;
	memmove(&b->order[i], &b->order[i + 1],
	    (size_t)(b->n - i) * sizeof(struct book_order *));
	book_order_free(o);
}
