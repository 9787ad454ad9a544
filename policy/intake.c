#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/wire.h"
#include "policy/intake.h"
#include "policy/intake_host.h"

struct intake {
	const struct policy_conf *conf;
	struct intake_self self;
	struct intake_host *hosts; /* owned */
	int n_hosts;
	uint32_t *table; /* owned: key id -> host + 1, open addressing */
	uint32_t table_mask;
	struct wire_arena arena;
	struct intake_out out;
	intake_desk_t desk;
	uint64_t counts[FRAME_REFUSALS];
};

static void
table_add(struct intake *in, int host)
{
	uint32_t i = (uint32_t)in->hosts[host].peer.id & in->table_mask;

	while (in->table[i])
		i = (i + 1) & in->table_mask;
	in->table[i] = (uint32_t)host + 1;
}

static struct intake_host *
table_find(struct intake *in, uint64_t id)
{
	uint32_t i = (uint32_t)id & in->table_mask;

	for (; in->table[i]; i = (i + 1) & in->table_mask)
		if (in->hosts[in->table[i] - 1].peer.id == id)
			return &in->hosts[in->table[i] - 1];
	return NULL;
}

int
intake_new(struct intake **out, const struct policy_conf *conf,
    const struct intake_self *self, struct trace *names, struct err *err)
{
	struct intake *in = calloc(1, sizeof(*in));
	int r = -ENOMEM;

	if (!in)
		return r;
	in->conf = conf;
	in->self = *self;
	in->n_hosts = conf->n_hosts;
	in->table_mask = 1;
	while (in->table_mask < 2 * (uint32_t)conf->n_hosts)
		in->table_mask <<= 1;
	in->table = calloc(in->table_mask, sizeof(*in->table));
	in->table_mask--;
	in->hosts = calloc((size_t)conf->n_hosts + 1, sizeof(*in->hosts));
	in->out.event = calloc(1, sizeof(*in->out.event));
	in->out.names = names;
	if (!in->table || !in->hosts || !in->out.event || wire_arena_init(&in->arena) < 0)
		goto out;
	for (int i = 0; i < conf->n_hosts; i++) {
		in->hosts[i].index = i;
		in->hosts[i].name = conf->hosts[i].name;
		r = seal_peer_init(
		    &in->hosts[i].peer, self->pair, conf->hosts[i].key, true);
		if (r < 0) {
			err_set(err, r, "host %s: this public key is weak",
			    conf->hosts[i].name);
			goto out;
		}
		table_add(in, i);
	}
	*out = in;
	in = NULL;
	r = 0;
out:
	intake_free(in);
	return r;
}

struct intake *
intake_free(struct intake *in)
{
	if (in) {
		for (int i = 0; in->hosts && i < in->n_hosts; i++)
			intake_host_deinit(&in->hosts[i]);
		wire_arena_deinit(&in->arena);
		free(in->out.event);
		free(in->hosts);
		free(in->table);
		free(in);
	}
	return NULL;
}

void
intake_reload(struct intake *in, const struct policy_conf *conf)
{
	in->conf = conf;
	for (int i = 0; i < in->n_hosts; i++) {
		in->hosts[i].name = conf->hosts[i].name;
		for (int p = 0; p < PROBES; p++)
			in->hosts[i].generation[p] = 0; /* asked for again, limits anew */
	}
}

void
intake_serve(struct intake *in, intake_desk_t desk)
{
	in->desk = desk;
}

void
intake_set_term(struct intake *in, uint64_t term)
{
	in->self.term = term;
}

const struct intake_actuator *
intake_actuator(const struct intake *in, int host)
{
	return host >= 0 && host < in->n_hosts ? &in->hosts[host].actuator : NULL;
}

struct intake_words
intake_words(const struct intake *in, int host)
{
	const struct intake_host *h;

	if (host < 0 || host >= in->n_hosts)
		return (struct intake_words){ NULL, NULL, 0, 0 };
	h = &in->hosts[host];
	return (struct intake_words){ h->xen.len ? h->xen.data : NULL,
		h->storage.len ? h->storage.data : NULL, h->xen.len, h->storage.len };
}

uint64_t
intake_count(const struct intake *in, enum frame_refusal r)
{
	return (unsigned int)r < FRAME_REFUSALS ? in->counts[r] : 0;
}

static bool
may_send(enum role role, enum frame_kind kind)
{
	if (kind == FRAME_REPORT)
		return role == ROLE_MONITOR;
	return kind == FRAME_REQUEST && (role == ROLE_MONITOR || role == ROLE_ACTUATOR);
}

/* Everything up to the seal: who sent it, and the body in place. */
static enum frame_refusal
open_frame(struct intake *in, uint8_t *frame, size_t len, enum frame_kind kind,
    struct intake_frame *f)
{
	enum frame_refusal r = frame_get_header(&f->header, frame, len);

	if (r != FRAME_OK)
		return r;
	f->host = table_find(in, f->header.sender);
	if (!f->host)
		return FRAME_E_STRANGER;
	if (f->header.recipient != in->self.pair->id)
		return FRAME_E_RECIPIENT;
	if (f->header.kind != kind || !may_send(f->header.role, kind))
		return FRAME_E_ROLE;
	if (!seal_open(frame, len, &f->host->peer, &f->body, &f->len))
		return FRAME_E_SEAL;
	return FRAME_OK;
}

static bool
is_admitted(const struct intake_session *s, const struct frame_header *h)
{
	return s->admitted && memcmp(s->id, h->session, SESSION_SIZE) == 0;
}

static enum frame_refusal
check_sequence(struct intake_frame *f)
{
	struct intake_session *s = &f->host->session[f->header.role];

	if (!is_admitted(s, &f->header))
		return FRAME_E_SESSION;
	if (f->header.sequence <= s->sequence)
		return FRAME_E_REPLAY;
	s->sequence = f->header.sequence;
	return FRAME_OK;
}

static void
say_value(const struct intake_frame *f, enum frame_refusal r, const char *what)
{
	struct intake_host *h = f->host;

	if (r != FRAME_E_VALUE && r != FRAME_E_DECODE)
		return;
	if (h->refusals++ == 0)
		log_line(LOG_LEVEL_WARNING, "report-refused", "host", h->name, "cause",
		    frame_refusal_name(r), "field", r == FRAME_E_VALUE ? what : NULL,
		    NULL);
}

enum frame_refusal
intake_report(
    struct intake *in, uint8_t *frame, size_t len, mono_t now, intake_sink_t sink)
{
	struct intake_frame f;
	Lifeboat__Report *report;
	const char *what = NULL;
	enum frame_refusal r = open_frame(in, frame, len, FRAME_REPORT, &f);

	if (r == FRAME_OK)
		r = check_sequence(&f);
	if (r == FRAME_OK) {
		r = wire_report(&report, &in->arena, f.body, f.len, &what);
		say_value(&f, r, what);
	}
	in->counts[r]++;
	if (r != FRAME_OK)
		return r;
	f.host->reports++;
	f.host->refusals = 0;
	in->out.sink = sink;
	in->out.conf = in->conf;
	in->out.now = now;
	intake_host_report(f.host, report, &in->out);
	return FRAME_OK;
}

/* A session nobody knows yet: the nonce it must echo, or 0 once it has. */
static uint64_t
admit(struct intake_session *s, const struct frame_header *h, uint64_t echo, mono_t now)
{
	bool same = memcmp(s->asked, h->session, SESSION_SIZE) == 0;

	if (s->nonce && same && echo == s->nonce &&
	    mono_since(now, s->nonce_at) <= INTAKE_NONCE_MS) {
		memcpy(s->id, h->session, SESSION_SIZE);
		s->admitted = true;
		s->sequence = h->sequence;
		s->nonce = 0;
		return 0;
	}
	memcpy(s->asked, h->session, SESSION_SIZE);
	s->nonce_at = now;
	do
		seal_random(&s->nonce, sizeof(s->nonce));
	while (s->nonce == 0);
	return s->nonce;
}

/* Nothing but a reply's own words: for one that would be too long with orders in it. */
static void
cut_reply(Lifeboat__Reply *m)
{
	if (lifeboat__reply__get_packed_size(m) > FRAME_BODY_MAX)
		m->n_orders = m->n_acknowledged = m->n_cancelled = 0;
}

static size_t
seal_reply(
    struct intake *in, const struct intake_frame *f, Lifeboat__Reply *m, uint8_t *reply)
{
	static uint8_t body[FRAME_BODY_MAX];
	struct intake_host *h = f->host;
	struct frame_header header = { .role = ROLE_ENGINE, .kind = FRAME_REPLY };

	m->session.data = (uint8_t *)(uintptr_t)f->header.session;
	m->session.len = SESSION_SIZE;
	m->sequence = f->header.sequence;
	m->reports_seen = h->reports;
	m->want_catalogue = m->nonce == 0 && intake_host_wants_catalogue(h);
	m->term = in->self.term;
	m->engine.data = in->self.instance;
	m->engine.len = sizeof(in->self.instance);
	cut_reply(m);
	header.sender = in->self.pair->id;
	header.recipient = h->peer.id;
	/* Its nonce is random: two engines may share a key, and none keeps a count. */
	seal_random(header.session, sizeof(header.session));
	seal_random(&header.sequence, sizeof(header.sequence));
	return seal_close(reply, &h->peer, &header, body, lifeboat__reply__pack(m, body));
}

size_t
intake_request(struct intake *in, uint8_t *frame, size_t len, mono_t now, uint8_t *reply)
{
	struct intake_frame f;
	struct intake_session *s;
	Lifeboat__Request *request;
	const char *what = NULL;
	Lifeboat__Reply m = LIFEBOAT__REPLY__INIT;
	enum frame_refusal r = open_frame(in, frame, len, FRAME_REQUEST, &f);

	if (r == FRAME_OK)
		r = wire_request(&request, &in->arena, f.body, f.len, &what);
	if (r == FRAME_OK) {
		s = &f.host->session[f.header.role];
		if (is_admitted(s, &f.header)) {
			r = check_sequence(&f);
		} else {
			m.nonce = admit(s, &f.header, request->nonce, now);
			if (m.nonce == 0)
				intake_host_admitted(f.host, f.header.role);
		}
	}
	in->counts[r]++;
	if (r != FRAME_OK)
		return 0;
	if (m.nonce == 0 && f.header.role == ROLE_ACTUATOR) {
		intake_host_asked(f.host, request, now);
		if (in->desk.asked)
			in->desk.asked(in->desk.to, f.host->index, request, now, &m);
	}
	return seal_reply(in, &f, &m, reply);
}
