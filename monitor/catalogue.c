#include <string.h>

#include "monitor/catalogue.h"

/* FNV-1a */
static uint32_t
hash(uint32_t h, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * 16777619U;
	return h;
}

static uint32_t
hash_sensor(uint32_t h, const Lifeboat__Sensor *s)
{
	const int64_t numbers[] = { (int64_t)s->kind, (int64_t)s->limits, s->low_critical,
		s->low, s->high, s->high_critical, s->high_clear,
		s->high_critical_clear };

	h = hash(h, s->name, strlen(s->name) + 1);
	h = hash(h, s->label, strlen(s->label) + 1);
	return hash(h, numbers, sizeof(numbers));
}

uint32_t
catalogue_generation(const Lifeboat__Catalogue *c)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < c->n_sensors; i++)
		h = hash_sensor(h, c->sensors[i]);
	return h != 0 ? h : 1;
}

bool
catalogue_is_crossed(const Lifeboat__Sensor *s, int64_t value)
{
	return (s->limits & HAS_LOW_CRITICAL && value <= s->low_critical) ||
	       (s->limits & HAS_LOW && value <= s->low) ||
	       (s->limits & HAS_HIGH && value >= s->high) ||
	       (s->limits & HAS_HIGH_CRITICAL && value >= s->high_critical);
}
