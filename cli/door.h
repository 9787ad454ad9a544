/*
 * cli/door: a client of the engine's door (doc/door.md).
 *
 * One JSON object a line, each way.  An answer is read up to DOOR_ANSWER_MAX bytes and
 * within a deadline; a longer or later one is an error, not a wait.
 */
#ifndef CLI_DOOR_H
#define CLI_DOOR_H

#include <jansson.h>

#include "base/err.h"

enum { DOOR_REQUEST_MAX = 64 * 1024, DOOR_ANSWER_MAX = 64 * 1024 * 1024 };

/* The engine understood, and said no; err has its sentence. */
enum { DOOR_E_REFUSED = 1 };

struct door {
	int fd;      /* -1 */
	char *buf;   /* owned */
	size_t size; /* of buf */
	size_t len;  /* bytes in it */
	size_t used; /* of these, the line handed out last */
};
#define DOOR_NULL                                                                        \
	{                                                                                \
		-1, NULL, 0, 0, 0                                                        \
	}

/* 0, or -errno with a sentence. */
int door_open(struct door *d, const char *path, int timeout_ms, struct err *err);
void door_close(struct door *d);

/* Takes over request.  0, -errno; -EMSGSIZE over DOOR_REQUEST_MAX. */
int door_send(struct door *d, json_t *request, struct err *err);

/*
 * The next line as an object (the caller's).  timeout_ms < 0: for ever.  0; -EPIPE at
 * the end; -ETIMEDOUT; -EMSGSIZE over max bytes; -EPROTO when it is no JSON object.
 */
int door_next(struct door *d, json_t **out, int timeout_ms, size_t max, struct err *err);

/* Takes over request.  0 and the answer without "ok"; DOOR_E_REFUSED; -errno. */
int door_ask(
    struct door *d, json_t *request, json_t **answer, int timeout_ms, struct err *err);

#endif
