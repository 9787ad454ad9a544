/*
 * base/wire: bodies of frames, as protobuf-c messages.
 *
 * Decoding is total: a message, or a reason.  It never allocates outside the arena,
 * and what it returns has passed wire's validation: counts within the maxima of
 * base/types, enums in range, names valid UTF-8 and short enough, values within
 * +-10^15, uuids and boot ids of 16 bytes, catalogues of generation not 0 and without
 * two sensors of one name, as many states as values, lists of processors readable.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/frame.h"
#include "lifeboat.pb-c.h"

enum {
	WIRE_ARENA = 512 * 1024,
	WIRE_HASH = 32,       /* bytes of an order's hash */
	WIRE_KEY = 32,        /* bytes of an X25519 key */
	MAX_ORDERS_TOLD = 32, /* states in a request; orders, names in a reply */
	DETAIL_SIZE = 512,    /* a sentence with its numbers, with the final NUL */
	WHY_SIZE = 32,        /* a stable word, with the final NUL */
};

struct wire_arena {
	uint8_t *buf; /* owned */
	size_t used;
};
#define WIRE_ARENA_NULL                                                                  \
	{                                                                                \
		NULL, 0                                                                  \
	}

/* Allocates once.  0 or -ENOMEM. */
int wire_arena_init(struct wire_arena *a);
void wire_arena_deinit(struct wire_arena *a);

/*
 * The message lives in the arena until the next decode there.  FRAME_OK, FRAME_E_DECODE
 * or FRAME_E_VALUE: then *what names the field, and *out is not to be used.
 */
enum frame_refusal wire_report(Lifeboat__Report **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);
enum frame_refusal wire_request(Lifeboat__Request **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);
enum frame_refusal wire_reply(Lifeboat__Reply **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);

/* One order as an actuator keeps it in its folder. */
enum frame_refusal wire_order(Lifeboat__Order **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);

/* BLAKE2b of the packed order: equal for the same content, whoever packs it. */
void wire_order_hash(uint8_t out[WIRE_HASH], const Lifeboat__Order *order);

#endif
