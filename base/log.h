/*
 * base/log: one line per fact on stderr, "<N>id key=value ...".
 *
 * N is the syslog priority, which the journal takes off.  The id is stable and listed
 * in doc/operations.md (a test checks).  Values with blanks, quotes or control bytes
 * are quoted and escaped, so that a hostile guest name stays one word on one line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR = 3,   /* a human should act */
	LOG_LEVEL_WARNING = 4, /* the system worked around something */
	LOG_LEVEL_NOTICE = 5,  /* a state changed */
	LOG_LEVEL_INFO = 6,    /* life cycle */
	LOG_LEVEL_DEBUG = 7,   /* off by default */
};

/* Lines above this level are dropped.  Default: LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

/*
 * Print one line.  The arguments after id are pairs of a key and a value, both
 * const char *, ended by a NULL key: log_line(LOG_LEVEL_NOTICE, "guest-seen",
 * "guest", name, "host", host, NULL).  A NULL value leaves its pair out.
 */
void log_line(enum log_level level, const char *id, ...) __attribute__((sentinel));

/* A short-lived text, from a ring of 16 static buffers: for log_line only. */
const char *log_int(int64_t n);
const char *log_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
