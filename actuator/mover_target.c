#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/arrival.h"
#include "actuator/journal.h"
#include "actuator/keys.h"
#include "actuator/mover.h"
#include "actuator/need.h"
#include "actuator/outlived.h"
#include "actuator/preflight.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

enum {
	PIPE_SIZE = 1024 * 1024,
	ALIVE_MS = 10000, /* a guest that does nothing for so long is worth a line */
	LOOK_MS = 200,
	LAST_WORDS_MS = 2000,
};

struct ends {
	int to_xl[2], from_xl[2], journal;
};

static void
close_ends(struct ends *e)
{
	int all[] = { e->to_xl[0], e->to_xl[1], e->from_xl[0], e->from_xl[1],
		e->journal };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
}

static int
make_ends(struct mover *m, struct ends *e, struct err *err)
{
	char path[FOLDER_SIZE + 8];

	*e = (struct ends){ { -1, -1 }, { -1, -1 }, -1 };
	snprintf(path, sizeof(path), "%s/journal", m->folder);
	e->journal =
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (e->journal < 0)
		return err_set(err, -errno, "%s cannot be written", path);
	if (pipe2(e->to_xl, O_CLOEXEC) < 0 || pipe2(e->from_xl, O_CLOEXEC) < 0)
		return err_set(err, -errno, "no pipe");
	fcntl(e->to_xl[1], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

void
mover_bind(struct carrier_conf *conf, const Lifeboat__Order *o)
{
	const Lifeboat__Guest *g = o->guest;

	text_copy(conf->name, sizeof(conf->name), g->name);
	for (size_t i = 0; i < o->n_disks && i < MAX_GUEST_DISKS; i++)
		text_copy(conf->disks[conf->n_disks++], DISK_SIZE, o->disks[i]->identity);
	for (size_t i = 0; i < g->n_bridges && i < MAX_GUEST_BRIDGES; i++)
		text_copy(conf->bridges[conf->n_bridges++], NAME_SIZE, g->bridges[i]);
	conf->memory_kib = need_most(g);
	conf->vcpus = g->vcpus;
}

static int
start_carrier(struct mover *m, struct ends *e, struct err *err)
{
	struct carrier_conf conf = { .is_target = true, .uuid = m->guest };
	struct keys_pair own;
	int r;

	text_copy(conf.user, sizeof(conf.user), m->conf.user);
	text_copy(conf.address, sizeof(conf.address), m->conf.address);
	text_copy(conf.scripts, sizeof(conf.scripts), MOVER_SCRIPTS);
	mover_bind(&conf, m->order);
	conf.port = (uint16_t)m->conf.port;
	conf.ports = (uint16_t)m->conf.berths;
	conf.berth_ms = m->conf.berth_ms;
	conf.silence_ms = m->conf.silence_ms;
	conf.stall_ms = m->conf.stall_ms;
	mover_berth_id(conf.id, m->order->id);
	keys_make(&own);
	memcpy(m->state.berth_key, own.public_key, sizeof(m->state.berth_key));
	r = link_derive(
	    &conf.keys, own.public_key, own.secret_key, m->order->carrier_key.data, true);
	explicit_bzero(&own, sizeof(own));
	if (r < 0)
		return err_set(err, r, "the source's carrier key is not usable");
	r = mover_start_carrier(
	    m, &conf, (int[]){ e->to_xl[1], e->from_xl[0], e->journal }, 3, err);
	explicit_bzero(&conf, sizeof(conf));
	return r;
}

static int
start_both(struct mover *m, struct err *err)
{
	const char *const argv[] = { m->conf.xl, "migrate-receive", NULL };
	struct ends e;
	int r = make_ends(m, &e, err);

	if (r == 0)
		r = start_carrier(m, &e, err);
	if (r == 0)
		r = mover_start_xl(m, argv, e.to_xl[0], e.from_xl[1], err);
	if (r < 0 && m->control >= 0) {
		close(m->control); /* the carrier ends with its mover */
		m->control = -1;
	}
	close_ends(&e);
	return r;
}

/* Whether d is the half of a move that was to arrive here. */
static bool
is_arriving(const struct mover *m, const struct xl_domain *d)
{
	char name[XL_NAME_SIZE];

	snprintf(name, sizeof(name), "%s" XL_INCOMING, m->order->guest->name);
	return strcmp(d->name, name) == 0;
}

/* GO is in the journal: the guest is this host's; xl died before it could start it. */
static enum outcome
start_here(struct mover *m, const struct xl_domain *d)
{
	struct err err;
	char id[16];
	int r = 0;

	snprintf(id, sizeof(id), "%" PRIu32, d->domid);
	if (is_arriving(m, d))
		r = xl_do(m->conf.xl, "rename", id, m->order->guest->name, &err);
	if (r == 0)
		r = xl_do(m->conf.xl, "unpause", id, NULL, &err);
	if (r == 0)
		return OUTCOME_MOVED;
	mover_why(m, "not-started", "%s", err.text);
	return OUTCOME_HELD;
}

/* It runs: tell the network, and see it do something. */
static void
welcome(struct mover *m, uint32_t domid)
{
	mono_t until = mono_add(clock_mono(), ALIVE_MS);
	struct arrival_counters before, now;

	arrival_count(&before, "", domid);
	arrival_announce(m->conf.xl, domid);
	do {
		arrival_count(&now, "", domid);
		if (arrival_has_advanced(&before, &now))
			break;
		poll(NULL, 0, LOOK_MS);
	} while (mono_since(until, clock_mono()) > 0);
	if (!arrival_has_advanced(&before, &now)) {
		log_line(LOG_LEVEL_WARNING, "guest-silent", "guest",
		    m->order->guest->name, "requests",
		    log_int((int64_t)(now.requests - before.requests)), "packets",
		    log_int((int64_t)(now.packets - before.packets)), NULL);
		snprintf(m->state.detail, sizeof(m->state.detail),
		    "no sign of life within %d s: %" PRIu64 " disk requests, %" PRIu64
		    " packets",
		    ALIVE_MS / 1000, now.requests - before.requests,
		    now.packets - before.packets);
	}
	mover_check_watched(m, domid);
}

/* GO is in the journal, and the guest is not here: only xl's word proves it never ran. */
static enum outcome
judge_absent(struct mover *m)
{
	const char *name = m->order->guest->name;

	if (m->state.entered_ms[PHASE_STARTED] != 0) {
		mover_why(m, "ended", "%s was started here and is gone", name);
		return OUTCOME_ENDED;
	}
	if (m->told && m->code != 0) {
		mover_why(m, "xl-ended", "xl could not start %s here", name);
		return OUTCOME_STAYED;
	}
	mover_why(m, "gone", "%s is gone, and may have run here", name);
	return OUTCOME_UNDEFINED;
}

static enum outcome
judge(struct mover *m, bool gone)
{
	struct xl_domain list[XL_DOMAINS];
	int n = mover_list(m, list);
	int at = n < 0 ? -1 : xl_find(list, n, &m->guest, 0);

	if (n < 0)
		return OUTCOME_UNDEFINED;
	if (at < 0)
		return gone ? judge_absent(m) : OUTCOME_STAYED;
	if (!gone) {
		mover_why(m, "leftover", "%s is left %s here, never to be started",
		    list[at].name, guest_state_name(list[at].state));
		/* The why of the failure came first; what is left is the news. */
		text_copy(m->state.why, sizeof(m->state.why), "leftover");
		return OUTCOME_HELD;
	}
	switch (list[at].state) {
	case GUEST_RUNNING:
		welcome(m, list[at].domid);
		return OUTCOME_MOVED;
	case GUEST_PAUSED:
		return start_here(m, &list[at]);
	default:
		mover_why(m, "ended", "%s is %s", list[at].name,
		    guest_state_name(list[at].state));
		return OUTCOME_ENDED;
	}
}

static void
prove(struct mover *m)
{
	enum outcome outcome;
	char words[256];
	bool gone;

	mover_enter(m, PHASE_PROVING);
	gone = journal_has_gone(m->folder);
	if (!gone) {
		mover_last_words(m, words, sizeof(words));
		mover_why(m, "aborted", "xl: %s", words[0] ? words : "nothing was said");
	}
	outcome = judge(m, gone);
	if (gone)
		mover_follow_autostart(m, outcome);
	mover_end(m, outcome);
}

/* The xl of a mover that died may be about to rename the guest, or to start it. */
void
mover_prove_prepare(struct mover *m)
{
	outlived_wait(m->folder, m->conf.stall_ms);
	prove(m);
}

static void
wait_berth(struct mover *m)
{
	while (m->control >= 0 && m->state.port == 0)
		mover_step(m);
}

/* What is in the journal will not change any more: the carrier has taken GO, has given
 * up, or is gone. */
static bool
is_decided(const struct mover *m)
{
	return m->control < 0 || m->let_go || journal_has_gone(m->folder);
}

/*
 * Until xl has ended, the journal is what it will be, and the carrier's last words are
 * read.  It may linger for a source that has to be told.
 */
static void
see_through(struct mover *m)
{
	mono_t until;

	while (m->xl.pid || !is_decided(m))
		mover_step(m);
	until = mono_add(clock_mono(), LAST_WORDS_MS);
	while (m->control >= 0 && mono_since(until, clock_mono()) > 0)
		mover_step(m);
	mover_enter(m, PHASE_PROVING);
}

void
mover_prepare(struct mover *m)
{
	char words[256];
	struct err err;

	mover_enter(m, PHASE_CHECKING);
	if (!preflight(m)) {
		mover_end(m, OUTCOME_REFUSED);
		return;
	}
	if (start_both(m, &err) < 0)
		mover_why(m, "no-xl", "%s", err.text);
	wait_berth(m);
	if (m->state.port == 0) {
		mover_see_through(m);
		mover_last_words(m, words, sizeof(words));
		mover_why(m, "no-berth", "xl: %s", words[0] ? words : "nothing was said");
		mover_end(m, OUTCOME_REFUSED);
		return;
	}
	mover_enter(m, PHASE_BERTHED);
	mover_end(m, OUTCOME_READY);
	see_through(m);
	m->state.outcome = OUTCOME_NONE;
	prove(m);
}

/*
 * Destroy what a move left of the guest here, as it lives elsewhere: only what is paused
 * or suspended, and only under the names that moves give.
 */
void
mover_clean(struct mover *m)
{
	struct xl_domain list[XL_DOMAINS];
	char away[XL_NAME_SIZE], id[16];
	struct err err;
	int n, at;

	mover_enter(m, PHASE_PROVING);
	snprintf(away, sizeof(away), "%s" XL_AWAY, m->order->guest->name);
	n = mover_list(m, list);
	at = n < 0 ? -1 : xl_find(list, n, &m->guest, 0);
	if (at < 0) {
		if (n >= 0)
			mover_settle_autostart(m, OUTCOME_MOVED);
		mover_end(m, n < 0 ? OUTCOME_UNDEFINED : OUTCOME_ENDED);
		return;
	}
	if ((!is_arriving(m, &list[at]) && strcmp(list[at].name, away) != 0) ||
	    (list[at].state != GUEST_PAUSED && list[at].state != GUEST_SUSPENDED)) {
		mover_why(m, "not-leftover", "%s is %s: nothing that a move left",
		    list[at].name, guest_state_name(list[at].state));
		mover_end(m, OUTCOME_REFUSED);
		return;
	}
	if (mover_is_cancelled(m)) {
		mover_why(m, "cancelled", "%s is left %s: it was settled", list[at].name,
		    guest_state_name(list[at].state));
		mover_end(m, OUTCOME_REFUSED);
		return;
	}
	snprintf(id, sizeof(id), "%" PRIu32, list[at].domid);
	if (xl_do(m->conf.xl, "destroy", id, NULL, &err) < 0) {
		mover_why(m, "not-destroyed", "%s", err.text);
		mover_end(m, OUTCOME_HELD);
		return;
	}
	mover_settle_autostart(m, OUTCOME_MOVED);
	mover_end(m, OUTCOME_ENDED);
}
