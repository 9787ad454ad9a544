#include "actuator/orders.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

static bool
folder_of(const struct orders *o, const char *name, char out[FOLDER_SIZE])
{
	return snprintf(out, FOLDER_SIZE, "%s/%s", o->of.conf->run, name) < FOLDER_SIZE;
}

static void
free_state(struct order_entry *e)
{
	if (e->state)
		lifeboat__order_state__free_unpacked(e->state, NULL);
	e->state = NULL;
}

static void
forget(struct orders *o, int i)
{
	if (!o->entry[i].no_folder)
		folder_remove(o->of.conf->run, o->entry[i].name);
	free_state(&o->entry[i]);
	o->n--;
	memmove(&o->entry[i], &o->entry[i + 1], (size_t)(o->n - i) * sizeof(o->entry[0]));
}

/* True when the file is another than the one that was read last. */
static bool
read_state(const struct orders *o, struct order_entry *e)
{
	static uint8_t packed[FOLDER_FILE_MAX];
	char folder[FOLDER_SIZE], path[FOLDER_SIZE + 8];
	struct stat st;
	int64_t ns;
	int n;

	if (e->no_folder || !folder_of(o, e->name, folder))
		return false;
	snprintf(path, sizeof(path), "%s/state", folder);
	if (stat(path, &st) < 0)
		return false;
	/* A clock tick may see two of them: each is a file of its own. */
	ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	if (ns == e->state_ns && st.st_ino == e->state_ino)
		return false;
	n = folder_read(folder, "state", packed, sizeof(packed));
	if (n < 0)
		return false;
	free_state(e);
	e->state = lifeboat__order_state__unpack(NULL, (size_t)n, packed);
	e->state_ns = ns;
	e->state_ino = st.st_ino;
	e->ended = e->state && e->state->outcome != OUTCOME_NONE &&
		   e->state->outcome != OUTCOME_READY;
	return true;
}

/*
 * Lifeboat has been upgraded under an order, and its next mover could not read what the
 * order goes by.  From here on it goes by what this actuator goes by: what is left to do
 * is to prove how it ends, or to begin.
 */
static void
renew_conf(const struct orders *o, const char *folder)
{
	struct actuator_conf_record record;
	int n = folder_read(folder, "conf", &record, sizeof(record));

	if (actuator_conf_is_ours(&record, n))
		return;
	actuator_conf_pack(&record, o->of.conf);
	log_line(LOG_LEVEL_NOTICE, "order-conf-renewed", "folder", folder, NULL);
	if (folder_write(folder, "conf", &record, sizeof(record)) < 0)
		log_line(LOG_LEVEL_ERROR, "order-unreadable", "folder", folder, NULL);
}

/* Its mover has nothing but the folder. */
static void
start_mover(const struct orders *o, const char *folder)
{
	renew_conf(o, folder);
	o->of.start(o->of.owner, folder);
}

static void
describe(struct order_entry *e, const Lifeboat__Order *order)
{
	memset(e, 0, sizeof(*e));
	folder_name(e->name, order->id);
	memcpy(e->engine.b, order->id->engine.data, sizeof(e->engine.b));
	e->term = order->id->term;
	e->number = order->id->number;
	e->kind = (enum order_kind)order->kind;
	memcpy(e->guest.b, order->guest->uuid.data, sizeof(e->guest.b));
	wire_order_hash(e->hash, order);
}

static void
take_up(struct orders *o, const char *name, struct wire_arena *arena, mono_t now)
{
	static uint8_t packed[FOLDER_FILE_MAX];
	struct order_entry *e = &o->entry[o->n];
	char folder[FOLDER_SIZE];
	Lifeboat__Order *order;
	const char *what;
	int n;

	if (!folder_of(o, name, folder))
		return;
	n = folder_read(folder, "order", packed, sizeof(packed));
	if (n < 0 || o->n == MAX_ORDERS_TOLD ||
	    wire_order(&order, arena, packed, (size_t)n, &what) != FRAME_OK) {
		log_line(LOG_LEVEL_ERROR, "order-unreadable", "folder", folder, NULL);
		return;
	}
	describe(e, order);
	if (strcmp(e->name, name) != 0)
		return;
	e->started = now;
	o->n++;
	read_state(o, e);
	log_line(LOG_LEVEL_NOTICE, "order-taken-up", "order", name, "kind",
	    order_kind_name(e->kind), "guest", order->guest->name, NULL);
	if (!e->ended)
		start_mover(o, folder);
}

static void
scan(struct orders *o, struct wire_arena *arena, mono_t now)
{
	struct dirent *entry;
	DIR *dir = opendir(o->of.conf->run);

	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			take_up(o, entry->d_name, arena, now);
	if (dir)
		closedir(dir);
}

int
orders_init(struct orders *o, const struct orders_owner *of, const struct uuid *boot_id,
    mono_t now, struct err *err)
{
	struct wire_arena arena = WIRE_ARENA_NULL;
	int r;

	memset(o, 0, sizeof(*o));
	o->of = *of;
	r = folder_start(of->conf->run, boot_id, err);
	if (r == 0)
		r = keys_of_run(&o->carrier, of->conf->run, err);
	if (r == 0 && wire_arena_init(&arena) < 0)
		r = err_set(err, -ENOMEM, "out of memory");
	if (r < 0)
		return r;
	if (folder_read(of->conf->run, "term", &o->term, sizeof(o->term)) !=
	    sizeof(o->term))
		o->term = 0;
	o->bound = folder_read(of->conf->run, "engine", &o->engine, sizeof(o->engine)) ==
		   sizeof(o->engine);
	o->heard = now;
	scan(o, &arena, now);
	wire_arena_deinit(&arena);
	return 0;
}

void
orders_deinit(struct orders *o)
{
	for (int i = 0; i < o->n; i++)
		free_state(&o->entry[i]);
	o->n = 0;
}

/* What is said of an order whose folder says nothing (yet). */
static Lifeboat__OrderState *
say_for(struct orders *o, int i)
{
	struct order_entry *e = &o->entry[i];
	Lifeboat__OrderState *s = &o->scratch[i];
	Lifeboat__OrderId *id = &o->scratch_id[i];

	lifeboat__order_state__init(s);
	lifeboat__order_id__init(id);
	id->engine = (ProtobufCBinaryData){ sizeof(e->engine.b), e->engine.b };
	id->term = e->term;
	id->number = e->number;
	s->id = id;
	s->hash = (ProtobufCBinaryData){ WIRE_HASH, e->hash };
	if (e->no_folder) {
		s->phase = PHASE_DONE;
		s->outcome = OUTCOME_REFUSED;
		s->why = e->why;
		s->detail = e->detail;
	}
	return s;
}

void
orders_fill(struct orders *o, Lifeboat__Request *request)
{
	for (int i = 0; i < o->n; i++)
		o->told[i] = o->entry[i].state ? o->entry[i].state : say_for(o, i);
	request->n_orders = (size_t)o->n;
	request->orders = o->told;
	request->term = o->term;
	request->autostart_follows = o->of.conf->autostart == AUTOSTART_FOLLOW;
	request->carrier_key = (ProtobufCBinaryData){ LINK_KEY, o->carrier.public_key };
}

static int
find(const struct orders *o, const Lifeboat__OrderId *id)
{
	for (int i = 0; i < o->n; i++) {
		const struct order_entry *e = &o->entry[i];
		if (e->term == id->term && e->number == id->number &&
		    memcmp(e->engine.b, id->engine.data, sizeof(e->engine.b)) == 0)
			return i;
	}
	return -1;
}

static void
refuse(
    struct orders *o, const struct order_entry *what, const char *why, const char *detail)
{
	struct order_entry *e;

	if (o->n == MAX_ORDERS_TOLD)
		return; /* it will be told again */
	log_line(LOG_LEVEL_WARNING, "order-refused", "order", what->name, "kind",
	    order_kind_name(what->kind), "why", why, "detail", detail, NULL);
	e = &o->entry[o->n++];
	*e = *what;
	e->ended = e->no_folder = true;
	text_copy(e->why, sizeof(e->why), why);
	text_copy(e->detail, sizeof(e->detail), detail);
}

static bool
has_open_order(const struct orders *o, const struct uuid *guest)
{
	for (int i = 0; i < o->n; i++)
		if (!o->entry[i].ended && uuid_equal(&o->entry[i].guest, guest))
			return true;
	return false;
}

static void
take_order(struct orders *o, const Lifeboat__Order *order, mono_t now)
{
	struct actuator_conf_record record;
	struct order_entry e;
	char folder[FOLDER_SIZE];
	struct err err;
	int known = find(o, order->id);

	describe(&e, order);
	if (known >= 0) {
		if (memcmp(o->entry[known].hash, e.hash, sizeof(e.hash)) != 0)
			log_line(LOG_LEVEL_ERROR, "order-changed", "order", e.name, "why",
			    "the same order came with another content", NULL);
		return;
	}
	if (e.term != o->term) {
		refuse(o, &e, "old-term", "an order of an earlier term");
		return;
	}
	if (has_open_order(o, &e.guest)) {
		refuse(o, &e, "second-order", "the guest has an open order here");
		return;
	}
	if (o->n == MAX_ORDERS_TOLD)
		return;
	actuator_conf_pack(&record, o->of.conf);
	if (folder_make(o->of.conf->run, order, &record, sizeof(record), &err) < 0) {
		refuse(o, &e, "no-folder", err.text);
		return;
	}
	e.started = now;
	o->entry[o->n++] = e;
	log_line(LOG_LEVEL_NOTICE, "order-taken", "order", e.name, "kind",
	    order_kind_name(e.kind), "guest", order->guest->name, "host", order->host,
	    NULL);
	if (folder_of(o, e.name, folder))
		o->of.start(o->of.owner, folder);
}

/* What must outlive this process: one file of the run folder. */
static void
keep(const struct orders *o, const char *name, const void *data, size_t len)
{
	if (folder_write(o->of.conf->run, name, data, len) < 0)
		log_line(LOG_LEVEL_ERROR, "term-not-kept", "folder", o->of.conf->run,
		    "file", name, NULL);
}

/* One engine at a time, and never back in time. */
static bool
may_speak(struct orders *o, const Lifeboat__Reply *reply, mono_t now)
{
	struct uuid engine;

	memcpy(engine.b, reply->engine.data, sizeof(engine.b));
	if (o->bound && !uuid_equal(&engine, &o->engine) &&
	    mono_since(now, o->heard) < ORDERS_BOUND_MS) {
		if (!o->stranger_told)
			log_line(LOG_LEVEL_ERROR, "engine-refused", "why",
			    "another engine than the one this host is bound to", NULL);
		o->stranger_told = true;
		return false;
	}
	if (reply->term < o->term) {
		if (!o->lower_told)
			log_line(LOG_LEVEL_ERROR, "engine-refused", "why",
			    "its term is lower than one this host has seen", "term",
			    log_int((int64_t)reply->term), "seen",
			    log_int((int64_t)o->term), NULL);
		o->lower_told = true;
		return false;
	}
	if (!o->bound || !uuid_equal(&engine, &o->engine))
		keep(o, "engine", &engine, sizeof(engine));
	o->bound = true;
	o->engine = engine;
	o->heard = now;
	o->stranger_told = o->lower_told = false;
	return true;
}

static void
learn_term(struct orders *o, uint64_t term)
{
	if (term == o->term)
		return;
	o->term = term;
	keep(o, "term", &term, sizeof(term));
}

static void
cancel(struct orders *o, const Lifeboat__OrderId *id)
{
	char folder[FOLDER_SIZE];
	int i = find(o, id);

	if (i < 0 || o->entry[i].ended || !folder_of(o, o->entry[i].name, folder) ||
	    folder_has(folder, "cancel"))
		return;
	if (folder_write(folder, "cancel", "1\n", 2) == 0) {
		log_line(
		    LOG_LEVEL_NOTICE, "order-cancelled", "order", o->entry[i].name, NULL);
		return;
	}
	/* The next reply asks again. */
	if (!o->entry[i].cancel_failed)
		log_line(LOG_LEVEL_ERROR, "order-not-cancelled", "order",
		    o->entry[i].name, "folder", folder, NULL);
	o->entry[i].cancel_failed = true;
}

void
orders_take(struct orders *o, const Lifeboat__Reply *reply, mono_t now)
{
	if (!may_speak(o, reply, now))
		return;
	learn_term(o, reply->term);
	for (size_t i = 0; i < reply->n_acknowledged; i++) {
		int known = find(o, reply->acknowledged[i]);
		if (known >= 0 && o->entry[known].ended)
			forget(o, known);
	}
	for (size_t i = 0; i < reply->n_cancelled; i++)
		cancel(o, reply->cancelled[i]);
	for (size_t i = 0; i < reply->n_orders; i++)
		take_order(o, reply->orders[i], now);
}

bool
orders_look(struct orders *o)
{
	bool changed = o->changed;

	o->changed = false;
	for (int i = 0; i < o->n; i++)
		changed |= read_state(o, &o->entry[i]);
	return changed;
}

int
orders_open(const struct orders *o)
{
	int open = 0;

	for (int i = 0; i < o->n; i++)
		open += !o->entry[i].ended;
	return open;
}

void
orders_revive(struct orders *o, mono_t now)
{
	char folder[FOLDER_SIZE];

	for (int i = 0; i < o->n; i++) {
		int lock;
		if (o->entry[i].ended || !folder_of(o, o->entry[i].name, folder) ||
		    mono_since(now, o->entry[i].started) < ORDERS_START_MS)
			continue;
		lock = folder_lock(folder);
		if (lock < 0)
			continue;
		close(lock);
		/* It may have ended just now. */
		o->changed |= read_state(o, &o->entry[i]);
		if (o->entry[i].ended)
			continue;
		log_line(LOG_LEVEL_WARNING, "mover-started-again", "order",
		    o->entry[i].name, NULL);
		o->entry[i].started = now;
		start_mover(o, folder);
	}
}
