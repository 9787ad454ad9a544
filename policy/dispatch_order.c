#include "policy/dispatch_order.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/draft.h"

void
dispatch_settle(struct engine *e, struct book_order *o)
{
	if (o->row.outcome != OUTCOME_NONE && (o->last || !o->told))
		book_close(&e->book, o);
	else
		book_save(&e->book, o);
}

static void
close_order(struct engine *e, struct book_order *o, enum outcome outcome, enum why why)
{
	o->row.outcome = outcome;
	o->row.held = false;
	o->row.ended_ms = clock_wall_ms();
	text_copy(o->row.verdict, sizeof(o->row.verdict), why_word(why));
	o->withdrawn = true;
	o->cancel = book_is_to_stop(o);
	dispatch_settle(e, o);
}

static enum why
verdict_of(enum outcome said)
{
	if (said == OUTCOME_NONE)
		return WHY_LATE;
	return said == OUTCOME_STAYED || said == OUTCOME_ENDED ? WHY_NONE : WHY_REFUSED;
}

/* What was to mend the same end before: one at a time is open. */
static void
supersede(struct engine *e, const struct book_order *by)
{
	for (int i = e->book.n - 1; book_is_follow(&by->row) && i >= 0; i--) {
		struct book_order *o = e->book.order[i];

		if (o != by && book_is_follow(&o->row) &&
		    o->row.outcome == OUTCOME_NONE &&
		    book_same(o->row.prepare, by->row.prepare))
			close_order(e, o,
			    o->row.said == OUTCOME_NONE ? OUTCOME_REFUSED : o->row.said,
			    verdict_of(o->row.said));
	}
}

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
	if (r == 0) {
		supersede(e, o);
		return;
	}
	log_line(LOG_LEVEL_ERROR, "order-not-given", "order", book_id_text(a->order),
	    "guest", a->name, "error", err.text, NULL);
	engine_later(e, a->order,
	    a->kind == ACTION_MOVE ? OUTCOME_STAYED : OUTCOME_REFUSED, WHY_NOT_GIVEN);
}

static bool
belongs(const struct book_order *o, order_t prepare)
{
	return book_same(o->row.id, prepare) || book_same(o->row.prepare, prepare);
}

/* The core is done with a prepare and all that followed it, were it stored or not. */
static void
end(struct engine *e, const struct action *a)
{
	for (int i = e->book.n - 1; i >= 0; i--) {
		struct book_order *o = e->book.order[i];

		if (belongs(o, a->after) && o->row.outcome == OUTCOME_NONE)
			close_order(e, o, a->outcome, a->why);
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
