/* Any bytes as an order: a message or a reason; what is taken packs to the same hash. */
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_arena arena = WIRE_ARENA_NULL, again = WIRE_ARENA_NULL;
	static uint8_t packed[FRAME_BODY_MAX * 2];
	uint8_t first[WIRE_HASH], second[WIRE_HASH];
	Lifeboat__Order *order, *same;
	const char *what = NULL;
	size_t len;

	if (!arena.buf && (wire_arena_init(&arena) < 0 || wire_arena_init(&again) < 0))
		abort();
	if (size > FRAME_BODY_MAX)
		return 0;
	if (wire_order(&order, &arena, data, size, &what) != FRAME_OK)
		return 0;
	if (order->guest->uuid.len != sizeof(struct uuid) || order->kind >= ORDER_KINDS)
		abort();
	wire_order_hash(first, order);
	len = lifeboat__order__get_packed_size(order);
	if (len > sizeof(packed))
		return 0;
	lifeboat__order__pack(order, packed);
	if (wire_order(&same, &again, packed, len, &what) != FRAME_OK)
		abort();
	wire_order_hash(second, same);
	if (memcmp(first, second, sizeof(first)) != 0)
		abort();
	return 0;
}
