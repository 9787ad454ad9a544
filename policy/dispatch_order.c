#include "policy/dispatch_order.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/draft.h"

/* What is not in the store does not leave: to the core it was refused. */
static void
give(struct engine *e, mono_t now, const struct action *a)
{
	struct book_order *o = NULL;
	struct err err;
	int r = draft_order(&o, e, a, &err);

	if (r == 0) {
		o->since = o->went_on_at = now;
		r = book_add(&e->book, o, &err);
		if (r < 0)
			book_order_free(o);
	}
	if (r == 0)
		return;
	log_line(LOG_LEVEL_ERROR, "order-not-given", "order",
	    log_text("%llu.%u", (unsigned long long)a->order.term, a->order.number),
	    "guest", a->name, "error", err.text, NULL);
	engine_later(e, a->order,
	    a->kind == ACTION_MOVE ? OUTCOME_STAYED : OUTCOME_REFUSED, WHY_NOT_GIVEN);
}

void
dispatch_settle(struct engine *e, struct book_order *o)
{
	if (o->row.outcome != OUTCOME_NONE && (o->last || !o->told))
		book_close(&e->book, o);
	else
		book_save(&e->book, o);
}

static bool
belongs(const struct book_order *o, order_t prepare)
{
	return book_same(o->row.id, prepare) || book_same(o->row.prepare, prepare);
}

/* The core is done with a prepare and all that followed it. */
static void
end(struct engine *e, const struct action *a)
{
	struct book_order *o = book_find(&e->book, a->order);
	order_t prepare;

	if (!o)
		return;
	prepare = o->row.prepare.number ? o->row.prepare : o->row.id;
	for (int i = e->book.n - 1; i >= 0; i--) {
		o = e->book.order[i];
		if (!belongs(o, prepare) || o->row.outcome != OUTCOME_NONE)
			continue;
		o->row.outcome = a->outcome;
		o->row.held = false;
		o->row.ended_ms = clock_wall_ms();
		text_copy(o->row.verdict, sizeof(o->row.verdict), why_word(a->why));
		o->withdrawn = true;
		o->cancel = o->told && !o->last && a->outcome != OUTCOME_MOVED;
		dispatch_settle(e, o);
	}
}

static void
hold(struct engine *e, const struct action *a)
{
	struct book_order *o = book_find(&e->book, a->order);

	if (!o)
		return;
	o->row.held = true;
	book_save(&e->book, o);
}

void
dispatch_order(struct engine *e, mono_t now, const struct action *a)
{
	switch (a->kind) {
	case ACTION_PREPARE:
	case ACTION_MOVE:
	case ACTION_RESUME:
	case ACTION_CLEAN:
		give(e, now, a);
		break;
	case ACTION_OUTCOME:
		end(e, a);
		break;
	case ACTION_HOLD:
		hold(e, a);
		break;
	default:
		break;
	}
}
