#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/run.h"
#include "base/clock.h"

enum { FDS_MAX = 8, CANNOT_EXECUTE = 127, KILLED_MS = 1000 };

/* Between fork and exec: only what is safe there. */
static void
become(const char *path, const char *const argv[], struct run_fds fds)
{
	int moved[FDS_MAX];
	sigset_t none;

	sigemptyset(&none);
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	/* Out of the way first, so that no dup2 overwrites one still needed. */
	for (int i = 0; i < fds.n; i++) {
		int fd = fds.fd[i] < 0 ? open("/dev/null", O_RDWR) : fds.fd[i];
		moved[i] = fcntl(fd, F_DUPFD, FDS_MAX + 3);
		if (moved[i] < 0)
			_exit(CANNOT_EXECUTE);
	}
	for (int i = 0; i < fds.n; i++)
		if (dup2(moved[i], i) < 0)
			_exit(CANNOT_EXECUTE);
	close_range((unsigned int)fds.n, ~0U, 0);
	execv(path, (char *const *)(uintptr_t)argv);
	_exit(CANNOT_EXECUTE);
}

int
run_spawn(struct process *p, const char *path, const char *const argv[],
    struct run_fds fds, struct err *err)
{
	char text[128];
	pid_t pid;

	if (fds.n > FDS_MAX)
		return err_set(err, -EINVAL, "%s: too many descriptors", path);
	pid = fork();
	if (pid == 0)
		become(path, argv, fds);
	if (pid < 0)
		return err_set(err, -errno, "%s cannot be started: %s", path,
		    err_text(text, sizeof(text), errno));
	p->pid = pid;
	p->status = 0;
	p->fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (p->fd >= 0)
		fcntl(p->fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static void
forget(struct process *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->pid = 0;
}

bool
run_reap(struct process *p)
{
	if (p->pid == 0)
		return true;
	if (waitpid(p->pid, &p->status, WNOHANG) != p->pid)
		return false;
	forget(p);
	return true;
}

const char *
run_status(char *buf, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "signal %d%s", WTERMSIG(status),
		    WTERMSIG(status) == SIGSYS ? ", at a forbidden system call" : "");
	else
		snprintf(buf, size, "exit status %d", WEXITSTATUS(status));
	return buf;
}

/* The rest of what it says, until its end or the limit. */
static int
drain(int fd, char *out, size_t size, mono_t until)
{
	char spare[512];
	size_t len = 0;
	int r = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t wait = mono_since(until, clock_mono());
		ssize_t n;

		if (wait <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)wait) < 0 && errno != EINTR)
			return -errno;
		if (!p.revents)
			continue;
		n = out && len + 1 < size ? read(fd, out + len, size - 1 - len)
					  : read(fd, spare, sizeof(spare));
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (out && len + 1 < size)
			len += (size_t)n;
		else if (out)
			r = -E2BIG;
	}
	if (out)
		out[len] = '\0';
	return r;
}

/* Until it has ended and is reaped; false: not in time. */
static bool
wait_for(struct process *p, mono_t until)
{
	while (!run_reap(p)) {
		struct pollfd end = { .fd = p->fd, .events = POLLIN };
		int64_t wait = mono_since(until, clock_mono());

		if (wait <= 0)
			return false;
		poll(&end, 1, (int)wait);
	}
	return true;
}

/* What waits in the kernel for a device dies of nothing: it is not waited for either. */
static void
put_down(struct process *p)
{
	kill(p->pid, SIGKILL);
	if (!wait_for(p, mono_add(clock_mono(), KILLED_MS)))
		forget(p);
}

int
run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err)
{
	const char *path = argv[0];
	struct process p = PROCESS_NULL;
	mono_t until = mono_add(clock_mono(), limit_ms);
	char text[64];
	int pipes[2], r;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_set(err, -errno, "no pipe");
	r = run_spawn(&p, path, argv,
	    (struct run_fds){ (int[]){ -1, pipes[1], STDERR_FILENO }, 3 }, err);
	close(pipes[1]);
	if (r == 0)
		r = drain(pipes[0], out, size, until);
	close(pipes[0]);
	if (r != -ETIMEDOUT && !wait_for(&p, until))
		r = -ETIMEDOUT;
	if (p.pid)
		put_down(&p);
	if (r == -ETIMEDOUT)
		return err_set(err, r, "%s %s: no end within %lld s", path,
		    argv[1] ? argv[1] : "", (long long)(limit_ms / 1000));
	if (r < 0)
		return err_set(err, r, "%s: what it said cannot be read", path);
	if (WIFSIGNALED(p.status))
		return err_set(err, -EINTR, "%s: %s", path,
		    run_status(text, sizeof(text), p.status));
	if (WEXITSTATUS(p.status) == CANNOT_EXECUTE)
		err_set(err, -ENOENT, "%s cannot be executed", path);
	return WEXITSTATUS(p.status);
}
