#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool
text_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);

	if (len >= size) {
		dst[0] = '\0';
		return false;
	}
	memcpy(dst, src, len + 1);
	return true;
}

id64_t
text_id(const char *text)
{
	uint8_t hash[crypto_generichash_BYTES];
	id64_t id = { 0 };

	if (*text == '\0')
		return id;
	crypto_generichash(
	    hash, sizeof(hash), (const uint8_t *)text, strlen(text), NULL, 0);
	for (int i = 7; i >= 0; i--)
		id.v = id.v << 8 | hash[i];
	if (id.v == 0)
		id.v = 1;
	return id;
}

/* A number times 1000 at the start of text; where it ends, or NULL. */
static const char *
read_milli(int64_t *out, const char *text)
{
	bool negative = *text == '-';
	int64_t n = 0;
	int decimals = -1, digits = 0;

	for (text += negative; (*text >= '0' && *text <= '9') || *text == '.'; text++) {
		if (*text == '.') {
			if (decimals >= 0 || digits == 0)
				return NULL;
			decimals = 0;
			continue;
		}
		if (decimals >= 3 || n > INT64_MAX / 100000)
			return NULL;
		n = n * 10 + (*text - '0');
		digits++;
		decimals += decimals >= 0;
	}
	if (digits == 0 || decimals == 0)
		return NULL;
	for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
		n *= 10;
	*out = negative ? -n : n;
	return text;
}

bool
text_parse_milli(int64_t *out, const char *text)
{
	int64_t n;
	const char *end = read_milli(&n, text);

	if (!end || *end)
		return false;
	*out = n;
	return true;
}

bool
text_parse_quantity(int64_t *milli, enum sensor_kind kind, const char *text)
{
	int64_t n;
	const char *end = read_milli(&n, text);

	if (!end || strcmp(end, sensor_kind_unit(kind)) != 0)
		return false;
	*milli = n;
	return true;
}

/* A whole number of units, each worth factor[i]; false for anything else. */
static bool
parse_scaled(uint64_t *out, const char *text, const char *const *units,
    const uint64_t *factors, size_t n_units)
{
	char *end;
	uint64_t n;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return false;
	for (size_t i = 0; i < n_units; i++)
		if (strcmp(end, units[i]) == 0 && n <= (uint64_t)INT64_MAX / factors[i]) {
			*out = n * factors[i];
			return true;
		}
	return false;
}

static const char *const duration_units[] = { "h", "m", "s", "ms" };
static const uint64_t duration_factors[] = { 3600000, 60000, 1000, 1 };
static const char *const memory_units[] = { "TiB", "GiB", "MiB", "KiB" };
static const uint64_t memory_factors[] = { 1 << 30, 1 << 20, 1 << 10, 1 };

bool
text_parse_duration(int64_t *ms, const char *text)
{
	uint64_t n;

	if (!parse_scaled(&n, text, duration_units, duration_factors, 4))
		return false;
	*ms = (int64_t)n;
	return true;
}

bool
text_parse_memory(uint64_t *kib, const char *text)
{
	return parse_scaled(kib, text, memory_units, memory_factors, 4);
}

bool
text_parse_percent(int64_t *percent, const char *text)
{
	static const char *const unit[] = { "%" };
	static const uint64_t factor[] = { 1 };
	uint64_t n;

	if (!parse_scaled(&n, text, unit, factor, 1) || n > 100)
		return false;
	*percent = (int64_t)n;
	return true;
}

char *
text_milli(char *buf, size_t size, int64_t milli)
{
	uint64_t n = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
	int len;

	len = snprintf(buf, size, "%s%" PRIu64 ".%03" PRIu64, milli < 0 ? "-" : "",
	    n / 1000, n % 1000);
	if (len < 0 || (size_t)len >= size)
		return buf;
	while (buf[len - 1] == '0')
		buf[--len] = '\0';
	if (buf[len - 1] == '.')
		buf[--len] = '\0';
	return buf;
}

char *
text_quantity(char *buf, size_t size, enum sensor_kind kind, int64_t milli)
{
	size_t len;

	text_milli(buf, size, milli);
	len = strlen(buf);
	snprintf(buf + len, size - len, "%s", sensor_kind_unit(kind));
	return buf;
}

/* In the largest unit that divides it. */
static char *
format_scaled(
    char *buf, size_t size, uint64_t n, const char *const *units, const uint64_t *factors)
{
	int i = 0;

	while (i < 3 && (n == 0 || n % factors[i] != 0))
		i++;
	snprintf(buf, size, "%" PRIu64 "%s", n / factors[i], units[i]);
	return buf;
}

char *
text_duration(char *buf, size_t size, int64_t ms)
{
	if (ms <= 0) {
		text_copy(buf, size, "0s");
		return buf;
	}
	return format_scaled(buf, size, (uint64_t)ms, duration_units, duration_factors);
}

char *
text_memory(char *buf, size_t size, uint64_t kib)
{
	return format_scaled(buf, size, kib, memory_units, memory_factors);
}

size_t
text_utf8(const char *text, size_t left, uint32_t *character)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t *s = (const uint8_t *)text;
	size_t n = s[0] < 0x80             ? 1
		   : (s[0] & 0xe0) == 0xc0 ? 2
		   : (s[0] & 0xf0) == 0xe0 ? 3
		   : (s[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t c;

	if (n == 0 || n > left)
		return 0;
	c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return n;
}

bool
text_is_utf8(const char *text, size_t len)
{
	uint32_t c;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = text_utf8(text + i, len - i, &c);
		if (n == 0 || c == '\0')
			return false;
	}
	return true;
}

static bool
is_plain(char c)
{
	return c > ' ' && c < 0x7f && !strchr("\\\"=,;!", c);
}

char *
text_escape(char *buf, size_t size, const char *text)
{
	size_t len = 0;

	for (; *text; text++) {
		size_t need = is_plain(*text) ? 1 : 4;
		if (len + need + (text[1] ? 4 : 1) > size) {
			snprintf(buf + len, size - len, "...");
			return buf;
		}
		if (need == 1)
			buf[len++] = *text;
		else
			len += (size_t)snprintf(buf + len, size - len, "\\x%02x",
			    (unsigned int)(uint8_t)*text);
	}
	buf[len] = '\0';
	return buf;
}

bool
text_unescape(char *buf, size_t size, const char *text)
{
	size_t len = 0;

	for (; *text; text++) {
		char c = *text;
		if (len + 1 >= size)
			return false;
		if (c == '\\') {
			char hex[3] = { 0 };
			char *end;
			if (text[1] != 'x' || !text[2] || !text[3])
				return false;
			memcpy(hex, text + 2, 2);
			c = (char)strtoul(hex, &end, 16);
			if (*end || c == '\0' || strchr("+- ", hex[0]))
				return false;
			text += 3;
		}
		buf[len++] = c;
	}
	buf[len] = '\0';
	return true;
}
