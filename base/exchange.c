#include <string.h>

#include "base/exchange.h"
#include "base/text.h"

int
exchange_init(struct exchange *x, enum role role, const struct seal_pair *own,
    const uint8_t engine_key[SEAL_KEY], const struct uuid *boot_id)
{
	int r;

	memset(x, 0, sizeof(*x));
	r = seal_peer_init(&x->engine, own, engine_key, false);
	if (r < 0)
		return r;
	x->engine.id = seal_key_id(engine_key);
	x->role = role;
	x->own_id = own->id;
	x->boot_id = *boot_id;
	seal_random(x->session, sizeof(x->session));
	return wire_arena_init(&x->arena);
}

void
exchange_deinit(struct exchange *x)
{
	wire_arena_deinit(&x->arena);
}

static size_t
close_frame(struct exchange *x, enum frame_kind kind, uint8_t *out, const uint8_t *body,
    size_t len)
{
	struct frame_header h = {
		.role = x->role,
		.kind = kind,
		.sender = x->own_id,
		.recipient = x->engine.id,
		.sequence = ++x->sequence,
	};

	memcpy(h.session, x->session, sizeof(h.session));
	return seal_close(out, &x->engine, &h, body, len);
}

size_t
exchange_report(struct exchange *x, uint8_t *out, const uint8_t *body, size_t len)
{
	x->reports_sent++;
	return close_frame(x, FRAME_REPORT, out, body, len);
}

unsigned int
exchange_tick(struct exchange *x)
{
	unsigned int news;

	x->asked_again = false;
	if (!x->waiting)
		return 0;
	x->silences++;
	if (x->silences % EXCHANGE_SILENCES != 0)
		return 0;
	news = EXCHANGE_REDIAL;
	if (x->reached || x->silences == EXCHANGE_SILENCES)
		news |= EXCHANGE_LOST;
	x->reached = false;
	return news;
}

size_t
exchange_ask(struct exchange *x, mono_t now, Lifeboat__Request *request, uint8_t *out)
{
	struct exchange_asked *asked = &x->asked[x->next_asked];
	size_t len;

	request->nonce = x->nonce;
	request->boot_id.data = x->boot_id.b;
	request->boot_id.len = sizeof(x->boot_id.b);
	request->reports_sent = x->reports_sent;
	if (lifeboat__request__get_packed_size(request) > FRAME_BODY_MAX)
		return 0;
	/* Packed where it will be sealed: libsodium encrypts in place. */
	len = lifeboat__request__pack(request, out + FRAME_HEADER);
	len = close_frame(x, FRAME_REQUEST, out, out + FRAME_HEADER, len);

	x->next_asked = (x->next_asked + 1) % EXCHANGE_ASKED;
	asked->sequence = x->sequence;
	asked->reports_sent = x->reports_sent;
	asked->at = now;
	x->waiting = true;
	return len;
}

/* The request that a reply names, or NULL. */
static struct exchange_asked *
find_asked(struct exchange *x, const Lifeboat__Reply *reply)
{
	for (size_t i = 0; i < EXCHANGE_ASKED; i++) {
		if (x->asked[i].sequence != 0 && x->asked[i].sequence == reply->sequence)
			return &x->asked[i];
	}
	return NULL;
}

static enum frame_refusal
open_reply(struct exchange *x, uint8_t *frame, size_t len, Lifeboat__Reply **reply)
{
	struct frame_header h;
	uint8_t *body;
	size_t body_len;
	const char *what;
	enum frame_refusal r = frame_get_header(&h, frame, len);

	if (r != FRAME_OK)
		return r;
	if (h.sender != x->engine.id)
		return FRAME_E_STRANGER;
	if (h.recipient != x->own_id)
		return FRAME_E_RECIPIENT;
	if (h.role != ROLE_ENGINE || h.kind != FRAME_REPLY)
		return FRAME_E_ROLE;
	if (!seal_open(frame, len, &x->engine, &body, &body_len))
		return FRAME_E_SEAL;
	return wire_reply(reply, &x->arena, body, body_len, &what);
}

static unsigned int
take_refusal(struct exchange *x, const char *refused)
{
	char text[EXCHANGE_REFUSED_SIZE];

	if (!text_copy(text, sizeof(text), refused))
		text_copy(text, sizeof(text), "for a reason that is too long to repeat");
	if (strcmp(text, x->refused) == 0)
		return 0;
	memcpy(x->refused, text, sizeof(text));
	return text[0] ? EXCHANGE_REFUSED : EXCHANGE_ACCEPTED;
}

/* Do reports get through as requests do? */
static unsigned int
count_seen(struct exchange *x, uint64_t seen, uint64_t sent)
{
	bool new_sent = sent > x->seen_of;
	bool new_seen = seen != x->seen;

	x->seen = seen;
	x->seen_of = sent;
	if (!new_sent)
		return 0;
	x->unseen = new_seen ? 0 : x->unseen + 1;
	if (x->unseen == 0 || x->unseen % EXCHANGE_SILENCES != 0)
		return 0;
	return EXCHANGE_REDIAL |
	       (x->unseen == EXCHANGE_SILENCES ? (unsigned int)EXCHANGE_REPORTS_LOST : 0);
}

static unsigned int
take_reply(struct exchange *x, const Lifeboat__Reply *reply, uint64_t sent)
{
	unsigned int news = take_refusal(x, reply->refused);

	x->waiting = false;
	x->silences = 0;
	if (reply->nonce != 0) {
		x->nonce = reply->nonce;
		if (!x->asked_again)
			news |= EXCHANGE_ASK_AGAIN;
		x->asked_again = true;
		return news;
	}
	if (!x->reached)
		news |= EXCHANGE_REACHED;
	x->reached = true;
	if (reply->want_catalogue)
		news |= EXCHANGE_CATALOGUE;
	return news | count_seen(x, reply->reports_seen, sent);
}

static enum frame_refusal
believe(struct exchange *x, mono_t now, uint8_t *frame, size_t len, unsigned int *news)
{
	Lifeboat__Reply *reply;
	struct exchange_asked *asked;
	enum frame_refusal r = open_reply(x, frame, len, &reply);

	if (r != FRAME_OK)
		return r;
	if (reply->session.len != SESSION_SIZE ||
	    memcmp(reply->session.data, x->session, SESSION_SIZE) != 0)
		return FRAME_E_SESSION;
	asked = find_asked(x, reply);
	if (!asked)
		return FRAME_E_REPLAY;
	asked->sequence = 0;
	if (mono_since(now, asked->at) > EXCHANGE_FRESH_MS)
		return FRAME_E_REPLAY;
	*news = take_reply(x, reply, asked->reports_sent);
	x->reply = reply;
	return FRAME_OK;
}

enum frame_refusal
exchange_reply(
    struct exchange *x, mono_t now, uint8_t *frame, size_t len, unsigned int *news)
{
	enum frame_refusal r;

	*news = 0;
	r = believe(x, now, frame, len, news);
	x->refusals[r]++;
	return r;
}
