#include "actuator/berth.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { GREETING_MS = 5000, BACKLOG = BERTH_CALLERS };

void
berth_init(struct berth *b)
{
	b->listener = -1;
	b->n_known = 0;
	for (int i = 0; i < BERTH_CALLERS; i++)
		b->caller[i] = (struct berth_caller){ .fd = -1 };
}

void
berth_hang_up(struct berth_caller *caller)
{
	if (caller->fd >= 0)
		close(caller->fd);
	caller->fd = -1;
	caller->len = 0;
}

void
berth_close(struct berth *b)
{
	for (int i = 0; i < BERTH_CALLERS; i++)
		berth_hang_up(&b->caller[i]);
	if (b->listener >= 0)
		close(b->listener);
	b->listener = -1;
}

static int
listen_at(const struct carrier_conf *conf, uint16_t port)
{
	struct sockaddr_storage at;
	int len = carrier_address(&at, conf->address, port);
	int one = 1, fd, r;

	if (len < 0)
		return len;
	fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, (socklen_t)len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int
berth_open(struct berth *b, const struct carrier_conf *conf, uint16_t *port)
{
	int r = -EADDRINUSE;

	for (uint16_t i = 0; i < conf->ports && r == -EADDRINUSE; i++) {
		*port = (uint16_t)(conf->port + i);
		r = listen_at(conf, *port);
	}
	b->listener = r < 0 ? -1 : r;
	return r < 0 ? r : 0;
}

static struct berth_caller *
find_place(struct berth *b)
{
	struct berth_caller *oldest = &b->caller[0];

	for (int i = 0; i < BERTH_CALLERS; i++) {
		if (b->caller[i].fd < 0)
			return &b->caller[i];
		if (mono_since(oldest->since, b->caller[i].since) > 0)
			oldest = &b->caller[i];
	}
	berth_hang_up(oldest);
	return oldest;
}

void
berth_accept(struct berth *b, const struct carrier_conf *conf)
{
	int fd = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	carrier_tune(fd, conf);
	*find_place(b) = (struct berth_caller){ .fd = fd, .since = clock_mono() };
}

bool
berth_hear(struct berth_caller *caller)
{
	ssize_t n;

	if (caller->fd < 0)
		return false;
	n = recv(caller->fd, caller->hello + caller->len, LINK_HELLO - caller->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		berth_hang_up(caller);
		return false;
	}
	caller->len += (size_t)n;
	return caller->len == LINK_HELLO;
}

bool
berth_is_new(const struct berth *b, const uint8_t hello[LINK_HELLO])
{
	for (size_t i = 0; i < b->n_known && i < BERTH_KNOWN; i++)
		if (memcmp(b->known[i], hello, LINK_NONCE) == 0)
			return false;
	return true;
}

void
berth_remember(struct berth *b, const uint8_t hello[LINK_HELLO])
{
	memcpy(b->known[b->n_known++ % BERTH_KNOWN], hello, LINK_NONCE);
}

void
berth_expire(struct berth *b, mono_t now)
{
	for (int i = 0; i < BERTH_CALLERS; i++)
		if (b->caller[i].fd >= 0 &&
		    mono_since(now, b->caller[i].since) > GREETING_MS)
			berth_hang_up(&b->caller[i]);
}
