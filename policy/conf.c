#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"
#include "policy/conf.h"
#include "policy/core/core.h"

static const char *const lost_words[] = { "suspect", "failing", NULL };

#define ENGINE(field) offsetof(struct policy_conf, field)
#define RULE(field)   (offsetof(struct policy_conf, rules) + offsetof(struct rules, field))
#define SENSOR(field) offsetof(struct conf_sensor, field)
#define LIMIT(i)      (offsetof(struct conf_sensor, limit) + (i) * sizeof(int64_t))
#define HOUR          INT64_C(3600000)

/* clang-format off */
static const struct conf_key keys[] = {
	{ "engine", "key", CONF_STRING, ENGINE(key_path), 256, "/etc/lifeboat/engine.key", 0, 0, NULL,
	  "File with the engine's secret key." },
	{ "engine", "report", CONF_STRING, ENGINE(at.report), 128, "tcp://0.0.0.0:7801", 0, 0, NULL,
	  "Where reports are taken in." },
	{ "engine", "exchange", CONF_STRING, ENGINE(at.exchange), 128, "tcp://0.0.0.0:7802", 0, 0, NULL,
	  "Where requests are answered." },
	{ "engine", "door", CONF_STRING, ENGINE(door), 100, "/run/lifeboat/door", 0, 0, NULL,
	  "Unix socket for operators." },
	{ "engine", "store", CONF_STRING, ENGINE(store), 256, "/var/lib/lifeboat/store.db", 0, 0, NULL,
	  "What must survive a restart; never on the pool's own LUN." },
	{ "engine", "recording", CONF_STRING, ENGINE(recording), 256,
	  "/var/lib/lifeboat/recording", 0, 0, NULL,
	  "Folder for the recording of everything decided on; no: none is made." },
	{ "engine", "recording-limit", CONF_MEMORY, ENGINE(recording_kib), 0, "1GiB", 1024, INT64_C(1) << 40, NULL,
	  "The oldest segments go when the recording grows beyond this." },
	{ "rules", "silence", CONF_DURATION, RULE(silence_ms), 0, "10s", 1000, 24 * HOUR, NULL,
	  "A host that reports nothing for this long is unknown." },
	{ "rules", "facts", CONF_DURATION, RULE(facts_ms), 0, "20s", 1000, 24 * HOUR, NULL,
	  "What a target said of itself may be this old." },
	{ "rules", "hold", CONF_DURATION, RULE(hold_ms), 0, "10s", 0, 24 * HOUR, NULL,
	  "A limit must be crossed for this long before it counts." },
	{ "rules", "calm", CONF_DURATION, RULE(calm_ms), 0, "60s", 0, 24 * HOUR, NULL,
	  "Nothing must be wrong for this long before a host is sound again." },
	{ "rules", "temperature-hysteresis", CONF_MILLI, RULE(temp_hysteresis_mc), 0, "3C", 0, 50000, NULL,
	  "A temperature must fall this far below its limit, where the chip names no value." },
	{ "rules", "hysteresis", CONF_PERCENT, RULE(percent_hysteresis), 0, "5%", 0, 100, NULL,
	  "The same for all else, as part of the limit." },
	{ "rules", "lost-sweeps", CONF_INT, RULE(lost_sweeps), 0, "3", 1, 255, NULL,
	  "A sensor is lost after this many readings without a value." },
	{ "rules", "jump", CONF_MILLI, RULE(jump_mc_per_s), 0, "20C", 1, 1000000, NULL,
	  "A temperature that changes by more in a second is not believed." },
	{ "rules", "stuck", CONF_DURATION, RULE(stuck_ms), 0, "30m", 0, 240 * HOUR, NULL,
	  "A sensor that does not change at all for this long is listed; 0s: never." },
	{ "rules", "dom0-floor", CONF_MEMORY, RULE(dom0_floor_kib), 0, "128MiB", 0, INT64_C(1) << 40, NULL,
	  "Free memory of a target that is never given to guests." },
	{ "rules", "cooldown", CONF_DURATION, RULE(cooldown_ms), 0, "10m", 0, 240 * HOUR, NULL,
	  "A guest that was moved rests for this long." },
	{ "rules", "prepare", CONF_DURATION, RULE(prepare_ms), 0, "10s", 1000, HOUR, NULL,
	  "A target that does not answer for this long is given up." },
	{ "rules", "move-silence", CONF_DURATION, RULE(move_silence_ms), 0, "60s", 1000, HOUR, NULL,
	  "A move without word for this long is undefined." },
	{ "rules", "move-stall", CONF_DURATION, ENGINE(move_stall_ms), 0, "180s", 1000, 24 * HOUR, NULL,
	  "A move that gets no further for this long is undefined; longer than move-silence and the actuators' stall." },
	{ "rules", "in-flight", CONF_INT, RULE(in_flight_pool), 0, "4", 0, 1024, NULL,
	  "Moves at once in the pool." },
	{ "rules", "in-flight-source", CONF_INT, RULE(in_flight_source), 0, "1", 0, 64, NULL,
	  "Moves at once from one host." },
	{ "rules", "in-flight-target", CONF_INT, RULE(in_flight_target), 0, "1", 0, 64, NULL,
	  "Moves at once to one host." },
	{ "hook", "exec", CONF_STRING, ENGINE(hook), 256, "no", 0, 0, NULL,
	  "A program that is run upon what happens; no: none." },
	{ "hook", "timeout", CONF_DURATION, ENGINE(hook_ms), 0, "30s", 1000, HOUR, NULL,
	  "It is killed when it takes longer." },
	{ "host *", "public-key", CONF_KEY, offsetof(struct conf_host, key), 0, NULL, 0, 0, NULL,
	  "The host's public key." },
	{ "sensor *", "high", CONF_MILLI, LIMIT(LIMIT_HIGH), 0, "", 0, 0, NULL,
	  "At or above it for the hold, the host is suspect." },
	{ "sensor *", "high-critical", CONF_MILLI, LIMIT(LIMIT_HIGH_CRITICAL), 0, "", 0, 0, NULL,
	  "At or above it for the hold, the host is failing." },
	{ "sensor *", "low", CONF_MILLI, LIMIT(LIMIT_LOW), 0, "", 0, 0, NULL,
	  "At or below it for the hold, the host is suspect." },
	{ "sensor *", "low-critical", CONF_MILLI, LIMIT(LIMIT_LOW_CRITICAL), 0, "", 0, 0, NULL,
	  "At or below it for the hold, the host is failing." },
	{ "sensor *", "ignore", CONF_BOOL, SENSOR(ignore), 0, "no", 0, 0, NULL,
	  "Shown, and never a reason." },
	{ "sensor *", "lost", CONF_WORD, SENSOR(lost), 0, "suspect", 0, 0, lost_words,
	  "What losing it makes of the host: suspect or failing." },
	{ "guest *", "move", CONF_BOOL, offsetof(struct conf_guest, move), 0, "yes", 0, 0, NULL,
	  "no: never moved by Lifeboat." },
	{ NULL, NULL, CONF_INT, 0, 0, NULL, 0, 0, NULL, NULL },
};
/* clang-format on */

static void *
add_host(struct policy_conf *c, const char *name, struct err *err)
{
	struct conf_host *h;

	if (c->n_hosts == CONF_MAX_HOSTS) {
		err_set(err, 0, "at most %d hosts", CONF_MAX_HOSTS);
		return NULL;
	}
	for (int i = 0; i < c->n_hosts; i++)
		if (strcmp(c->hosts[i].name, name) == 0) {
			err_set(err, 0, "a host of this name stands above already");
			return NULL;
		}
	h = &c->hosts[c->n_hosts];
	if (!text_copy(h->name, sizeof(h->name), name) ||
	    strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
		strlen(name)) {
		err_set(err, 0, "a host's name is at most %d of a-z A-Z 0-9 . - _",
		    NAME_SIZE - 1);
		return NULL;
	}
	c->n_hosts++;
	return h;
}

static void *
add_sensor(struct policy_conf *c, const char *pattern, struct err *err)
{
	struct conf_sensor *s = &c->sensors[c->n_sensors];

	if (c->n_sensors == CONF_MAX_PATTERNS ||
	    !text_copy(s->pattern, sizeof(s->pattern), pattern)) {
		err_set(err, 0, "too many patterns, or one too long");
		return NULL;
	}
	for (int i = 0; i < LIMITS; i++)
		s->limit[i] = NO_LIMIT;
	c->n_sensors++;
	return s;
}

static void *
add_guest(struct policy_conf *c, const char *pattern, struct err *err)
{
	struct conf_guest *g = &c->guests[c->n_guests];

	if (c->n_guests == CONF_MAX_PATTERNS ||
	    !text_copy(g->pattern, sizeof(g->pattern), pattern)) {
		err_set(err, 0, "too many patterns, or one too long");
		return NULL;
	}
	c->n_guests++;
	return g;
}

static void *
entry(void *out, const char *kind, const char *name, struct err *err)
{
	struct policy_conf *c = out;

	if (strcmp(kind, "host") == 0)
		return add_host(c, name, err);
	if (strcmp(kind, "sensor") == 0)
		return add_sensor(c, name, err);
	if (strcmp(kind, "guest") == 0)
		return add_guest(c, name, err);
	err_set(err, 0, "no such section");
	return NULL;
}

static int
check_keys(const struct policy_conf *c, const char *path, struct err *err)
{
	for (int i = 0; i < c->n_hosts; i++)
		for (int j = 0; j < i; j++)
			if (memcmp(c->hosts[i].key, c->hosts[j].key, SEAL_KEY) == 0)
				return err_set(err, -EINVAL,
				    "%s: hosts %s and %s have the same public key", path,
				    c->hosts[j].name, c->hosts[i].name);
	return 0;
}

/* From the root folder it would be looked for in vain. */
static int
check_hook(const struct policy_conf *c, const char *path, struct err *err)
{
	if (c->hook[0] == '/' || strcmp(c->hook, "no") == 0)
		return 0;
	return err_set(err, -EINVAL,
	    "%s: hook: exec: %s: a path begins with a slash; no: there is none", path,
	    c->hook);
}

/* What is left of move-stall tells a long move that goes on from one that does not. */
static int
check_stall(const struct policy_conf *c, const char *path, struct err *err)
{
	if (c->move_stall_ms > c->rules.move_silence_ms)
		return 0;
	return err_set(err, -EINVAL,
	    "%s: rules: move-stall: it must be longer than move-silence", path);
}

int
policy_conf_read(struct policy_conf **out, const char *path, struct err *err)
{
	struct policy_conf *c = calloc(1, sizeof(*c));
	struct conf conf = { keys, c, entry };
	int r = -ENOMEM;

	if (!c)
		return err_set(err, r, "out of memory");
	c->hosts = calloc(CONF_MAX_HOSTS, sizeof(*c->hosts));
	c->sensors = calloc(CONF_MAX_PATTERNS, sizeof(*c->sensors));
	c->guests = calloc(CONF_MAX_PATTERNS, sizeof(*c->guests));
	if (!c->hosts || !c->sensors || !c->guests) {
		err_set(err, r, "out of memory");
		goto out;
	}
	r = conf_read(&conf, path, err);
	if (r == 0)
		r = check_keys(c, path, err);
	if (r == 0)
		r = check_hook(c, path, err);
	if (r == 0)
		r = check_stall(c, path, err);
	if (r == 0) {
		*out = c;
		c = NULL;
	}
out:
	policy_conf_free(c);
	return r;
}

struct policy_conf *
policy_conf_free(struct policy_conf *c)
{
	if (c) {
		free(c->hosts);
		free(c->sensors);
		free(c->guests);
		free(c);
	}
	return NULL;
}

static void
print_sensor(FILE *f, const struct conf_sensor *s)
{
	static const char *const names[LIMITS] = { "low-critical", "low", "high",
		"high-critical" };
	char text[32];

	fprintf(f, "[sensor %s]\n", s->pattern);
	for (int i = 0; i < LIMITS; i++)
		if (s->limit[i] != NO_LIMIT)
			fprintf(f, "%s = %s\n", names[i],
			    text_milli(text, sizeof(text), s->limit[i]));
	fprintf(
	    f, "ignore = %s\nlost = %s\n", s->ignore ? "yes" : "no", lost_words[s->lost]);
}

void
policy_conf_print(FILE *f, const struct policy_conf *c)
{
	char text[128];

	conf_print(f, keys, "engine", "engine", c);
	conf_print(f, keys, "rules", "rules", c);
	conf_print(f, keys, "hook", "hook", c);
	for (int i = 0; i < c->n_hosts; i++) {
		snprintf(text, sizeof(text), "host %s", c->hosts[i].name);
		conf_print(f, keys, "host *", text, &c->hosts[i]);
	}
	for (int i = 0; i < c->n_sensors; i++)
		print_sensor(f, &c->sensors[i]);
	for (int i = 0; i < c->n_guests; i++)
		fprintf(f, "[guest %s]\nmove = %s\n", c->guests[i].pattern,
		    c->guests[i].move ? "yes" : "no");
}

void
policy_conf_sensor(
    const struct policy_conf *c, const char *host, struct sensor_facts *facts)
{
	char full[NAME_SIZE + SENSOR_SIZE + 1];

	snprintf(full, sizeof(full), "%s:%s", host, facts->name);
	for (int i = 0; i < c->n_sensors; i++) {
		const struct conf_sensor *s = &c->sensors[i];
		if (fnmatch(
			s->pattern, strchr(s->pattern, ':') ? full : facts->name, 0) != 0)
			continue;
		for (int l = 0; l < LIMITS; l++)
			if (s->limit[l] != NO_LIMIT) {
				facts->limit[l] = s->limit[l];
				facts->clear[l] = NO_LIMIT;
			}
		facts->ignored = s->ignore;
		facts->lost_fails = s->lost == 1;
		return;
	}
}

bool
policy_conf_guest(const struct policy_conf *c, const char *name)
{
	for (int i = 0; i < c->n_guests; i++)
		if (fnmatch(c->guests[i].pattern, name, 0) == 0)
			return c->guests[i].move;
	return true;
}

void
policy_conf_print_mdoc(FILE *f)
{
	static const char *const sections[] = { "engine", "rules", "hook", "host *",
		"sensor *", "guest *" };

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		conf_print_mdoc(f, keys, sections[i]);
}
