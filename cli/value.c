#include "cli/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *
value_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text && text[0] && strcmp(text, "none") != 0 ? text : NULL;
}

const char *
value_name(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text && text[0] ? text : "?";
}

bool
value_int(const json_t *o, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(o, key);

	*out = json_is_integer(v) ? (int64_t)json_integer_value(v) : 0;
	return json_is_integer(v);
}

int64_t
value_count(const json_t *o, const char *key)
{
	int64_t n;

	return value_int(o, key, &n) && n > 0 ? n : 0;
}

bool
value_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

char *
value_age(char *buf, int64_t ms)
{
	static const struct {
		int64_t s;
		const char *unit;
	} steps[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	int64_t s = ms < 0 ? 0 : ms / 1000;
	size_t i = 0;

	if (s < 10) {
		snprintf(buf, VALUE_SIZE, "%" PRId64 ".%" PRId64 " s", s,
		    ms < 0 ? 0 : ms % 1000 / 100);
		return buf;
	}
	while (s < steps[i].s)
		i++;
	if (i == 3 || s % steps[i].s / steps[i + 1].s == 0)
		snprintf(
		    buf, VALUE_SIZE, "%" PRId64 " %s", s / steps[i].s, steps[i].unit);
	else
		snprintf(buf, VALUE_SIZE, "%" PRId64 " %s %" PRId64 " %s", s / steps[i].s,
		    steps[i].unit, s % steps[i].s / steps[i + 1].s, steps[i + 1].unit);
	return buf;
}

char *
value_gib(char *buf, int64_t kib)
{
	int64_t n = kib < 0 ? 0 : kib;

	snprintf(buf, VALUE_SIZE, "%" PRId64 ".%02" PRId64 " GiB", n / 1048576,
	    n % 1048576 * 100 / 1048576);
	return buf;
}

char *
value_percent(char *buf, int64_t permille)
{
	snprintf(buf, VALUE_SIZE, "%" PRId64 "%%",
	    permille < 0 ? 0 : permille / 10 + (permille % 10 >= 5));
	return buf;
}

char *
value_age_of(char *buf, const json_t *o, const char *key)
{
	int64_t ms;

	buf[0] = '\0';
	return value_int(o, key, &ms) ? value_age(buf, ms) : buf;
}

char *
value_quantity(char *buf, const json_t *o, const char *key, const char *unit)
{
	int64_t milli;
	char number[32];

	buf[0] = '\0';
	if (value_int(o, key, &milli) && milli != INT64_MIN)
		snprintf(buf, VALUE_SIZE, "%s%.12s",
		    text_milli(number, sizeof(number), milli), unit ? unit : "");
	return buf;
}

char *
value_plural(char *buf, int64_t n, const char *one)
{
	snprintf(buf, VALUE_SIZE, "%" PRId64 " %s%s", n, one, n == 1 ? "" : "s");
	return buf;
}

void
value_append(char *list, size_t size, const char *text)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s%s", len ? ", " : "", text);
}

static bool
is_limit(const char *why)
{
	return why && (strcmp(why, "critical") == 0 || strcmp(why, "hot") == 0);
}

int
value_unstopped(const char *sentence)
{
	size_t n = strlen(sentence);

	return (int)(n > 0 && sentence[n - 1] == '.' ? n - 1 : n);
}

char *
value_reason(const json_t *host)
{
	const char *why = value_text(host, "why"),
		   *sentence = value_text(host, "sentence");
	const char *sensor = value_text(host, "sensor"), *unit = value_text(host, "unit");
	char seen[VALUE_SIZE], limit[VALUE_SIZE];
	int64_t x, y;

	value_quantity(seen, host, "seen", unit);
	value_quantity(limit, host, "limit", unit);
	value_int(host, "seen", &x);
	value_int(host, "limit", &y);
	if (!sentence)
		sentence = why ? why : "no reason is known";
	if (!sensor)
		return screen_format("%.*s", value_unstopped(sentence), sentence);
	if (!seen[0])
		return screen_format(
		    "%.*s (%s)", value_unstopped(sentence), sentence, sensor);
	if (!limit[0])
		return screen_format("%.*s (%s was %s)", value_unstopped(sentence),
		    sentence, sensor, seen);
	if (!is_limit(why))
		return screen_format("%.*s (%s was %s, limit %s)",
		    value_unstopped(sentence), sentence, sensor, seen, limit);
	return screen_format("%s was %s, at or %s its %slimit %s", sensor, seen,
	    x >= y ? "above" : "below", strcmp(why, "critical") == 0 ? "critical " : "",
	    limit);
}

enum tint
value_tint(const char *health)
{
	if (!health)
		return TINT_NONE;
	if (strcmp(health, "sound") == 0)
		return TINT_GOOD;
	return strcmp(health, "failing") == 0 ? TINT_BAD : TINT_WARN;
}
