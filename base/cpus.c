#include "base/cpus.h"

#include <stdio.h>
#include <string.h>

enum { BITS = 64 };

bool
cpus_add(struct cpus *set, int64_t cpu)
{
	if (cpu < 0 || cpu >= CPUS_MAX)
		return false;
	set->words[cpu / BITS] |= UINT64_C(1) << (cpu % BITS);
	return true;
}

/* A number below CPUS_MAX, or -1; *text is behind it. */
static int
read_number(const char **text)
{
	int n = 0;

	if (**text < '0' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		n = n * 10 + (**text - '0');
		if (n >= CPUS_MAX)
			return -1;
	}
	return n;
}

bool
cpus_parse(struct cpus *out, const char *text)
{
	memset(out, 0, sizeof(*out));
	for (;; text++) {
		int first = read_number(&text), last = first;

		if (first >= 0 && *text == '-') {
			text++;
			last = read_number(&text);
		}
		if (first < 0 || last < first)
			return false;
		for (int cpu = first; cpu <= last; cpu++)
			cpus_add(out, cpu);
		if (*text == '\0')
			return true;
		if (*text != ',')
			return false;
	}
}

static bool
has(const struct cpus *set, int cpu)
{
	return cpu < CPUS_MAX && (set->words[cpu / BITS] >> (cpu % BITS) & 1);
}

bool
cpus_format(char *buf, size_t size, const struct cpus *set)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		int first = cpu, n;

		if (!has(set, cpu))
			continue;
		while (has(set, cpu + 1))
			cpu++;
		n = snprintf(buf + len, size - len, "%s%d", len ? "," : "", first);
		if (cpu > first && n > 0 && (size_t)n < size - len)
			n += snprintf(buf + len + n, size - len - (size_t)n, "-%d", cpu);
		if (n < 0 || (size_t)n >= size - len) {
			buf[0] = '\0';
			return false;
		}
		len += (size_t)n;
	}
	return len > 0;
}

bool
cpus_meet(const struct cpus *a, const struct cpus *b)
{
	for (size_t i = 0; i < sizeof(a->words) / sizeof(a->words[0]); i++)
		if (a->words[i] & b->words[i])
			return true;
	return false;
}
