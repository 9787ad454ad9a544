/*
 * base/err: how functions say that they failed.
 *
 * int results: 0 is success; negative is -errno, "cannot go on", passed up
 * unchanged; positive is a documented outcome of that module (X_E_*), handled by the
 * caller.  Logged once, where someone decides what to do about it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/* Room for one sentence about what went wrong, without a full stop. */
struct err {
	char text[256];
};

/* Write a sentence into err (NULL is allowed) and return r. */
int err_set(struct err *err, int r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* strerror() without its static buffer; r may be negative. */
const char *err_text(char *buf, size_t size, int r);

#endif
