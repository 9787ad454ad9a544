#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/carrier.h"
#include "base/clock.h"
#include "base/drop.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/seal.h"
#include "base/text.h"

enum { TICK_MS = 1000, LAST_WORD_MS = 2000, WRITE_MS = 10000 };

void
carrier_say(struct carrier *c, enum carrier_tag tag, const void *data, size_t len)
{
	if (!c->mover_gone && record_write(CARRIER_CONTROL, (uint8_t)tag, data, len) < 0)
		c->mover_gone = true;
}

void
carrier_say_phase(struct carrier *c, enum phase phase)
{
	carrier_say(c, CARRIER_PHASE, &(uint8_t){ (uint8_t)phase }, 1);
}

static size_t
pack_why(char out[WHY_SIZE + DETAIL_SIZE], const char *why, const char *sentence)
{
	size_t n;

	text_copy(out, WHY_SIZE, why);
	n = strlen(out) + 1;
	if (!text_copy(out + n, DETAIL_SIZE, sentence))
		out[n] = '\0';
	return n + strlen(out + n) + 1;
}

void
carrier_say_failed(struct carrier *c, const char *why, const char *sentence)
{
	char both[WHY_SIZE + DETAIL_SIZE];

	if (c->failed)
		return;
	c->failed = true;
	carrier_say(c, CARRIER_FAILED, both, pack_why(both, why, sentence));
}

const char *
carrier_read_abort(char *sentence, const char *from, const uint8_t *body, size_t len)
{
	const char *why = (const char *)body, *end;

	end = len > 0 && body[len - 1] == '\0' ? memchr(why, '\0', len - 1) : NULL;
	snprintf(sentence, DETAIL_SIZE, "%s: %.400s", from, end ? end + 1 : "no reason");
	return end && strlen(why) < WHY_SIZE ? why : "aborted";
}

/* A mover that hangs takes no more, and a figure is not worth waiting for it. */
static bool
mover_listens(void)
{
	struct pollfd p = { .fd = CARRIER_CONTROL, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

void
carrier_tick(struct carrier *c, mono_t now)
{
	if (mono_since(now, c->ticked) < TICK_MS)
		return;
	c->ticked = now;
	if (c->bytes != c->bytes_told && mover_listens()) {
		carrier_say(c, CARRIER_BYTES, &c->bytes, sizeof(c->bytes));
		c->bytes_told = c->bytes;
	}
	if (c->link.fd >= 0 && link_has_room(&c->link))
		link_put(&c->link, LINK_ALIVE, NULL, 0);
}

struct carrier_said
carrier_listen(struct carrier *c)
{
	struct carrier_said said = { .cancel = false };
	uint8_t tag, *data;
	size_t len;
	int r = record_reader_fill(&c->control, CARRIER_CONTROL);

	if (r == 0 || (r < 0 && r != -EAGAIN))
		c->mover_gone = true;
	while (record_reader_take(&c->control, &tag, &data, &len) > 0) {
		if (tag == CARRIER_FILE && !c->file) {
			c->file = malloc(len + 1);
			c->file_len = c->file ? len : 0;
			if (c->file)
				memcpy(c->file, data, len);
		}
		said.cancel |= tag == CARRIER_CANCEL;
		said.xl_ended |= tag == CARRIER_XL_ENDED;
		said.allow |= tag == CARRIER_ALLOW;
		record_reader_drop(&c->control);
	}
	return said;
}

void
carrier_hang_up(struct carrier *c)
{
	if (c->link.fd >= 0)
		close(c->link.fd);
	c->link.fd = -1;
	c->link.out_len = c->link.out_at = 0;
	c->link.proved = false;
	link_drop(&c->link);
}

/* 1: what has come by now says that the last word was read; 0: not yet; or -errno. */
static int
hear_end(struct link *l)
{
	enum link_type type = LINK_DATA;
	uint8_t *body;
	size_t len;
	int r = 1;

	while (type != LINK_END && (r = link_take(l, &type, &body, &len)) > 0)
		link_drop(l);
	return r;
}

/* Whether all that was put has left in time. */
static bool
flush(struct link *l, mono_t until)
{
	while (l->fd >= 0 && mono_since(until, clock_mono()) > 0) {
		if (link_flush(l) < 0)
			return false;
		if (link_has_room(l))
			return true;
		poll(&(struct pollfd){ .fd = l->fd, .events = POLLOUT }, 1, 100);
	}
	return false;
}

/*
 * What the source has sent meanwhile is thrown away until it hangs up: closing on it
 * would reset the connection, and the reset may overtake the last word.
 */
static bool
drain(struct link *l, mono_t until)
{
	int r = 0;

	shutdown(l->fd, SHUT_WR);
	while (r == 0 && mono_since(until, clock_mono()) > 0) {
		struct pollfd p = { .fd = l->fd, .events = POLLIN };

		poll(&p, 1, 100);
		r = hear_end(l);
	}
	return r > 0;
}

bool
carrier_send_abort(struct carrier *c, const char *why, const char *sentence)
{
	mono_t until = mono_add(clock_mono(), LAST_WORD_MS);
	char both[WHY_SIZE + DETAIL_SIZE];
	bool heard = false;

	if (flush(&c->link, until)) {
		link_put(&c->link, LINK_ABORT, both, pack_why(both, why, sentence));
		if (flush(&c->link, until) && c->conf.is_target)
			heard = drain(&c->link, until);
	}
	carrier_hang_up(c);
	return heard;
}

int
carrier_address(struct sockaddr_storage *out, const char *address, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, address, &v6->sin6_addr) != 1)
		return -EINVAL;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

void
carrier_tune(int fd, const struct carrier_conf *conf)
{
	unsigned int limit =
	    (unsigned int)(conf->stall_ms > conf->silence_ms ? conf->stall_ms
							     : conf->silence_ms);
	int one = 1;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
}

int
carrier_write(int fd, const void *data, size_t len)
{
	mono_t until = mono_add(clock_mono(), WRITE_MS);
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, (const char *)data + done, len - done);

		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (mono_since(until, clock_mono()) <= 0)
			return -ETIMEDOUT;
		poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 100);
	}
	return 0;
}

int
carrier_child(void)
{
	static struct carrier c;
	uint8_t tag;
	size_t len;
	int r;

	prctl(PR_SET_NAME, "lb-carrier");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	r = record_read(CARRIER_CONTROL, &tag, &c.conf, sizeof(c.conf), &len);
	if (r < 0 || tag != CARRIER_CONF || len != sizeof(c.conf))
		return 1;
	if (seal_start() < 0 || link_init(&c.link) < 0 ||
	    record_reader_init(&c.control) < 0 ||
	    drop_root(geteuid() == 0 ? c.conf.user : NULL) < 0)
		return 1;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sandbox_enter(c.conf.is_target ? SANDBOX_TARGET : SANDBOX_SOURCE) < 0)
		return 1;
	c.heard = c.moved = clock_mono();
	r = c.conf.is_target ? carrier_target(&c) : carrier_source(&c);
	link_deinit(&c.link);
	record_reader_deinit(&c.control);
	free(c.file);
	return r < 0 ? 1 : 0;
}
