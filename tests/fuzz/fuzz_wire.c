/* Any bytes as a report, request and reply: a message or a reason, inside the arena. */
#include <stdlib.h>

#include "base/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_arena arena = WIRE_ARENA_NULL;
	Lifeboat__Report *report;
	Lifeboat__Request *request;
	Lifeboat__Reply *reply;
	const char *what;

	if (!arena.buf && wire_arena_init(&arena) < 0)
		abort();
	if (size > FRAME_BODY_MAX)
		return 0;
	if (wire_report(&report, &arena, data, size, &what) == FRAME_OK &&
	    report->boot_id.len != sizeof(struct uuid))
		abort();
	wire_request(&request, &arena, data, size, &what);
	wire_reply(&reply, &arena, data, size, &what);
	return 0;
}
