#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/arrival.h"
#include "actuator/journal.h"
#include "actuator/keys.h"
#include "actuator/mover.h"
#include "actuator/outlived.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/seal.h"
#include "base/text.h"

enum { POLL_MS = 200, RATE_MS = 1000, DYING_MS = 60000, LIST_EVERY_MS = 500 };

/* The state as it stands, onto the disk.  0 or -errno. */
static int
save(struct mover *m)
{
	const struct mover_state *s = &m->state;
	Lifeboat__OrderState out = LIFEBOAT__ORDER_STATE__INIT;
	Lifeboat__Berth berth = LIFEBOAT__BERTH__INIT;
	uint8_t *packed;
	size_t len;
	int r;

	out.id = m->order->id;
	out.hash = (ProtobufCBinaryData){ WIRE_HASH, m->hash };
	out.phase = s->phase;
	out.outcome = s->outcome;
	out.why = (char *)(uintptr_t)s->why;
	out.detail = (char *)(uintptr_t)s->detail;
	out.bytes = s->bytes;
	out.bytes_per_s = s->bytes_per_s;
	out.unwatched = s->unwatched;
	out.n_entered_ms = PHASES;
	out.entered_ms = (uint64_t *)(uintptr_t)s->entered_ms;
	if (s->port != 0) {
		berth.address = m->conf.address;
		berth.port = s->port;
		berth.key =
		    (ProtobufCBinaryData){ LINK_KEY, (uint8_t *)(uintptr_t)s->berth_key };
		out.berth = &berth;
	}
	packed = malloc(lifeboat__order_state__get_packed_size(&out));
	if (!packed)
		return -ENOMEM;
	len = lifeboat__order_state__pack(&out, packed);
	r = folder_write(m->folder, "state", packed, len);
	free(packed);
	return r;
}

static void
set_phase(struct mover *m, enum phase phase)
{
	m->state.phase = phase;
	m->state.entered_ms[phase] = (uint64_t)mono_since(clock_mono(), m->started) + 1;
}

int
mover_enter(struct mover *m, enum phase phase)
{
	if (phase <= m->state.phase)
		return 0;
	set_phase(m, phase);
	return save(m);
}

void
mover_why(struct mover *m, const char *why, const char *fmt, ...)
{
	va_list ap;

	if (m->state.why[0] != '\0')
		return;
	text_copy(m->state.why, sizeof(m->state.why), why);
	va_start(ap, fmt);
	vsnprintf(m->state.detail, sizeof(m->state.detail), fmt, ap);
	va_end(ap);
	if (!text_is_utf8(m->state.detail, strlen(m->state.detail)))
		text_copy(m->state.detail, sizeof(m->state.detail),
		    "said something that is no text");
}

/* The end of what xl said on its stderr. */
static void
read_xl(const struct mover *m, char *text, size_t size)
{
	int n = folder_read_end(m->folder, OUTLIVED_STDERR, text, size - 1);

	text[n < 0 ? 0 : n] = '\0';
}

/* What xl said outlives the order's folder in the log. */
static void
log_xl(const struct mover *m)
{
	static char text[16384];
	char *line, *save = NULL;

	read_xl(m, text, sizeof(text));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		log_line(LOG_LEVEL_INFO, "xl-said", "guest", m->order->guest->name,
		    "line", line, NULL);
}

void
mover_end(struct mover *m, enum outcome outcome)
{
	m->state.outcome = outcome;
	if (outcome != OUTCOME_READY) {
		set_phase(m, PHASE_DONE);
		log_xl(m); /* from here on the folder may be removed */
	}
	/* Nobody hears of it before it is in the folder; a full /run may be emptied. */
	while (save(m) < 0)
		poll(NULL, 0, RATE_MS);
}

void
mover_berth_id(uint8_t out[LINK_ID], const Lifeboat__OrderId *prepare)
{
	char name[FOLDER_NAME];

	folder_name(name, prepare);
	crypto_generichash(out, LINK_ID, (const uint8_t *)name, strlen(name), NULL, 0);
}

int
mover_start_carrier(struct mover *m, const struct carrier_conf *conf, const int *fds,
    int n, struct err *err)
{
	const char *const argv[] = { "lifeboat-carrier", "--role=carrier", NULL };
	int all[8] = { -1, STDERR_FILENO, STDERR_FILENO, -1, m->lock };
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, -errno, "no socket pair");
	all[CARRIER_CONTROL] = pair[1];
	for (int i = 0; i < n; i++)
		all[CARRIER_LISTENER + i] = fds[i];
	r = run_spawn(
	    &m->carrier, SELF, argv, (struct run_fds){ all, CARRIER_LISTENER + n }, err);
	close(pair[1]);
	if (r == 0)
		r = record_reader_init(&m->reader);
	if (r == 0)
		r = record_write(pair[0], CARRIER_CONF, conf, sizeof(*conf));
	if (r < 0) {
		close(pair[0]);
		return err_set(err, r, "no carrier");
	}
	m->control = pair[0];
	return 0;
}

int
mover_start_xl(
    struct mover *m, const char *const argv[], int in, int out, struct err *err)
{
	char path[FOLDER_SIZE + 8], pid[16];
	int said, r;

	snprintf(path, sizeof(path), "%s/" OUTLIVED_STDERR, m->folder);
	said = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (said < 0)
		return err_set(err, -errno, "%s cannot be written", path);
	outlived_mark(said);
	r = run_spawn(&m->xl, m->conf.xl, argv,
	    (struct run_fds){ (int[]){ in, out < 0 ? said : out, said }, 3 }, err);
	close(said);
	if (r == 0) {
		m->xl_started = true;
		snprintf(pid, sizeof(pid), "%d", (int)m->xl.pid);
		folder_write(m->folder, OUTLIVED_PID, pid, strlen(pid));
	}
	return r;
}

bool
mover_is_cancelled(const struct mover *m)
{
	return folder_has(m->folder, "cancel");
}

static void
rate(struct mover *m, mono_t now)
{
	int64_t ms = mono_since(now, m->rated);

	if (ms < RATE_MS)
		return;
	m->state.bytes_per_s = (m->state.bytes - m->bytes_rated) * 1000 / (uint64_t)ms;
	m->bytes_rated = m->state.bytes;
	m->rated = now;
	save(m);
}

static void
take_phase(struct mover *m, enum phase phase)
{
	if (phase >= PHASES)
		return;
	mover_enter(m, phase);
	m->asked |= m->order->kind == ORDER_MOVE && phase == PHASE_READY;
}

/* The carrier has closed xl's pipes, or is about to. */
static void
let_go(struct mover *m)
{
	if (m->let_go)
		return;
	m->let_go = true;
	m->let_go_at = clock_mono();
}

/* A why, a NUL, a sentence and a NUL. */
static void
take_failure(struct mover *m, const char *why, size_t len)
{
	size_t n;

	if (len == 0 || why[len - 1] != '\0')
		return;
	n = strlen(why) + 1;
	mover_why(m, why, "%s", n < len ? why + n : "");
	let_go(m);
}

static void
take_started(struct mover *m, uint8_t code)
{
	m->told = true;
	m->code = code;
	if (code == 0)
		mover_enter(m, PHASE_STARTED);
}

/* Better no move than one whose link is lost on the way. */
static void
take_file(struct mover *m, const uint8_t *data, size_t len)
{
	if (mover_keep_autostart(m, data, len))
		return;
	m->cancelled = true;
	record_write(m->control, CARRIER_CANCEL, NULL, 0);
}

static void
take_record(struct mover *m, uint8_t tag, uint8_t *data, size_t len)
{
	if (tag == CARRIER_PHASE && len == 1)
		take_phase(m, (enum phase)data[0]);
	else if (tag == CARRIER_BYTES && len == sizeof(m->state.bytes))
		memcpy(&m->state.bytes, data, len);
	else if (tag == CARRIER_BERTH && len == sizeof(m->state.port))
		memcpy(&m->state.port, data, len);
	else if (tag == CARRIER_FILE && m->order->kind == ORDER_PREPARE)
		take_file(m, data, len);
	else if (tag == CARRIER_FAILED)
		take_failure(m, (const char *)data, len);
	else if (tag == CARRIER_STARTED && len == 1)
		take_started(m, data[0]);
}

static void
hang_up(struct mover *m)
{
	if (m->control >= 0)
		close(m->control);
	m->control = -1;
	let_go(m); /* also one that died without a word */
}

static void
take_carrier(struct mover *m)
{
	uint8_t tag, *data;
	size_t len;
	int r = record_reader_fill(&m->reader, m->control);

	if (r == 0 || (r < 0 && r != -EAGAIN)) {
		hang_up(m);
		return;
	}
	while (record_reader_take(&m->reader, &tag, &data, &len) > 0) {
		take_record(m, tag, data, len);
		record_reader_drop(&m->reader);
		if (m->control < 0)
			return;
	}
}

/* What it has said already, without waiting for more. */
static void
hear_carrier(struct mover *m)
{
	struct pollfd p = { m->control, POLLIN, 0 };

	if (m->control >= 0 && poll(&p, 1, 0) == 1)
		take_carrier(m);
}

/* A state that cannot be written has not been entered: the one before stands. */
static bool
enter_released(struct mover *m)
{
	enum phase before = m->state.phase;

	if (mover_enter(m, PHASE_RELEASED) == 0)
		return true;
	m->state.phase = before;
	m->state.entered_ms[PHASE_RELEASED] = 0;
	mover_why(m, "journal", "that it may go cannot be written");
	return false;
}

/*
 * `ready` is released only once the folder says so, and only by one that still may: the
 * carrier may have given up while a slow disk took the link's end, or the engine asked to
 * stop it.
 */
static void
allow(struct mover *m)
{
	m->asked = false;
	/* Nobody may start the guest here at boot from now on. */
	if (!m->cancelled && !mover_take_autostart(m))
		m->cancelled = true;
	hear_carrier(m);
	if (m->let_go)
		return;
	m->cancelled |= mover_is_cancelled(m);
	if (!m->cancelled && !enter_released(m))
		m->cancelled = true;
	record_write(m->control, m->cancelled ? CARRIER_CANCEL : CARRIER_ALLOW, NULL, 0);
}

/* xl's own helpers may hold its pipes open beyond its death. */
static void
tell_end_of_xl(struct mover *m)
{
	char text[64];

	if (m->xl_seen_out || !m->xl_started || m->xl.pid != 0 || m->control < 0)
		return;
	m->xl_seen_out = true;
	if (m->state.phase < PHASE_GO && m->xl.status != 0 && WIFSIGNALED(m->xl.status))
		mover_why(
		    m, "xl-died", "xl: %s", run_status(text, sizeof(text), m->xl.status));
	record_write(m->control, CARRIER_XL_ENDED, NULL, 0);
}

/*
 * The carrier gave up or died before the point of no return, which xl sees by the end of
 * its pipes.  One that does not end all the same hangs, and would hold the guest's order
 * for ever: what it leaves is proven like what any other leaves.
 */
static void
end_hung_xl(struct mover *m)
{
	if (!m->let_go || m->xl_killed || m->xl.pid == 0 ||
	    m->state.entered_ms[PHASE_RELEASED] != 0 ||
	    m->state.entered_ms[PHASE_GO] != 0 ||
	    mono_since(clock_mono(), m->let_go_at) < m->conf.stall_ms ||
	    journal_has_gone(m->folder))
		return;
	m->xl_killed = true;
	kill(m->xl.pid, SIGKILL);
	log_line(LOG_LEVEL_WARNING, "xl-killed", "guest", m->order->guest->name, "why",
	    "it did not end after the move was given up", NULL);
}

static void
reap_carrier(struct mover *m)
{
	char text[64];

	if (m->carrier.pid == 0 || !run_reap(&m->carrier) ||
	    !WIFSIGNALED(m->carrier.status))
		return;
	log_line(LOG_LEVEL_ERROR, "carrier-died", "guest", m->order->guest->name, "why",
	    run_status(text, sizeof(text), m->carrier.status), NULL);
}

void
mover_step(struct mover *m)
{
	struct pollfd p[] = { { m->control, POLLIN, 0 },
		{ m->xl.pid ? m->xl.fd : -1, POLLIN, 0 },
		{ m->carrier.pid ? m->carrier.fd : -1, POLLIN, 0 } };

	poll(p, sizeof(p) / sizeof(p[0]), POLL_MS);
	if (m->control >= 0 && p[0].revents)
		take_carrier(m);
	if (m->asked)
		allow(m);
	run_reap(&m->xl);
	reap_carrier(m); /* its last words are read to their end all the same */
	tell_end_of_xl(m);
	end_hung_xl(m);
	if (!m->cancelled && mover_is_cancelled(m)) {
		m->cancelled = true;
		if (m->control >= 0 && m->state.phase < PHASE_RELEASED)
			record_write(m->control, CARRIER_CANCEL, NULL, 0);
	}
	rate(m, clock_mono());
}

void
mover_see_through(struct mover *m)
{
	while (m->xl.pid || m->carrier.pid || m->control >= 0)
		mover_step(m);
	mover_enter(m, PHASE_PROVING);
}

void
mover_last_words(const struct mover *m, char *out, size_t size)
{
	char text[4096];
	char *line, *save = NULL;

	read_xl(m, text, sizeof(text));
	out[0] = '\0';
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (*line && text_is_utf8(line, strlen(line)))
			snprintf(out, size, "%.200s", line);
}

void
mover_check_watched(struct mover *m, uint32_t domid)
{
	const char *name = m->order->guest->name;
	size_t len = strlen(m->state.detail);

	if (arrival_is_watched("/proc", name))
		return;
	m->state.unwatched = domid;
	log_line(LOG_LEVEL_ERROR, "guest-unwatched", "guest", name, "why",
	    "no xl waits for its end: a reboot from within will leave it off", NULL);
	snprintf(m->state.detail + len, sizeof(m->state.detail) - len,
	    "%sunwatched: a reboot from within will leave it off", len ? "; " : "");
}

int
mover_list(struct mover *m, struct xl_domain list[XL_DOMAINS])
{
	mono_t until = mono_add(clock_mono(), DYING_MS);
	struct err err;
	int n, at;
	bool dying;

	for (;;) {
		n = xl_list(m->conf.xl, list, &err);
		dying = false;
		for (at = n > 0 ? xl_find(list, n, &m->guest, 0) : -1; at >= 0;
		     at = xl_find(list, n, &m->guest, at + 1))
			dying |= list[at].state == GUEST_DYING;
		if ((n >= 0 && !dying) || mono_since(until, clock_mono()) <= 0)
			break;
		poll(NULL, 0, LIST_EVERY_MS);
	}
	if (n < 0)
		mover_why(m, "no-list", "%s", err.text);
	return n;
}

static int
load(struct mover *m, const char *folder, struct err *err)
{
	static uint8_t packed[FOLDER_FILE_MAX];
	struct actuator_conf_record record;
	Lifeboat__Order *order;
	const char *what = NULL;
	int n;

	if (!text_copy(m->folder, sizeof(m->folder), folder))
		return err_set(err, -ENAMETOOLONG, "%s: too long", folder);
	n = folder_read(folder, "conf", &record, sizeof(record));
	if (!actuator_conf_is_ours(&record, n))
		return err_set(err, -EPROTO, "%s/conf %s", folder,
		    n < 0 ? "cannot be read" : "is of another version of Lifeboat");
	m->conf = record.conf;
	n = folder_read(folder, "order", packed, sizeof(packed));
	if (n < 0 || wire_arena_init(&m->arena) < 0 ||
	    wire_order(&order, &m->arena, packed, (size_t)n, &what) != FRAME_OK)
		return err_set(err, -EPROTO, "%s/order cannot be read: %s", folder,
		    what ? what : "damaged");
	m->order = order;
	wire_order_hash(m->hash, order);
	memcpy(m->guest.b, order->guest->uuid.data, sizeof(m->guest.b));
	return 0;
}

/* What a mover before this one came to. */
static void
load_state(struct mover *m, const Lifeboat__OrderState *was)
{
	m->state.phase = (enum phase)was->phase;
	m->state.outcome = (enum outcome)was->outcome;
	m->state.bytes = was->bytes;
	text_copy(m->state.why, sizeof(m->state.why), was->why);
	text_copy(m->state.detail, sizeof(m->state.detail), was->detail);
	for (size_t i = 0; i < was->n_entered_ms && i < PHASES; i++)
		m->state.entered_ms[i] = was->entered_ms[i];
}

static void
carry_out(struct mover *m)
{
	static void (*const verbs[ORDER_KINDS])(struct mover *) = {
		[ORDER_PREPARE] = mover_prepare,
		[ORDER_MOVE] = mover_move,
		[ORDER_RESUME] = mover_resume,
		[ORDER_CLEAN] = mover_clean,
	};
	static void (*const proofs[ORDER_KINDS])(struct mover *) = {
		[ORDER_PREPARE] = mover_prove_prepare,
		[ORDER_MOVE] = mover_prove_move,
		[ORDER_RESUME] = mover_resume,
		[ORDER_CLEAN] = mover_clean,
	};
	static uint8_t packed[FOLDER_FILE_MAX];
	int n = folder_read(m->folder, "state", packed, sizeof(packed));
	Lifeboat__OrderState *was =
	    n < 0 ? NULL : lifeboat__order_state__unpack(NULL, (size_t)n, packed);

	if (!was) {
		verbs[m->order->kind](m);
		return;
	}
	load_state(m, was);
	lifeboat__order_state__free_unpacked(was, NULL);
	if (m->state.outcome == OUTCOME_NONE || m->state.outcome == OUTCOME_READY)
		proofs[m->order->kind](m);
}

int
mover_run(const char *folder)
{
	static struct mover m = {
		.xl = PROCESS_NULL, .carrier = PROCESS_NULL, .control = -1
	};
	struct err err = { "cannot start libsodium" };
	const char *name;

	prctl(PR_SET_NAME, "lb-mover");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	m.started = m.rated = clock_mono();
	if (seal_start() < 0 || load(&m, folder, &err) < 0) {
		log_line(LOG_LEVEL_ERROR, "mover-failed", "why", err.text, NULL);
		return 1;
	}
	m.lock = folder_lock(folder);
	if (m.lock < 0)
		return m.lock == -EWOULDBLOCK ? 0 : 1;
	carry_out(&m);
	name = strrchr(folder, '/');
	log_line(LOG_LEVEL_NOTICE, "order-ended", "order", name ? name + 1 : folder,
	    "kind", order_kind_name((enum order_kind)m.order->kind), "guest",
	    m.order->guest->name, "outcome", outcome_name(m.state.outcome), "why",
	    m.state.why[0] ? m.state.why : NULL, "detail",
	    m.state.detail[0] ? m.state.detail : NULL, NULL);
	record_reader_deinit(&m.reader);
	wire_arena_deinit(&m.arena);
	return 0;
}
