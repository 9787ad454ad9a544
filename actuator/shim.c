#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "actuator/shim.h"

enum { FDS = 2, PIPE_SIZE = 1024 * 1024 };

union control {
	char buf[CMSG_SPACE(FDS * sizeof(int))];
	struct cmsghdr align;
};

static int
address(struct sockaddr_un *at, const char *folder)
{
	int n;

	memset(at, 0, sizeof(*at));
	at->sun_family = AF_UNIX;
	n = snprintf(at->sun_path, sizeof(at->sun_path), "%s/" SHIM_SOCKET, folder);
	return n > 0 && (size_t)n < sizeof(at->sun_path) ? 0 : -ENAMETOOLONG;
}

int
shim_listen(const char *folder)
{
	struct sockaddr_un at;
	int r = address(&at, folder);
	int fd =
	    r == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;

	if (r < 0)
		return r;
	if (fd < 0)
		return -errno;
	unlink(at.sun_path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int
hand_over(int fd)
{
	union control control;
	char byte = 'S';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c;
	int fds[FDS] = { STDIN_FILENO, STDOUT_FILENO };

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	return sendmsg(fd, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int
shim_run(const char *folder)
{
	struct sockaddr_un at;
	char byte;
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || address(&at, folder) < 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || hand_over(fd) < 0)
		return 1;
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	do
		n = read(fd, &byte, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	return 0;
}

static int
receive(int fd, int fds[FDS])
{
	union control control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c;

	if (recvmsg(fd, &m, MSG_CMSG_CLOEXEC) != 1)
		return -EPROTO;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(FDS * sizeof(int)))
		return -EPROTO;
	memcpy(fds, CMSG_DATA(c), FDS * sizeof(int));
	return 0;
}

int
shim_take(int listener, int *from_xl, int *to_xl)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	int fds[FDS];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 ||
	    (who.uid != 0 && who.uid != geteuid()))
		r = -EPERM;
	if (r == 0)
		r = receive(fd, fds);
	if (r < 0) {
		close(fd);
		return r;
	}
	*from_xl = fds[0];
	*to_xl = fds[1];
	fcntl(*from_xl, F_SETFL, fcntl(*from_xl, F_GETFL) | O_NONBLOCK);
	/* Whole records at a time; with less it only takes more turns. */
	fcntl(*from_xl, F_SETPIPE_SZ, PIPE_SIZE);
	return fd;
}
