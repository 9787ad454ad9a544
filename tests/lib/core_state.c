#include "tests/lib/core_state.h"

#include <stdlib.h>
#include <string.h>

static void
put(void *to, const void *data, size_t len)
{
	struct core_state *s = to;

	if (len > sizeof(s->data) - s->len)
		abort();
	memcpy(s->data + s->len, data, len);
	s->len += len;
}

void
core_state_take(struct core_state *s, const struct core *core)
{
	s->len = 0;
	core_encode(core, put, s);
}

static void
sum(void *to, const void *data, size_t len)
{
	uint64_t *hash = to;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ ((const uint8_t *)data)[i]) * 1099511628211U;
}

uint64_t
core_state_sum(const struct core *core)
{
	uint64_t hash = 14695981039346656037U;

	core_encode(core, sum, &hash);
	return hash;
}
