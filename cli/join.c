/* join: a host's key, and what its monitor and actuator need to know. */
#include "cli/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/address.h"
#include "cli/program.h"
#include "cli/setup.h"

/* What the files say as they are shipped. */
#define EXAMPLE_KEY      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define EXAMPLE_REPORT   "tcp://192.0.2.1:7801"
#define EXAMPLE_EXCHANGE "tcp://192.0.2.1:7802"
#define EXAMPLE_ARRIVAL  "192.0.2.11"

enum { REPORT_PORT = 7801, EXCHANGE_PORT = 7802 };

static const char *const at_public_key[] = { "engine", "public-key" };
static const char *const at_report[] = { "engine", "report" };
static const char *const at_exchange[] = { "engine", "exchange" };
static const char *const at_arrival[] = { "arrival", "address" };
static const char *const at_key[] = { "host", "key" };

struct joining {
	struct setup setup;
	struct setup_conf monitor, actuator;
	bool has_actuator;
	char name[NAME_SIZE]; /* this host's */
	struct address engine;
	char engine_key[SEAL_TEXT];
};

static int
name_host(struct joining *j)
{
	const char *given = j->setup.cli->name;

	if (given) {
		if (!setup_is_host(given) || !text_copy(j->name, sizeof(j->name), given))
			return err_set(&j->setup.err, -EINVAL,
			    "--name: '%s': a host's name is at most %d of "
			    "a-z A-Z 0-9 . - _",
			    given, NAME_SIZE - 1);
		return 0;
	}
	if (gethostname(j->name, sizeof(j->name)) < 0)
		j->name[0] = '\0';
	j->name[sizeof(j->name) - 1] = '\0';
	if (setup_is_host(j->name) && strcmp(j->name, "localhost") != 0)
		return 0;
	return err_set(&j->setup.err, -EINVAL,
	    "'%s' will not do as this host's name: give one with --name", j->name);
}

static int
find_engine(struct joining *j)
{
	struct err *err = &j->setup.err;
	char given[ADDRESS_SIZE];
	int r;

	if (!setup_parse(j->setup.cli->operands[0], given, sizeof(given), j->engine_key))
		return err_set(err, -EINVAL,
		    "'%s' is not ADDRESS=KEY, as 'lifeboat init' prints it",
		    j->setup.cli->operands[0]);
	r = address_resolve(&j->engine, given, err);
	if (r == 0 && strcmp(given, j->engine.text) != 0)
		setup_say("%s: is %s, which is what is written", given, j->engine.text);
	return r;
}

/* tcp://ENGINE:PORT.  Another port is the site's choice, and stays. */
static int
want_url(struct joining *j, struct setup_conf *c, const char *const where[2], int port,
    const char *example)
{
	char url[ADDRESS_URL], old[EDIT_VALUE];
	int host = address_url(url, &j->engine);

	if (edit_get(&c->edit, where[0], where[1], old) &&
	    strncmp(old, url, (size_t)host) == 0)
		return 0;
	snprintf(url + host, sizeof(url) - (size_t)host, "%d", port);
	return setup_want(&j->setup, c, where, url, example);
}

static int
want_engine(struct joining *j, struct setup_conf *c, bool reports)
{
	int r = setup_want(&j->setup, c, at_public_key, j->engine_key, EXAMPLE_KEY);

	if (r == 0 && reports)
		r = want_url(j, c, at_report, REPORT_PORT, EXAMPLE_REPORT);
	if (r == 0)
		r = want_url(j, c, at_exchange, EXCHANGE_PORT, EXAMPLE_EXCHANGE);
	return r;
}

/* What was said, or what the file says, or from where this host speaks to the engine. */
static int
find_arrival(struct joining *j, char arrival[ADDRESS_SIZE])
{
	struct err *err = &j->setup.err;
	const char *given = j->setup.cli->arrival;
	char old[EDIT_VALUE], why[128];
	struct address own;
	int r;

	edit_get(&j->actuator.edit, at_arrival[0], at_arrival[1], old);
	if (!given && *old && strcmp(old, EXAMPLE_ARRIVAL) != 0)
		given = old;
	if (given) {
		r = address_check_own(given, err);
		return r == 0 && !text_copy(arrival, ADDRESS_SIZE, given) ? -EINVAL : r;
	}
	r = address_towards(&own, &j->engine);
	if (r < 0)
		return err_set(err, r, "no way to the engine at %s: %s", j->engine.text,
		    err_text(why, sizeof(why), r));
	if (address_is_loopback(&own))
		return err_set(err, -EINVAL,
		    "%s is this very machine: say with --arrival at which of its "
		    "addresses guests arrive",
		    j->engine.text);
	return text_copy(arrival, ADDRESS_SIZE, own.text) ? 0 : -EINVAL;
}

static bool
names_key(const struct setup_conf *c)
{
	char path[EDIT_VALUE];

	return edit_get(&c->edit, at_key[0], at_key[1], path) > 0;
}

static int
want_actuator(struct joining *j, const char *key)
{
	struct setup *s = &j->setup;
	char arrival[ADDRESS_SIZE], program[PATH_MAX];
	int r = setup_open(s, &j->actuator, "lifeboat-actuator", "actuator.conf");

	if (r < 0)
		return r;
	j->has_actuator = j->actuator.found || program_find(program, j->actuator.daemon);
	if (!j->has_actuator) {
		setup_say("lifeboat-actuator is not installed: this host is watched, and "
			  "no guest leaves or enters it");
		return 0;
	}
	r = want_engine(j, &j->actuator, false);
	if (r == 0)
		r = find_arrival(j, arrival);
	if (r == 0)
		r = setup_want(s, &j->actuator, at_arrival, arrival, EXAMPLE_ARRIVAL);
	if (r == 0 && (names_key(&j->monitor) || names_key(&j->actuator)))
		r = setup_want(s, &j->actuator, at_key, key, NULL);
	return r == 0 ? setup_stage(s, &j->actuator) : r;
}

static int
write_all(struct joining *j, struct seal_pair *pair)
{
	struct setup *s = &j->setup;
	char key[SETUP_PATH];
	int r = setup_open(s, &j->monitor, "lifeboat-monitor", "monitor.conf");

	if (r == 0)
		r = setup_key_path(s, &j->monitor, at_key[0], "host.key", key);
	if (r == 0)
		r = want_engine(j, &j->monitor, true);
	if (r == 0)
		r = setup_key(s, key, geteuid(), getegid(), pair);
	if (r == 0)
		r = setup_stage(s, &j->monitor);
	if (r == 0)
		r = want_actuator(j, key);
	return r == 0 ? setup_commit(s) : r;
}

static int
start(struct joining *j)
{
	const char *units[] = { "lifeboat-monitor", NULL, NULL };

	if (j->has_actuator)
		units[1] = "lifeboat-actuator";
	return setup_units(&j->setup, units);
}

static void
say_next(const struct joining *j, const char *public_key)
{
	if (!j->setup.cli->start)
		setup_next("This host's daemons are started by",
		    "systemctl enable --now lifeboat-monitor%s",
		    j->has_actuator ? " lifeboat-actuator" : "");
	setup_next("Next, on the engine's host:", "lifeboat admit --start %s=%s", j->name,
	    public_key);
}

int
join_run(const struct cli *cli)
{
	struct seal_pair pair = { .id = 0 };
	struct joining j = { .monitor = { .edit = EDIT_NULL },
		.actuator = { .edit = EDIT_NULL } };
	char public_key[SEAL_TEXT];
	int r = setup_begin(&j.setup, cli);

	if (r == 0)
		r = name_host(&j);
	if (r == 0)
		r = find_engine(&j);
	if (r == 0)
		r = write_all(&j, &pair);
	if (r == 0)
		r = start(&j);
	if (r == 0) {
		seal_format(public_key, pair.public_key);
		say_next(&j, public_key);
		setup_print(cli, j.name, public_key);
	}
	explicit_bzero(&pair, sizeof(pair));
	setup_close(&j.monitor);
	setup_close(&j.actuator);
	return setup_end(&j.setup, r, "join");
}
