/*
 * base/text: bounded strings, and numbers with units as people write them.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/types.h"

/* Copy src with its NUL.  False, and dst empty, when it does not fit. */
bool text_copy(char *dst, size_t size, const char *src);

/* The identity of a text: the first 64 bits of its BLAKE2b hash; 0 for "" alone. */
id64_t text_id(const char *text);

/*
 * Parsers take the whole text or refuse it: false, and *out is not to be used.
 */
/* "1500", "-3.25" times 1000, exactly; at most 3 decimals. */
bool text_parse_milli(int64_t *out, const char *text);
/* "75C", "900RPM", "3.3V": a number of that kind with its unit. */
bool text_parse_quantity(int64_t *milli, enum sensor_kind kind, const char *text);
/* "250ms", "30s", "10m", "24h" in milliseconds; never negative. */
bool text_parse_duration(int64_t *ms, const char *text);
/* "512MiB", "2GiB", "100KiB" in KiB. */
bool text_parse_memory(uint64_t *kib, const char *text);
/* "80%" -> 80, 0..100. */
bool text_parse_percent(int64_t *percent, const char *text);

/* The shortest text that parses back to the same value.  Returns buf. */
char *text_milli(char *buf, size_t size, int64_t milli);
char *text_quantity(char *buf, size_t size, enum sensor_kind kind, int64_t milli);
char *text_duration(char *buf, size_t size, int64_t ms);
char *text_memory(char *buf, size_t size, uint64_t kib);

/*
 * How many of left bytes, one at least, are the UTF-8 character that text begins with; 0:
 * it begins with none, and *character is not set.
 */
size_t text_utf8(const char *text, size_t left, uint32_t *character);

/* Valid UTF-8 without NUL, as names must be on the wire. */
bool text_is_utf8(const char *text, size_t len);

/*
 * For a terminal, log or transcript: backslash, double quote, blanks, '=', ',', ';', '!'
 * and everything that is not printable ASCII as \xNN.  Cut with "..." when too long.
 */
char *text_escape(char *buf, size_t size, const char *text);
/* The reverse; false when malformed or too long. */
bool text_unescape(char *buf, size_t size, const char *text);

#endif
