/* Any bytes as the head of a migration stream: a length and a verdict, or a reason. */
#include <stdlib.h>
#include <string.h>

#include "actuator/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char bridges[][NAME_SIZE] = { "xenbr0" };
	struct header_wish wish = { .name = "vm1",
		.scripts = "/etc/xen/scripts",
		.bridges = bridges,
		.n_bridges = 1,
		.memory_kib = 164864,
		.vcpus = 1 };
	struct err err;
	int length;

	uuid_parse(&wish.uuid, "4c1feb0a-0000-4000-8000-000000000001");
	length = header_length(data, size, &err);
	if (length > HEADER_MAX || (length >= 0 && length < HEADER_FIXED))
		abort();
	if (length >= 0 && (size_t)length <= size)
		header_check(data, (size_t)length, &wish, &err);
	if (size > HEADER_FIXED) /* most inputs never get past the magic */
		header_check_config(
		    (const char *)data + HEADER_FIXED, size - HEADER_FIXED, &wish, &err);
	return 0;
}
