/*
 * base/child: a child process of the daemon, and the stream to it.
 *
 * The same program, started again with a hidden role.  The first record it gets is the
 * configuration, so that a file edited meanwhile cannot break a restart.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <uv.h>

#include "base/err.h"
#include "base/frame.h"

enum { CHILD_CONF = 'K', CHILD_FD = 3, CHILD_WHY = 64 };

/* Children find the program here even when its file was replaced meanwhile. */
#define CHILD_PROGRAM "/proc/self/exe"

struct child {
	const char *role;    /* "bus", "probe:xen"; the caller's */
	const char *program; /* "lifeboat-monitor": its argv[0]; the caller's */
	void *owner;
	void (*on_record)(struct child *c, uint8_t tag, uint8_t *data, size_t len);
	/* It was reaped, nothing of it is left, and it may be started again. */
	void (*on_gone)(struct child *c, const char *why);

	bool alive;          /* started and not gone */
	bool killed;         /* nothing that it still says counts */
	int fd;              /* our end of the pair; -1 */
	int handles;         /* that the loop has yet to close */
	int signal;          /* that ended it, or 0 */
	char why[CHILD_WHY]; /* it ended: "died by signal 9" */
	uv_process_t process;
	uv_poll_t poll;
	struct record_reader reader;
};

/* Once; owner and callbacks are set by the caller afterwards.  0 or -ENOMEM. */
int child_init(struct child *c, const char *program, const char *role);
void child_deinit(struct child *c);

/*
 * conf: size bytes.  0 and alive, or -errno with a sentence: alive even then, on_gone
 * follows; else nothing does.
 */
int child_start(
    struct child *c, uv_loop_t *loop, const void *conf, size_t size, struct err *err);

/* 0 or -errno; a child that does not take its records is killed. */
int child_send(struct child *c, uint8_t tag, const void *data, size_t len);

/* SIGKILL.  on_gone follows when the kernel lets go of it. */
void child_kill(struct child *c);

/* The next delay of something that died: 1 s doubling to most_ms. */
int64_t child_delay(int64_t delay_ms, int64_t most_ms);

/*
 * In the child: take the configuration of size bytes, die with the parent, leave SIGINT
 * to it.  0 or -errno.
 */
int child_enter(void *conf, size_t size, const char *role);

#endif
