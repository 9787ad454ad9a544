/*
 * actuator/run: other programs, started with exactly the descriptors they are given.
 */
#ifndef ACTUATOR_RUN_H
#define ACTUATOR_RUN_H

#include <sys/types.h>

#include "base/err.h"
#include "base/types.h"

struct process {
	pid_t pid;  /* 0: none, or reaped */
	int fd;     /* pidfd: readable when it has ended; -1 */
	int status; /* of waitpid, once reaped */
};
#define PROCESS_NULL                                                                     \
	{                                                                                \
		0, -1, 0                                                                 \
	}

/* This program, for a role of its own. */
#define SELF "/proc/self/exe"

/* fd[i] becomes descriptor i (fd[i] < 0: /dev/null). */
struct run_fds {
	const int *fd;
	int n;
};

/*
 * Everything but fds is closed.
 * Signals are as in a fresh process.  0 or -errno with a sentence; what cannot be
 * executed ends with status 127.
 */
int run_spawn(struct process *p, const char *path, const char *const argv[],
    struct run_fds fds, struct err *err);
/* True once it has ended; then p->pid is 0 and p->status is set. */
bool run_reap(struct process *p);

/* "exit status 1", "signal 11": for a sentence. */
const char *run_status(char *buf, size_t size, int status);

/*
 * Run argv[0] to the end and keep the first size - 1 bytes of its standard output (NULL:
 * none). The exit status, or -ETIMEDOUT, -E2BIG, -EINTR (died by a signal), -errno, with
 * a sentence.  One that is late is killed; where even that does not end it, as while it
 * waits in the kernel for a disk, it is left behind for init, and this returns all the
 * same, a second after the limit.
 */
int run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err);

#endif
