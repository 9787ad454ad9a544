#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/keys.h"
#include "actuator/mover.h"
#include "actuator/outlived.h"
#include "actuator/resume.h"
#include "actuator/self.h"
#include "actuator/shim.h"
#include "actuator/source_checks.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

enum {
	LATE_MS = 10000, /* a guest that was asked to suspend may still do so */
	GONE_MS = 10000, /* for what a dead xl has left to end by itself */
	SELF_SIZE = 256,
};

static void
refuse(struct mover *m)
{
	mover_end(m, OUTCOME_REFUSED);
}

/* The guest as it runs here now: its index in the list, or -1 with a why. */
static int
find_running(struct mover *m, struct xl_domain list[XL_DOMAINS], int n)
{
	int at = xl_find(list, n, &m->guest, 0);

	if (at < 0) {
		mover_why(m, "no-guest", "%s is not here", m->order->guest->name);
		return -1;
	}
	if (xl_find(list, n, &m->guest, at + 1) >= 0) {
		mover_why(m, "twice", "%s is here twice", m->order->guest->name);
		return -1;
	}
	if (strcmp(list[at].name, m->order->guest->name) != 0) {
		mover_why(m, "renamed", "%s is called %s here", m->order->guest->name,
		    list[at].name);
		return -1;
	}
	if (xl_is_half(list[at].name)) {
		mover_why(m, "half-moved", "%s is what a move left", list[at].name);
		return -1;
	}
	if (list[at].state != GUEST_RUNNING) {
		mover_why(m, "not-running", "%s is %s", list[at].name,
		    guest_state_name(list[at].state));
		return -1;
	}
	return at;
}

static int
start_carrier(struct mover *m, struct err *err)
{
	const Lifeboat__Berth *berth = m->order->berth;
	struct carrier_conf conf = { .port = (uint16_t)berth->port, .uuid = m->guest };
	struct keys_pair own;
	int listener, r;

	text_copy(conf.user, sizeof(conf.user), m->conf.user);
	text_copy(conf.address, sizeof(conf.address), berth->address);
	text_copy(conf.name, sizeof(conf.name), m->order->guest->name);
	conf.silence_ms = m->conf.silence_ms;
	conf.stall_ms = m->conf.stall_ms;
	mover_berth_id(conf.id, m->order->prepare);
	r = keys_of_run(&own, m->conf.run, err);
	if (r < 0)
		return r;
	r = link_derive(
	    &conf.keys, own.public_key, own.secret_key, berth->key.data, false);
	if (r < 0) {
		err_set(err, r, "the berth's key is not usable");
		goto out;
	}
	listener = shim_listen(m->folder);
	if (listener < 0) {
		r = err_set(
		    err, listener, "%s/" SHIM_SOCKET " cannot be made", m->folder);
		goto out;
	}
	r = mover_start_carrier(m, &conf, &listener, 1, err);
	close(listener);
out:
	explicit_bzero(&conf, sizeof(conf));
	explicit_bzero(&own, sizeof(own));
	return r;
}

static int
start_xl(struct mover *m, uint32_t domid, struct err *err)
{
	char self[SELF_SIZE], command[FOLDER_SIZE + SELF_SIZE + 32], id[16];
	const char *const argv[] = { m->conf.xl, "migrate", "-s", "", id, command, NULL };
	int r = self_path(self, sizeof(self), err);

	if (r < 0)
		return r;
	snprintf(id, sizeof(id), "%" PRIu32, domid);
	snprintf(command, sizeof(command), "exec %s --role=shim:%s", self, m->folder);
	return mover_start_xl(m, argv, -1, -1, err);
}

/* Its xl has never been told `ready`, so it cannot have said GO: the target has nothing
 * to start. */
static bool
was_kept(const struct mover *m)
{
	return m->state.entered_ms[PHASE_RELEASED] == 0 &&
	       m->state.entered_ms[PHASE_GO] == 0;
}

/*
 * Suspended here, and the target can never start it: bring it back, once nobody else may
 * be about to.  A move that is stopped brings it back all the same; a resume that is
 * stopped was settled meanwhile, and the guest may run elsewhere.
 */
static enum outcome
bring_back(struct mover *m, const struct xl_domain *d)
{
	bool gone = outlived_wait(m->folder, GONE_MS);
	struct err err;

	if (m->order->kind == ORDER_RESUME && mover_is_cancelled(m)) {
		mover_why(
		    m, "cancelled", "%s is left suspended: it was settled", d->name);
		return OUTCOME_STAYED_SUSPENDED;
	}
	if (!gone)
		err_set(&err, -EBUSY, "xl, or what it has started, has not ended");
	else if (resume_domain(m->conf.xl, d->domid, m->order->guest->name, &err) == 0)
		return OUTCOME_STAYED;
	/* Whatever ended the move: this is what is to be mended. */
	text_copy(m->state.why, sizeof(m->state.why), "not-resumed");
	text_copy(m->state.detail, sizeof(m->state.detail), err.text);
	return OUTCOME_STAYED_SUSPENDED;
}

static enum outcome
judge_present(struct mover *m, const struct xl_domain *d)
{
	/* The target runs it; what is slow to go here never runs again. */
	if (d->state == GUEST_DYING && m->told && m->code == 0)
		return OUTCOME_MOVED;
	switch (d->state) {
	case GUEST_RUNNING:
	case GUEST_PAUSED:
		return OUTCOME_STAYED;
	case GUEST_SUSPENDED:
		if (was_kept(m))
			return bring_back(m, d);
		mover_why(m, "suspended",
		    "%s is suspended here and the target has not said how it ended",
		    d->name);
		return OUTCOME_STAYED_SUSPENDED;
	default:
		mover_why(m, "ended", "%s is %s", d->name, guest_state_name(d->state));
		return OUTCOME_ENDED;
	}
}

/* *domid: of the guest, if it is here. */
static enum outcome
judge(struct mover *m, uint32_t *domid)
{
	struct xl_domain list[XL_DOMAINS];
	int n = mover_list(m, list);
	int at = n < 0 ? -1 : xl_find(list, n, &m->guest, 0);

	if (n < 0)
		return OUTCOME_UNDEFINED;
	if (at >= 0) {
		*domid = list[at].domid;
		return judge_present(m, &list[at]);
	}
	if (m->state.entered_ms[PHASE_RELEASED] == 0) {
		mover_why(m, "ended", "%s stopped by itself", m->order->guest->name);
		return OUTCOME_ENDED;
	}
	if (m->told && m->code == 0)
		return OUTCOME_MOVED;
	mover_why(m, "gone", "%s is gone here and the target has not said that it runs",
	    m->order->guest->name);
	return OUTCOME_UNDEFINED;
}

/* A guest that xl could not suspend in time, or whose xl died over it, may do so late; of
 * the xl of a mover that died nobody knows how it ended. */
static bool
may_suspend_late(const struct mover *m, const char *words)
{
	if (strstr(words, "failed to suspend"))
		return true;
	return m->xl_started ? WIFSIGNALED(m->xl.status)
			     : m->state.entered_ms[PHASE_COPYING] != 0;
}

static void
prove(struct mover *m)
{
	char words[256];
	uint32_t domid = 0;
	enum outcome outcome;

	mover_enter(m, PHASE_PROVING);
	outcome = judge(m, &domid);
	if (outcome == OUTCOME_STAYED) {
		mover_last_words(m, words, sizeof(words));
		if (may_suspend_late(m, words)) {
			poll(NULL, 0, LATE_MS);
			outcome = judge(m, &domid);
		}
		mover_why(m, "xl-ended", "xl: %s", words[0] ? words : "nothing was said");
	}
	if (outcome == OUTCOME_STAYED && m->state.entered_ms[PHASE_COPYING] != 0)
		mover_check_watched(m, domid);
	mover_settle_autostart(m, outcome);
	mover_end(m, outcome);
}

/*
 * The xl of a mover that died: it may be about to resume the guest, or to destroy it.  So
 * it is seen out, as by its own mover: ended where it hangs and may be ended, else left
 * alone.
 */
static void
see_out_xl(const struct mover *m)
{
	if (was_kept(m) && !outlived_wait(m->folder, m->conf.stall_ms) &&
	    outlived_kill(m->folder))
		log_line(LOG_LEVEL_WARNING, "xl-killed", "guest", m->order->guest->name,
		    "why", "it did not end after its mover died", NULL);
	while (!was_kept(m) && !outlived_wait(m->folder, m->conf.stall_ms))
		;
}

void
mover_prove_move(struct mover *m)
{
	m->told = m->state.entered_ms[PHASE_STARTED] != 0;
	mover_why(m, "mover-died", "the process that carried it out died");
	if (m->state.entered_ms[PHASE_STARTED] != 0)
		m->state.why[0] = m->state.detail[0] = '\0';
	see_out_xl(m);
	prove(m);
}

static void
wait_connected(struct mover *m)
{
	while (m->control >= 0 && m->state.phase < PHASE_CONNECTED)
		mover_step(m);
}

void
mover_move(struct mover *m)
{
	struct xl_domain list[XL_DOMAINS];
	struct err err;
	int n, at;

	mover_enter(m, PHASE_CHECKING);
	/* Nothing has begun: a list that cannot be had is no reason to wait for one. */
	n = xl_list(m->conf.xl, list, &err);
	if (n < 0)
		mover_why(m, "no-list", "%s", err.text);
	at = n < 0 ? -1 : find_running(m, list, n);
	if (at < 0 || !source_checks(m, "", &list[at])) {
		refuse(m);
		return;
	}
	autostart_forget(m->conf.run, &m->guest);
	if (start_carrier(m, &err) < 0) {
		mover_why(m, "no-carrier", "%s", err.text);
		refuse(m);
		return;
	}
	if (m->autostart.text)
		record_write(
		    m->control, CARRIER_FILE, m->autostart.text, m->autostart.len);
	mover_enter(m, PHASE_BERTHED);
	wait_connected(m);
	if (m->state.phase < PHASE_CONNECTED || m->cancelled) {
		mover_see_through(m);
		mover_end(m, OUTCOME_STAYED);
		return;
	}
	if (start_xl(m, list[at].domid, &err) < 0) {
		mover_why(m, "no-xl", "%s", err.text);
		record_write(m->control, CARRIER_CANCEL, NULL, 0);
	}
	mover_see_through(m);
	prove(m);
}

void
mover_resume(struct mover *m)
{
	struct xl_domain list[XL_DOMAINS];
	enum outcome outcome;
	int n, at;

	mover_enter(m, PHASE_PROVING);
	n = mover_list(m, list);
	at = n < 0 ? -1 : xl_find(list, n, &m->guest, 0);
	if (at < 0) {
		mover_why(m, "no-guest", "%s is not here", m->order->guest->name);
		outcome = n < 0 ? OUTCOME_UNDEFINED : OUTCOME_ENDED;
	} else {
		outcome = list[at].state == GUEST_SUSPENDED ? bring_back(m, &list[at])
							    : judge_present(m, &list[at]);
	}
	if (outcome == OUTCOME_STAYED)
		mover_check_watched(m, list[at].domid);
	mover_settle_autostart(m, outcome);
	mover_end(m, outcome);
}
