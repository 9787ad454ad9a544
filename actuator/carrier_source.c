#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/carrier.h"
#include "actuator/shim.h"
#include "actuator/words.h"
#include "base/clock.h"
#include "base/err.h"

enum {
	POLL_MS = 200,
	AWAKE_MS = 400, /* between two looks; of more, this host was frozen */
	/* xl reads the guest's configuration first, and may wait for another's lock. */
	SHIM_MS = 120000,
	REDIAL_MS = 1000,
	/* Nobody listens at the berth any more: its carrier is gone. */
	REFUSED_MS = 10000,
	WITHHELD_MS = 5000,   /* `ready`, for a mover that has to allow it */
	UNREACHED_MS = 60000, /* beyond twice the silence; what follows is the engine's */
	RESUME_CODE = 1,      /* any but 0: the target could not start it */
};

enum slot { SLOT_CONTROL, SLOT_LINK, SLOT_SHIM, SLOT_XL, SLOTS };

struct source {
	struct carrier *c;
	int shim, from_xl, to_xl;
	bool over;
	bool bannered; /* xl has been given the banner */
	bool ready;    /* the target has all of it; the guest is suspended */
	bool released; /* xl has been told so */
	bool aborted;  /* the target's journal says so */
	bool xl_ended; /* its mover says so */
	bool settled;  /* xl has been told how it ended */
	uint8_t go[WORDS_GO_SIZE];
	size_t go_len;
	mono_t started, redial, looked;
	int64_t withheld_ms; /* `ready`; the guest is suspended meanwhile */
	mono_t lost;         /* since when there is no link, after `ready` was released */
	bool refused;        /* the last dial was */
	uint8_t hello[LINK_HELLO], welcome[LINK_WELCOME];
	size_t welcome_len;
	bool greeted;
};

static uint8_t buffer[LINK_BODY_MAX]; /* what xl says, before it is sealed */

static bool
is_welcome(const struct source *s)
{
	return s->welcome_len == LINK_WELCOME;
}

/* Before `ready` was released: the pipes are closed, xl resumes the guest. */
static void
give_up(struct source *s, const char *why, const char *sentence)
{
	carrier_say_failed(s->c, why, sentence);
	if (is_welcome(s)) /* a stranger is told nothing */
		carrier_send_abort(s->c, why, sentence);
	s->over = true;
}

static void
lose_link(struct source *s, const char *sentence)
{
	bool proved = s->c->link.proved;

	carrier_hang_up(s->c);
	if (proved || !s->released)
		s->lost = clock_mono();
	s->welcome_len = 0;
	s->greeted = false;
	s->redial = mono_add(clock_mono(), REDIAL_MS);
	if (s->settled) {
		s->over = true;
	} else if (!s->released) {
		carrier_say_failed(s->c, "link-lost", sentence);
		s->over = true;
	}
}

static int
dial(struct source *s)
{
	const struct carrier_conf *conf = &s->c->conf;
	struct sockaddr_storage at;
	int len = carrier_address(&at, conf->address, conf->port);
	int fd;

	if (len < 0)
		return len;
	fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	carrier_tune(fd, conf);
	if (connect(fd, (struct sockaddr *)&at, (socklen_t)len) < 0 &&
	    errno != EINPROGRESS) {
		int r = -errno;
		close(fd);
		return r;
	}
	s->c->link.fd = fd;
	s->c->heard = clock_mono();
	s->welcome_len = 0;
	return 0;
}

/* The greeting fits any socket buffer: it is sent in one piece once connected. */
static void
send_hello(struct source *s)
{
	struct carrier *c = s->c;
	char sentence[160], text[128];
	socklen_t size = sizeof(int);
	int fault = 0;

	getsockopt(c->link.fd, SOL_SOCKET, SO_ERROR, &fault, &size);
	s->refused = fault == ECONNREFUSED;
	if (fault == 0) {
		link_hello(s->hello, &c->conf.keys, c->conf.id,
		    crypto_aead_aes256gcm_is_available());
		if (send(c->link.fd, s->hello, LINK_HELLO, MSG_NOSIGNAL) == LINK_HELLO) {
			s->greeted = true;
			return;
		}
		fault = errno;
	}
	snprintf(sentence, sizeof(sentence), "no connection to %s:%u: %s",
	    c->conf.address, c->conf.port, err_text(text, sizeof(text), fault));
	lose_link(s, sentence);
}

static void
take_welcome(struct source *s)
{
	struct carrier *c = s->c;
	ssize_t n = recv(
	    c->link.fd, s->welcome + s->welcome_len, LINK_WELCOME - s->welcome_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose_link(s, "the berth closed the connection");
		return;
	}
	s->welcome_len += (size_t)n;
	if (!is_welcome(s))
		return;
	if (!link_take_welcome(&c->link, &c->conf.keys, s->hello, s->welcome)) {
		lose_link(s, "the berth could not prove itself");
		return;
	}
	c->heard = c->moved = clock_mono();
	/* A word at once: it proves that this is no recording. */
	c->ticked = (mono_t){ 0 };
	if (!s->released)
		carrier_say_phase(c, PHASE_CONNECTED);
	if (s->go_len == WORDS_GO_SIZE)
		link_put(&c->link, LINK_GO, NULL, 0);
}

static void
tell_xl(struct source *s, const void *data, size_t len)
{
	/* An xl that is gone is seen by the mover; what counts is at the target. */
	if (s->to_xl >= 0)
		carrier_write(s->to_xl, data, len);
}

/* xl destroys the guest here (code 0), or takes back its name and resumes it. */
static void
settle(struct source *s, uint8_t code)
{
	if (s->settled)
		return;
	s->settled = true;
	carrier_say(s->c, CARRIER_STARTED, &code, 1);
	tell_xl(s, WORDS_REPORT, WORDS_REPORT_SIZE);
	tell_xl(s, &code, 1);
	if (code != 0)
		tell_xl(s, WORDS_GO, WORDS_GO_SIZE);
}

static void
take_banner(struct source *s)
{
	if (s->bannered || s->to_xl < 0)
		return;
	s->bannered = true;
	s->c->moved = clock_mono();
	carrier_say_phase(s->c, PHASE_COPYING);
	tell_xl(s, WORDS_BANNER, WORDS_BANNER_SIZE);
}

static void
take_abort(struct source *s, const uint8_t *body, size_t len)
{
	char sentence[DETAIL_SIZE];
	const char *why = carrier_read_abort(sentence, "the target", body, len);

	carrier_say_failed(s->c, why, sentence);
	/* Else the target would wait for who comes again. */
	if (link_has_room(&s->c->link)) {
		link_put(&s->c->link, LINK_END, NULL, 0);
		link_flush(&s->c->link);
	}
	carrier_hang_up(s->c);
	/* It never starts there: xl may bring it back, once it has said GO. */
	s->aborted = true;
	if (s->go_len == WORDS_GO_SIZE)
		settle(s, RESUME_CODE);
	s->over = !s->released || s->settled;
}

static void
take_record(struct source *s, enum link_type type, const uint8_t *body, size_t len)
{
	switch (type) {
	case LINK_BANNER:
		take_banner(s);
		break;
	case LINK_READY:
		if (!s->ready && s->bannered) {
			s->ready = true;
			s->c->moved = clock_mono();
			carrier_say_phase(s->c, PHASE_READY);
		}
		break;
	case LINK_REPORT:
		if (len == 1 && body[0] == 0 && s->go_len == WORDS_GO_SIZE) {
			settle(s, 0);
			link_put(&s->c->link, LINK_END, NULL, 0);
		}
		break;
	case LINK_PERMISSION:
		if (s->go_len == WORDS_GO_SIZE) {
			settle(s, RESUME_CODE);
			link_put(&s->c->link, LINK_END, NULL, 0);
		}
		break;
	case LINK_ABORT:
		take_abort(s, body, len);
		break;
	case LINK_END:
		/* Its xl ended without a report; only domain lists know more. */
		carrier_say_failed(
		    s->c, "no-report", "the target's xl ended without a report");
		s->over = true;
		break;
	default:
		break;
	}
}

/* Up to `ready` nothing has to be answered: the target is heard, and known to live, also
 * while its xl takes no more and the link is full. */
static bool
may_listen(const struct source *s)
{
	return s->greeted && (!s->ready || link_has_room(&s->c->link));
}

static void
take_link(struct source *s)
{
	struct carrier *c = s->c;
	enum link_type type;
	uint8_t *body;
	size_t len;
	int r = 0;

	if (!s->greeted)
		return;
	if (!is_welcome(s)) {
		take_welcome(s);
		return;
	}
	while (!s->over && c->link.fd >= 0 && may_listen(s) &&
	       (r = link_take(&c->link, &type, &body, &len)) > 0) {
		c->heard = clock_mono();
		take_record(s, type, body, len);
		link_drop(&c->link);
	}
	if (s->over || c->link.fd < 0)
		return;
	if (r == -EBADMSG)
		lose_link(s, "the stream was tampered with or damaged");
	else if (r < 0)
		lose_link(s, "the connection ended in the middle");
}

static void
end_of_xl(struct source *s)
{
	close(s->from_xl);
	s->from_xl = -1;
	if (s->go_len == WORDS_GO_SIZE || s->settled)
		return;
	give_up(s, "xl-ended", "this host's xl gave up");
}

/* After `ready`, whatever xl says is GO. */
static void
take_go(struct source *s)
{
	ssize_t n = read(s->from_xl, s->go + s->go_len, WORDS_GO_SIZE - s->go_len);

	if (n == 0 || (n < 0 && s->xl_ended)) {
		end_of_xl(s);
		return;
	}
	if (n < 0)
		return;
	s->go_len += (size_t)n;
	if (s->go_len < WORDS_GO_SIZE)
		return;
	if (memcmp(s->go, WORDS_GO, WORDS_GO_SIZE) != 0) {
		s->go_len = 0;
		give_up(s, "xl-rubbish", "this host's xl said something else than GO");
		return;
	}
	if (s->aborted) {
		settle(s, RESUME_CODE);
		s->over = true;
		return;
	}
	carrier_say_phase(s->c, PHASE_GO);
	if (s->c->link.fd >= 0 && is_welcome(s))
		link_put(&s->c->link, LINK_GO, NULL, 0);
}

static void
take_xl(struct source *s)
{
	struct carrier *c = s->c;
	ssize_t n;

	if (s->released) {
		if (s->go_len < WORDS_GO_SIZE &&
		    (c->link.fd < 0 || link_has_room(&c->link)))
			take_go(s);
		else if (s->go_len == WORDS_GO_SIZE && read(s->from_xl, buffer, 1) == 0)
			end_of_xl(s);
		return;
	}
	if (!is_welcome(s) || !link_has_room(&c->link))
		return;
	n = read(s->from_xl, buffer, sizeof(buffer));
	if (n == 0)
		end_of_xl(s);
	if (n <= 0)
		return;
	link_put(&c->link, LINK_DATA, buffer, (size_t)n);
	c->bytes += (uint64_t)n;
	c->moved = clock_mono();
}

static void
take_shim(struct source *s, int listener)
{
	int r = shim_take(listener, &s->from_xl, &s->to_xl);

	if (r < 0 && r != -EAGAIN && r != -EPERM)
		give_up(s, "shim", "xl's pipes could not be taken over");
	if (r < 0)
		return;
	s->shim = r;
	take_banner(s);
}

static void
take_mover(struct source *s)
{
	struct carrier_said said = carrier_listen(s->c);

	if (said.cancel && !s->released)
		give_up(s, "cancelled", "cancelled by the engine or an operator");
	if (said.xl_ended) {
		s->xl_ended = true;
		if (!s->released)
			give_up(s, "xl-ended", "this host's xl gave up");
	}
	if (s->c->mover_gone && !s->released)
		give_up(s, "mover-gone", "the mover died");
	if (said.allow && s->ready && !s->released && !s->over) {
		s->released = true;
		tell_xl(s, WORDS_READY, WORDS_READY_SIZE);
	}
}

/* xl's pipes are closed: it leaves the guest suspended and says that it knows no more. */
static void
give_up_dialling(struct source *s, mono_t now)
{
	int64_t limit =
	    s->refused ? REFUSED_MS : 2 * s->c->conf.silence_ms + UNREACHED_MS;

	if (mono_since(now, s->lost) <= limit)
		return;
	carrier_say_failed(s->c, "link-lost", "the target could not be reached again");
	s->over = true;
}

/* Of a host that freezes, the mover froze too: what counts is the time in which this
 * process was awake to hear it. */
static void
count_withheld(struct source *s, mono_t now)
{
	int64_t ms = mono_since(now, s->looked);

	s->looked = now;
	if (s->ready && !s->released)
		s->withheld_ms += ms < AWAKE_MS ? ms : AWAKE_MS;
}

static void
watch_time(struct source *s, mono_t now)
{
	struct carrier *c = s->c;

	count_withheld(s, now);
	if (c->link.fd >= 0 && mono_since(now, c->heard) > c->conf.silence_ms)
		lose_link(s, "the target said nothing for too long");
	if (s->over || s->released) {
		if (!s->over && !s->aborted && !s->settled && c->link.fd < 0)
			give_up_dialling(s, now);
		if (!s->over && !s->aborted && c->link.fd < 0 &&
		    mono_since(now, s->redial) >= 0 && dial(s) < 0)
			s->redial = mono_add(now, REDIAL_MS);
		return;
	}
	if (s->withheld_ms > WITHHELD_MS)
		give_up(s, "mover-gone",
		    "the mover does not say whether it may go: it "
		    "hangs, or the disk of /etc/xen is slow");
	else if (s->shim < 0 && mono_since(now, s->started) > SHIM_MS)
		give_up(s, "xl-hangs", "xl did not start its migration");
	else if (s->bannered && mono_since(now, c->moved) > c->conf.stall_ms)
		give_up(s, "stalled", "no byte of the guest moved for too long");
}

/* What is waited for, given where things stand. */
static void
prepare_poll(const struct source *s, struct pollfd p[SLOTS])
{
	const struct link *l = &s->c->link;
	bool wants_xl = s->from_xl >= 0 && s->bannered &&
			(s->released || (is_welcome(s) && link_has_room(l)));

	p[SLOT_CONTROL] =
	    (struct pollfd){ s->c->mover_gone ? -1 : CARRIER_CONTROL, POLLIN, 0 };
	p[SLOT_LINK] = (struct pollfd){ l->fd, 0, 0 };
	p[SLOT_LINK].events = (short)((may_listen(s) ? POLLIN : 0) |
				      (!s->greeted || !link_has_room(l) ? POLLOUT : 0));
	p[SLOT_SHIM] = (struct pollfd){ s->shim < 0 ? CARRIER_LISTENER : -1, POLLIN, 0 };
	p[SLOT_XL] = (struct pollfd){ wants_xl ? s->from_xl : -1, POLLIN, 0 };
}

static void
send_file(struct carrier *c)
{
	if (c->file_len == 0 || c->link.fd < 0 || !link_has_room(&c->link))
		return;
	link_put(&c->link, LINK_FILE, c->file, c->file_len);
	c->file_len = 0;
}

static void
step(struct source *s)
{
	struct carrier *c = s->c;
	struct pollfd p[SLOTS];
	mono_t now;

	prepare_poll(s, p);
	if (poll(p, SLOTS, POLL_MS) < 0)
		return;
	now = clock_mono();
	if (p[SLOT_CONTROL].revents)
		take_mover(s);
	if (!s->over && p[SLOT_SHIM].revents)
		take_shim(s, CARRIER_LISTENER);
	if (!s->over && c->link.fd >= 0 && !s->greeted && p[SLOT_LINK].revents)
		send_hello(s);
	if (!s->over && c->link.fd >= 0 && p[SLOT_LINK].revents)
		take_link(s);
	if (!s->over && s->from_xl >= 0 && (p[SLOT_XL].revents || s->xl_ended))
		take_xl(s);
	if (!s->over && is_welcome(s)) {
		send_file(c);
		carrier_tick(c, now);
	}
	if (!s->over && c->link.fd >= 0 && is_welcome(s) && link_flush(&c->link) < 0)
		lose_link(s, "the connection broke");
	if (!s->over && s->settled && (c->link.fd < 0 || link_has_room(&c->link)))
		s->over = true;
	if (!s->over)
		watch_time(s, now);
}

int
carrier_source(struct carrier *c)
{
	struct source s = { .c = c, .shim = -1, .from_xl = -1, .to_xl = -1 };

	s.started = s.looked = clock_mono();
	if (dial(&s) < 0)
		lose_link(&s, "the berth's address cannot be dialled");
	while (!s.over)
		step(&s);
	carrier_say(c, CARRIER_BYTES, &c->bytes, sizeof(c->bytes));
	carrier_hang_up(c);
	if (s.from_xl >= 0)
		close(s.from_xl);
	if (s.to_xl >= 0)
		close(s.to_xl);
	if (s.shim >= 0)
		close(s.shim);
	return c->failed ? -EIO : 0;
}
