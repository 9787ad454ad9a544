/*
 * base/wire: bodies of frames, as protobuf-c messages.
 *
 * Decoding is total: a message, or a reason.  It never allocates outside the arena,
 * and what it returns has passed wire's validation: counts within the maxima of
 * base/types, enums in range, names valid UTF-8 and short enough, values within
 * +-10^15, uuids and boot ids of 16 bytes, catalogues of generation not 0 and without
 * two sensors of one name, as many states as values.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/frame.h"
#include "lifeboat.pb-c.h"

enum { WIRE_ARENA = 512 * 1024 };

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
 * The message lives in the arena until the next decode there.  FRAME_OK,
 * FRAME_E_DECODE or FRAME_E_VALUE; with FRAME_E_VALUE *what names the field.
 */
enum frame_refusal wire_report(Lifeboat__Report **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);
enum frame_refusal wire_request(Lifeboat__Request **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);
enum frame_refusal wire_reply(Lifeboat__Reply **out, struct wire_arena *a,
    const uint8_t *buf, size_t len, const char **what);

#endif
