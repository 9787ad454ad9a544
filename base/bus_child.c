#include <errno.h>
#include <limits.h>
#include <nanomsg/nn.h>
#include <nanomsg/pubsub.h>
#include <nanomsg/reqrep.h>
#include <nanomsg/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/bus.h"
#include "base/drop.h"
#include "base/log.h"
#include "base/sandbox.h"

/* What may wait in a socket: enough for some reports, too little for stale ones. */
enum { SEND_BUFFER = 16384, RECONNECT_MS = 1000, RECONNECT_MAX_MS = 8000 };

struct dial {
	const struct bus_address *at;
	int pub, req;
	int req_fd;
};

struct child {
	int fd;
	struct record_reader in;
	struct dial dial[BUS_MAX_ENGINES];
	size_t n;
};

static void
set_int(int socket, int level, int option, int value)
{
	nn_setsockopt(socket, level, option, &value, sizeof(value));
}

static int
dial_socket(int protocol, const char *at)
{
	int s = nn_socket(AF_SP, protocol);

	if (s < 0)
		return -errno;
	set_int(s, NN_SOL_SOCKET, NN_SNDBUF, SEND_BUFFER);
	set_int(s, NN_SOL_SOCKET, NN_RCVMAXSIZE, FRAME_MAX);
	set_int(s, NN_SOL_SOCKET, NN_RECONNECT_IVL, RECONNECT_MS);
	set_int(s, NN_SOL_SOCKET, NN_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
	set_int(s, NN_TCP, NN_TCP_NODELAY, 1);
	set_int(s, NN_SOL_SOCKET, NN_IPV4ONLY, !bus_is_ipv6(at));
	if (protocol == NN_REQ) /* the daemon asks again itself, with a fresh sequence */
		set_int(s, NN_REQ, NN_REQ_RESEND_IVL, INT_MAX);
	if (nn_connect(s, at) < 0) {
		int r = -errno;
		nn_close(s);
		return r;
	}
	return s;
}

static void
hang_up(struct dial *d)
{
	if (d->pub >= 0)
		nn_close(d->pub);
	if (d->req >= 0)
		nn_close(d->req);
	d->pub = d->req = d->req_fd = -1;
}

static int
dial_both(struct dial *d)
{
	size_t size = sizeof(d->req_fd);

	if (d->at->report[0]) {
		d->pub = dial_socket(NN_PUB, d->at->report);
		if (d->pub < 0)
			return d->pub;
	}
	d->req = dial_socket(NN_REQ, d->at->exchange);
	if (d->req < 0)
		return d->req;
	if (nn_getsockopt(d->req, NN_SOL_SOCKET, NN_RCVFD, &d->req_fd, &size) < 0)
		return -errno;
	return 0;
}

static int
dial(struct dial *d)
{
	int r = dial_both(d);

	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "bus-dial-failed", "report", d->at->report,
		    "exchange", d->at->exchange, "error", nn_strerror(-r), NULL);
	return r;
}

/* Sends never wait: a report that finds no room is lost, and soon superseded. */
static int
carry_out(struct child *c, uint8_t tag, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < c->n; i++) {
		struct dial *d = &c->dial[i];
		int r = 0;
		switch (tag) {
		case BUS_PUBLISH:
			nn_send(d->pub, data, len, NN_DONTWAIT);
			break;
		case BUS_ASK:
			nn_send(d->req, data, len, NN_DONTWAIT);
			break;
		case BUS_REDIAL:
			hang_up(d);
			r = dial(d);
			break;
		default:
			return -EPROTO;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int
from_daemon(struct child *c)
{
	uint8_t tag;
	uint8_t *data;
	size_t len;
	int r = record_reader_fill(&c->in, c->fd);

	if (r == 0)
		return -EPIPE;
	if (r < 0)
		return r == -EAGAIN ? 0 : r;
	while ((r = record_reader_take(&c->in, &tag, &data, &len)) == 1) {
		r = carry_out(c, tag, data, len);
		if (r < 0)
			return r;
		record_reader_drop(&c->in);
	}
	return r;
}

static int
from_engine(struct child *c, struct dial *d)
{
	static uint8_t buf[FRAME_MAX];
	int n;

	while ((n = nn_recv(d->req, buf, sizeof(buf), NN_DONTWAIT)) >= 0) {
		if (n == 0 || n > FRAME_MAX)
			continue;
		int r = record_write(c->fd, BUS_REPLY, buf, (size_t)n);
		if (r < 0)
			return r;
	}
	/* EFSM: no request is open.  Both only say that nothing is there to take. */
	return errno == EAGAIN || errno == EFSM ? 0 : -errno;
}

static int
serve(struct child *c)
{
	struct pollfd p[1 + BUS_MAX_ENGINES];
	int r;

	for (;;) {
		p[0] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
		for (size_t i = 0; i < c->n; i++)
			p[1 + i] =
			    (struct pollfd){ .fd = c->dial[i].req_fd, .events = POLLIN };
		if (poll(p, 1 + c->n, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		for (size_t i = 0; i < c->n; i++) {
			r = p[1 + i].revents ? from_engine(c, &c->dial[i]) : 0;
			if (r < 0)
				return r;
		}
		r = p[0].revents ? from_daemon(c) : 0;
		if (r < 0)
			return r;
	}
}

int
bus_child(int fd, const struct bus_address *engines, size_t n, const char *user)
{
	struct child c = { .fd = fd, .in = RECORD_READER_NULL, .n = n };
	int r;

	if (n > BUS_MAX_ENGINES)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	if (drop_root(user) < 0 || record_reader_init(&c.in) < 0)
		return 1;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a change of user clears it */
	if (sandbox_enter(SANDBOX_BUS) < 0)
		return 1;
	for (size_t i = 0; i < n; i++)
		c.dial[i] = (struct dial){ &engines[i], -1, -1, -1 };
	r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = dial(&c.dial[i]);
	if (r == 0)
		r = serve(&c);
	for (size_t i = 0; i < n; i++)
		hang_up(&c.dial[i]);
	record_reader_deinit(&c.in);
	return r == -EPIPE ? 0 : 1;
}
