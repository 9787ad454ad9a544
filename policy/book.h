/*
 * policy/book: the orders that are open, in memory and in the store.
 *
 * An order is open until both the core and its actuator are done with it: the core may
 * give one up that an actuator still carries, and an actuator may have ended one whose
 * end the core does not believe yet.
 */
#ifndef POLICY_BOOK_H
#define POLICY_BOOK_H

#include "policy/store_order.h"

struct book_order {
	struct store_order row; /* row.packed is owned */
	host_t host, from, to;  /* host is one of the two */
	mono_t since;           /* added, or read at start */

	/* Its way to the actuator. */
	bool told;      /* it was in a reply: the actuator may have it */
	bool withdrawn; /* in no reply any more, unless to cancel it */
	bool cancel;    /* tell the actuator to stop it */
	mono_t told_at;
	struct uuid boot; /* of the host, when it was told first */

	/* What its actuator said last. */
	bool last; /* row.said is its last word, and stored */
	enum phase phase;
	uint64_t bytes_per_s;
	bool gave_up;            /* it has a why already, and no outcome yet */
	mono_t went_on_at;       /* when phase, bytes or that changed */
	mono_t news_at;          /* when the core was told that it goes on */
	enum phase news_phase;   /* and its phase then */
	enum outcome core_heard; /* the last that the core was told */
};

struct book {
	struct store *store;
	struct book_order **order; /* owned, as are they; oldest first */
	int n, room;
};

/* A zeroed book with a store is an empty one. */
void book_deinit(struct book *b);

/* Takes over o (from malloc), the newest, once it is stored; -errno: it stays the
 * caller's. */
int book_add(struct book *b, struct book_order *o, struct err *err);
/* One that the store already has, the next in the order of their opening. */
int book_restore(struct book *b, struct book_order *o);

struct book_order *book_find(const struct book *b, order_t id);
/* The order of that kind behind this prepare, or NULL. */
struct book_order *book_after(
    const struct book *b, order_t prepare, enum order_kind kind);

/* Stores what changed.  0, or -errno after the failure was logged once. */
int book_save(struct book *b, struct book_order *o);
/* Nothing more is expected: stored as closed, and freed.  While the store fails it stays
 * in the book, open. */
void book_close(struct book *b, struct book_order *o);
struct book_order *book_order_free(struct book_order *o);

bool book_same(order_t a, order_t b);
/* "3.14": for log_line() only. */
const char *book_id_text(order_t id);

/* Given to mend the end of a move: a resume or a clean. */
bool book_is_follow(const struct store_order *row);
/* Its actuator has nothing more to say.  Undefined is a last word only when the core no
 * longer waits for a better one, and of a follow-up, as that is given anew. */
bool book_is_last(const struct store_order *row);
/* The core is done with it, and its actuator must not go on: with a move that has moved
 * it may, as the word is still to come; a follow-up might bring back what lives elsewhere
 * by now. */
bool book_is_to_stop(const struct book_order *o);

#endif
