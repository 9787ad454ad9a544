/*
 * cli/value: members of the engine's answers, as people read them.
 *
 * Knows the door's conventions (doc/door.md): milli-units, KiB, permille, ages in
 * milliseconds, null for "none".  A member of another type reads as if it were missing.
 */
#ifndef CLI_VALUE_H
#define CLI_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/screen.h"

enum { VALUE_SIZE = 48 };

/* NULL: missing, null, empty, or "none". */
const char *value_text(const json_t *o, const char *key);
/* The same, with "?" instead of NULL. */
const char *value_name(const json_t *o, const char *key);
bool value_int(const json_t *o, const char *key, int64_t *out);
int64_t value_count(const json_t *o, const char *key); /* 0: missing */
bool value_true(const json_t *o, const char *key);

/* Each fills buf, of VALUE_SIZE bytes, and returns it. */
char *value_age(char *buf, int64_t ms);           /* "42 s", "3 h 10 min" */
char *value_gib(char *buf, int64_t kib);          /* "2.00 GiB" */
char *value_percent(char *buf, int64_t permille); /* "34%" */
/* The member as an age; "" when it is null. */
char *value_age_of(char *buf, const json_t *o, const char *key);
/* The member, in milli-units, with its unit; "" when it is null. */
char *value_quantity(char *buf, const json_t *o, const char *key, const char *unit);
/* "1 guest", "2 guests" */
char *value_plural(char *buf, int64_t n, const char *one);

/* Add text to list, of size bytes, and ", " before it if need be; cut if it must be. */
void value_append(char *list, size_t size, const char *text);

/* Why a host is in its health, with numbers and without a full stop; the caller's. */
char *value_reason(const json_t *host);

/* The length of a sentence without its full stop, for "%.*s". */
int value_unstopped(const char *sentence);

enum tint value_tint(const char *health);

#endif
