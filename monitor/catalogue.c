#include "monitor/catalogue.h"

/* FNV-1a */
static uint32_t
hash_byte(uint32_t h, uint8_t byte)
{
	return (h ^ byte) * 16777619U;
}

static uint32_t
hash_text(uint32_t h, const char *text)
{
	do
		h = hash_byte(h, (uint8_t)*text);
	while (*text++);
	return h;
}

static uint32_t
hash_number(uint32_t h, int64_t number)
{
	for (int shift = 0; shift < 64; shift += 8)
		h = hash_byte(h, (uint8_t)((uint64_t)number >> shift));
	return h;
}

static uint32_t
hash_sensor(uint32_t h, const Lifeboat__Sensor *s)
{
	const int64_t numbers[] = { (int64_t)s->kind, (int64_t)s->limits, s->low_critical,
		s->low, s->high, s->high_critical, s->high_clear,
		s->high_critical_clear };

	h = hash_text(h, s->name);
	h = hash_text(h, s->label);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		h = hash_number(h, numbers[i]);
	return h;
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
