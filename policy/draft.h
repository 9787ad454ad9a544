/*
 * policy/draft: the words of an order, out of what the source's monitor said.
 *
 * A target judges the guest by the source's own report, not by the engine's extract.
 */
#ifndef POLICY_DRAFT_H
#define POLICY_DRAFT_H

#include "policy/engine.h"

/* That order of this engine's, as it is named on the wire; lives as long as its store. */
void draft_id(Lifeboat__OrderId *out, const struct engine *e, order_t id);

/*
 * The order that an ACTION_PREPARE, _MOVE, _RESUME or _CLEAN asks for: row, hosts, packed
 * and hash.  *out is the caller's.  -ENOMEM, or -ENODATA when something that belongs into
 * it is not known, with a sentence.
 */
int draft_order(struct book_order **out, const struct engine *e, const struct action *a,
    struct err *err);

#endif
