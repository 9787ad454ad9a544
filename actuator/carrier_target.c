#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/berth.h"
#include "actuator/carrier.h"
#include "actuator/header.h"
#include "actuator/journal.h"
#include "actuator/words.h"
#include "base/clock.h"
#include "base/err.h"

enum {
	POLL_MS = 200,
	BANNER_MS = 30000,   /* for xl to say that it is ready */
	LINGER_SILENCES = 2, /* after the end, for a source that has to be told: it may
				notice the loss as late as this side did */
};

enum slot {
	SLOT_CONTROL,
	SLOT_LINK,
	SLOT_LISTENER,
	SLOT_TO_XL,
	SLOT_FROM_XL,
	SLOT_GUEST,
	SLOTS = SLOT_GUEST + BERTH_CALLERS
};

struct target {
	struct carrier *c;
	struct berth berth;
	int to_xl, from_xl;
	bool over;
	bool xl_ended;          /* its mover says so */
	bool bannered;          /* xl has said that it waits */
	bool berthed;           /* the mover knows the port */
	bool met;               /* the source has come, at least once */
	bool checked;           /* the head of the stream is good */
	bool ready;             /* xl has all of it */
	bool go_taken, aborted; /* as in the journal */
	bool reported, permitted;
	bool tell; /* there is news for the source */
	bool told; /* the source knows how it ended */
	uint8_t report;
	uint8_t word[128]; /* what xl says, until it is a whole word */
	size_t word_len;
	uint8_t head[HEADER_MAX];
	size_t head_len;
	const uint8_t *out; /* of the record in the link, still to be written to xl */
	size_t out_len;
	mono_t started, lost, ended;
	char why[WHY_SIZE], sentence[DETAIL_SIZE];
};

static struct target the;

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Never to be started here.  xl's stdin is closed only after the journal says so; it then
 * destroys its copy, as long as it can still speak.
 */
static void
give_up(struct target *t, const char *why, const char *sentence)
{
	if (t->go_taken || t->aborted)
		return;
	t->aborted = true;
	snprintf(t->why, sizeof(t->why), "%s", why);
	snprintf(t->sentence, sizeof(t->sentence), "%s", sentence);
	/* A journal that cannot be written reads as aborted all the same: go-taken is not
	 * in it, as GO never gets past this. */
	journal_write(CARRIER_JOURNAL, JOURNAL_ABORTED);
	close_fd(&t->to_xl);
	t->out_len = 0;
	t->ended = clock_mono();
	carrier_say_failed(t->c, why, sentence);
	if (t->c->link.fd >= 0)
		t->told = carrier_send_abort(t->c, why, sentence);
}

static void
lose_link(struct target *t, const char *sentence)
{
	bool proved = t->c->link.proved;

	carrier_hang_up(t->c);
	t->out_len = 0;
	if (proved || !t->ready)
		t->lost = clock_mono();
	if (!t->ready)
		give_up(t, "link-lost", sentence);
}

/* Where things stand, said anew to a source that has come (again). */
static void
tell_source(struct target *t)
{
	struct link *l = &t->c->link;

	if (!t->tell || l->fd < 0 || !link_has_room(l))
		return;
	t->tell = false;
	if (t->go_taken && t->from_xl < 0 && !t->permitted &&
	    !(t->reported && t->report == 0)) {
		link_put(l, LINK_END, NULL, 0);
		t->told = true;
	} else if (t->aborted) {
		t->told = carrier_send_abort(t->c, t->why, t->sentence);
	} else if (t->permitted) {
		link_put(l, LINK_PERMISSION, NULL, 0);
	} else if (t->reported && t->report == 0) {
		link_put(l, LINK_REPORT, &t->report, 1);
	} else if (t->ready) {
		link_put(l, LINK_READY, NULL, 0);
	} else {
		link_put(l, LINK_BANNER, NULL, 0);
	}
}

/* One that has proved itself keeps its place until it is lost. */
static bool
may_come_in(const struct target *t, const struct berth_caller *caller)
{
	return !t->c->link.proved && (!t->met || t->ready) &&
	       berth_is_new(&t->berth, caller->hello);
}

/* The greeting is good: this is the source, unless somebody has kept it from reaching us
 * before. */
static void
welcome(struct target *t, struct berth_caller *caller)
{
	struct carrier *c = t->c;
	uint8_t answer[LINK_WELCOME];

	if (!may_come_in(t, caller) || !link_take_hello(&c->link, answer, &c->conf.keys,
					   c->conf.id, caller->hello)) {
		berth_hang_up(caller);
		return;
	}
	berth_remember(&t->berth, caller->hello);
	carrier_hang_up(c);
	if (send(caller->fd, answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer)) {
		berth_hang_up(caller);
		return;
	}
	c->link.fd = caller->fd;
	caller->fd = -1;
	caller->len = 0;
	c->heard = c->moved = clock_mono();
	if (!t->met)
		carrier_say_phase(c, PHASE_CONNECTED);
	t->met = true;
	t->tell = true;
}

static void
write_xl(struct target *t)
{
	while (t->out_len > 0 && t->to_xl >= 0) {
		ssize_t n = write(t->to_xl, t->out, t->out_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				give_up(t, "xl-ended", "xl takes no more of the stream");
			return;
		}
		t->out += n;
		t->out_len -= (size_t)n;
		/* Until now nobody listened; what the source said waits in the socket. */
		t->c->moved = t->c->heard = clock_mono();
	}
	if (t->to_xl >= 0)
		link_drop(&t->c->link);
}

/* The head is held back until it is whole and good. */
static void
take_head(struct target *t, const uint8_t *body, size_t len)
{
	const struct carrier_conf *conf = &t->c->conf;
	struct header_wish wish = { .uuid = conf->uuid,
		.scripts = conf->scripts,
		.disks = conf->disks,
		.n_disks = conf->n_disks,
		.bridges = conf->bridges,
		.n_bridges = conf->n_bridges,
		.memory_kib = conf->memory_kib,
		.vcpus = conf->vcpus };
	struct err err;
	int length;

	if (len > sizeof(t->head) - t->head_len)
		len = sizeof(t->head) - t->head_len;
	memcpy(t->head + t->head_len, body, len);
	t->head_len += len;
	if (t->head_len < HEADER_FIXED)
		return;
	length = header_length(t->head, t->head_len, &err);
	if (length >= 0 && t->head_len < (size_t)length)
		return;
	memcpy(wish.name, conf->name, sizeof(wish.name));
	if (length >= 0)
		length = header_check(t->head, (size_t)length, &wish, &err);
	if (length < 0) {
		give_up(t, length == -ENOENT ? "no-file" : "hostile-head", err.text);
		return;
	}
	t->checked = true;
	carrier_say_phase(t->c, PHASE_COPYING);
	if (carrier_write(t->to_xl, t->head, t->head_len) < 0)
		give_up(t, "xl-ended", "xl takes no more of the stream");
}

static void
take_data(struct target *t, const uint8_t *body, size_t len)
{
	size_t taken = t->head_len;

	if (t->aborted || t->ready || t->to_xl < 0) {
		link_drop(&t->c->link);
		return;
	}
	t->c->bytes += len;
	t->c->moved = clock_mono();
	if (!t->checked) {
		take_head(t, body, len);
		taken = t->head_len - taken;
		if (taken == len || t->aborted) {
			if (t->c->link.fd >= 0)
				link_drop(&t->c->link);
			return;
		}
		body += taken;
		len -= taken;
	}
	t->out = body;
	t->out_len = len;
	write_xl(t);
}

static void
take_go(struct target *t)
{
	if (!t->ready || t->go_taken || t->aborted)
		return;
	if (!journal_write(CARRIER_JOURNAL, JOURNAL_GO_TAKEN)) {
		give_up(t, "journal", "the journal cannot be written");
		return;
	}
	t->go_taken = true;
	carrier_say_phase(t->c, PHASE_GO);
	carrier_write(t->to_xl, WORDS_GO, WORDS_GO_SIZE);
}

static void
take_abort(struct target *t, const uint8_t *body, size_t len)
{
	char sentence[DETAIL_SIZE];
	const char *why = carrier_read_abort(sentence, "the source", body, len);

	carrier_hang_up(t->c);
	t->told = true;
	give_up(t, why, sentence);
}

static void
take_record(struct target *t, enum link_type type, const uint8_t *body, size_t len)
{
	switch (type) {
	case LINK_DATA:
		take_data(t, body, len);
		return; /* dropped once xl has taken it */
	case LINK_GO:
		take_go(t);
		break;
	case LINK_FILE:
		if (len <= FRAME_BODY_MAX && !t->ready)
			carrier_say(t->c, CARRIER_FILE, body, len);
		break;
	case LINK_ABORT:
		take_abort(t, body, len);
		return;
	case LINK_END:
		t->told = true;
		break;
	default:
		break;
	}
	if (t->c->link.fd >= 0)
		link_drop(&t->c->link);
}

static void
take_link(struct target *t)
{
	struct carrier *c = t->c;
	enum link_type type;
	uint8_t *body;
	size_t len;
	int r = 0;

	while (t->out_len == 0 && c->link.fd >= 0 &&
	       (r = link_take(&c->link, &type, &body, &len)) > 0) {
		c->heard = clock_mono();
		take_record(t, type, body, len);
	}
	if (c->link.fd < 0)
		return;
	if (r == -EBADMSG)
		lose_link(t, "the stream was tampered with or damaged");
	else if (r < 0)
		lose_link(t, "the connection ended in the middle");
}

/* The next word that xl may say, and its length. */
static const char *
expected(const struct target *t, size_t *len)
{
	if (!t->bannered) {
		*len = WORDS_BANNER_SIZE;
		return WORDS_BANNER;
	}
	if (!t->ready) {
		*len = WORDS_READY_SIZE;
		return WORDS_READY;
	}
	if (!t->reported) {
		*len = WORDS_REPORT_SIZE;
		return WORDS_REPORT;
	}
	*len = WORDS_GO_SIZE;
	return WORDS_GO;
}

static void
take_word(struct target *t)
{
	if (!t->bannered) {
		t->bannered = true;
	} else if (!t->ready) {
		t->ready = true;
		t->c->moved = clock_mono();
		carrier_say_phase(t->c, PHASE_READY);
		t->tell = true;
	} else if (!t->reported) {
		t->reported = true;
		t->report = t->word[WORDS_REPORT_SIZE];
		t->ended = clock_mono();
		carrier_say(t->c, CARRIER_STARTED, &t->report, 1);
		t->tell = t->report == 0;
	} else {
		t->permitted = true;
		t->ended = clock_mono();
		t->tell = true;
	}
	t->word_len = 0;
}

static void
end_of_xl(struct target *t)
{
	close_fd(&t->from_xl);
	t->ended = clock_mono();
	t->tell = true;
	if (!t->bannered)
		give_up(t, "xl-missing", "xl migrate-receive did not start");
	else if (!t->go_taken)
		give_up(t, "xl-ended", "this host's xl gave up");
}

static void
take_xl(struct target *t)
{
	size_t want, code;
	const char *word = expected(t, &want);
	ssize_t n;

	code = word[0] == WORDS_REPORT[0] && want == WORDS_REPORT_SIZE ? 1 : 0;
	n = read(t->from_xl, t->word + t->word_len, want + code - t->word_len);
	if (n == 0 || (n < 0 && t->xl_ended)) {
		end_of_xl(t);
		return;
	}
	if (n < 0)
		return;
	if (t->aborted)
		return; /* its last words: nobody needs them */
	t->word_len += (size_t)n;
	if (memcmp(t->word, word, t->word_len < want ? t->word_len : want) != 0) {
		give_up(t, "xl-rubbish", "this host's xl said what xl never says");
		return;
	}
	if (t->word_len == want + code)
		take_word(t);
}

static void
take_mover(struct target *t)
{
	struct carrier_said said = carrier_listen(t->c);

	if (said.cancel)
		give_up(t, "cancelled", "cancelled by the engine or an operator");
	t->xl_ended |= said.xl_ended;
	if (t->c->mover_gone && !t->ready)
		give_up(t, "mover-gone", "the mover died");
}

static void
open_door(struct target *t)
{
	uint16_t port;
	char sentence[160], text[128];
	int r;

	if (!t->bannered || t->berthed || t->aborted)
		return;
	r = berth_open(&t->berth, &t->c->conf, &port);
	if (r < 0) {
		snprintf(sentence, sizeof(sentence), "no port of %s from %u on: %s",
		    t->c->conf.address, t->c->conf.port, err_text(text, sizeof(text), r));
		give_up(t, "no-port", sentence);
		return;
	}
	t->berthed = true;
	t->started = clock_mono();
	carrier_say(t->c, CARRIER_BERTH, &port, sizeof(port));
}

static void
watch_time(struct target *t, mono_t now)
{
	const struct carrier_conf *conf = &t->c->conf;

	berth_expire(&t->berth, now);
	if (t->c->link.fd >= 0 && t->out_len == 0 &&
	    mono_since(now, t->c->heard) > conf->silence_ms)
		lose_link(t, "the source said nothing for too long");
	if (t->aborted || t->go_taken)
		return;
	if (!t->bannered && mono_since(now, t->started) > BANNER_MS)
		give_up(
		    t, "xl-hangs", "xl migrate-receive does not say that it is ready");
	else if (t->berthed && !t->met && mono_since(now, t->started) > conf->berth_ms)
		give_up(t, "nobody-came", "the source did not come");
	else if (t->ready && !t->c->link.proved &&
		 mono_since(now, t->lost) > conf->silence_ms)
		give_up(t, "link-lost", "the source did not come back");
	else if (t->met && !t->ready && mono_since(now, t->c->moved) > conf->stall_ms)
		give_up(t, "stalled",
		    t->out_len > 0 ? "xl here took no byte of the guest for too long"
				   : "no byte of the guest came for too long");
}

/*
 * Over once xl has said its last word and the source knows how it ended, or has had its
 * time to ask.
 */
static bool
is_over(const struct target *t, mono_t now)
{
	bool xl_done = t->from_xl < 0 ||
		       (t->go_taken && t->reported && (t->report == 0 || t->permitted));

	if (!xl_done)
		return false;
	return t->told || !t->met || (t->aborted && !t->ready) ||
	       mono_since(now, t->ended) > LINGER_SILENCES * t->c->conf.silence_ms;
}

static void
prepare_poll(const struct target *t, struct pollfd p[SLOTS])
{
	const struct link *l = &t->c->link;

	p[SLOT_CONTROL] =
	    (struct pollfd){ t->c->mover_gone ? -1 : CARRIER_CONTROL, POLLIN, 0 };
	p[SLOT_LINK] = (struct pollfd){ l->fd, 0, 0 };
	p[SLOT_LINK].events =
	    (short)((t->out_len == 0 ? POLLIN : 0) | (!link_has_room(l) ? POLLOUT : 0));
	if (p[SLOT_LINK].events == 0)
		p[SLOT_LINK].fd = -1; /* a hang-up is seen once xl has caught up */
	p[SLOT_LISTENER] = (struct pollfd){ t->berth.listener, POLLIN, 0 };
	p[SLOT_TO_XL] = (struct pollfd){ t->out_len > 0 ? t->to_xl : -1, POLLOUT, 0 };
	p[SLOT_FROM_XL] = (struct pollfd){ t->from_xl, POLLIN, 0 };
	for (int i = 0; i < BERTH_CALLERS; i++)
		p[SLOT_GUEST + i] = (struct pollfd){ t->berth.caller[i].fd, POLLIN, 0 };
}

static void
step(struct target *t)
{
	struct carrier *c = t->c;
	struct pollfd p[SLOTS];
	mono_t now;

	prepare_poll(t, p);
	if (poll(p, SLOTS, POLL_MS) < 0)
		return;
	now = clock_mono();
	if (p[SLOT_CONTROL].revents)
		take_mover(t);
	if (t->from_xl >= 0 && (p[SLOT_FROM_XL].revents || t->xl_ended))
		take_xl(t);
	if (p[SLOT_TO_XL].revents && t->to_xl >= 0)
		write_xl(t);
	if (p[SLOT_LINK].revents && c->link.fd >= 0)
		take_link(t);
	for (int i = 0; i < BERTH_CALLERS; i++)
		if (p[SLOT_GUEST + i].revents && berth_hear(&t->berth.caller[i]))
			welcome(t, &t->berth.caller[i]);
	if (p[SLOT_LISTENER].revents)
		berth_accept(&t->berth, &c->conf);
	open_door(t);
	tell_source(t);
	carrier_tick(c, now);
	if (c->link.fd >= 0 && link_flush(&c->link) < 0)
		lose_link(t, "the connection broke");
	watch_time(t, now);
}

int
carrier_target(struct carrier *c)
{
	struct target *t = &the;

	t->c = c;
	berth_init(&t->berth);
	t->to_xl = CARRIER_TO_XL;
	t->from_xl = CARRIER_FROM_XL;
	t->started = clock_mono();
	fcntl(t->to_xl, F_SETFL, fcntl(t->to_xl, F_GETFL) | O_NONBLOCK);
	fcntl(t->from_xl, F_SETFL, fcntl(t->from_xl, F_GETFL) | O_NONBLOCK);
	while (!is_over(t, clock_mono()))
		step(t);
	carrier_say(c, CARRIER_BYTES, &c->bytes, sizeof(c->bytes));
	close_fd(&t->to_xl);
	close_fd(&t->from_xl);
	berth_close(&t->berth);
	return c->failed ? -EIO : 0;
}
