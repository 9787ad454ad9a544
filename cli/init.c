/* init: the engine's key and configuration. */
#include "cli/commands.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "cli/address.h"
#include "cli/setup.h"

/* Where the default listens, only IPv4 is heard. */
static const char *const at_report[] = { "engine", "report" };
static const char *const at_exchange[] = { "engine", "exchange" };
#define ANY_REPORT   "tcp://[::]:7801"
#define ANY_EXCHANGE "tcp://[::]:7802"

static int
find_address(struct setup *s, struct address *address)
{
	const char *given = s->cli->operands[0];
	int r = address_resolve(address, given, &s->err);
	bool named;

	if (r < 0)
		return r;
	named = strcmp(given, address->text) != 0;
	if (address_is_loopback(address))
		return err_set(&s->err, -EINVAL,
		    "%s%s%s%s leads every host to itself: give the address at which they "
		    "reach this machine",
		    named ? given : "", named ? " is " : "", address->text,
		    named ? ", which" : "");
	if (named)
		setup_say("%s: is %s, and called so from here on", given, address->text);
	return 0;
}

static int
want_ipv6(
    struct setup *s, struct setup_conf *conf, const char *const where[2], const char *any)
{
	char old[EDIT_VALUE];
	size_t line = edit_get(&conf->edit, where[0], where[1], old);

	if (!line)
		return setup_want(s, conf, where, any, NULL);
	if (strncmp(old, any, strlen("tcp://[")) == 0)
		return 0;
	return err_set(&s->err, -EEXIST,
	    "%s:%zu: %s is %s, where nobody is heard by IPv6; %s hears both", conf->path,
	    line, where[1], old, any);
}

static int
find_user(struct setup *s, uid_t *uid, gid_t *gid)
{
	/* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	const struct passwd *user = getpwnam(s->cli->user);

	if (!user)
		return err_set(&s->err, -ENOENT,
		    "no user '%s', who the engine runs as: systemd-sysusers "
		    "lifeboat.conf",
		    s->cli->user);
	*uid = user->pw_uid;
	*gid = user->pw_gid;
	return 0;
}

static int
write_all(struct setup *s, struct setup_conf *conf, const struct address *address,
    struct seal_pair *pair)
{
	char key[SETUP_PATH];
	uid_t uid = 0;
	gid_t gid = 0;
	int r = find_user(s, &uid, &gid);

	if (r == 0)
		r = setup_open(s, conf, "lifeboat-policy", "policy.conf");
	if (r == 0)
		r = setup_key_path(s, conf, "engine", "engine.key", key);
	if (r == 0 && address_is_ipv6(address))
		r = want_ipv6(s, conf, at_report, ANY_REPORT);
	if (r == 0 && address_is_ipv6(address))
		r = want_ipv6(s, conf, at_exchange, ANY_EXCHANGE);
	if (r == 0)
		r = setup_key(s, key, uid, gid, pair);
	if (r == 0)
		r = setup_stage(s, conf);
	return r == 0 ? setup_commit(s) : r;
}

static void
say_next(const struct cli *cli, const char *address, const char *public_key)
{
	if (!cli->start)
		setup_next(
		    "The engine is started by", "systemctl enable --now lifeboat-policy");
	setup_next("Next, on each Xen host:", "lifeboat join --start %s=%s", address,
	    public_key);
}

int
init_run(const struct cli *cli)
{
	static const char *const units[] = { "lifeboat-policy", NULL };
	struct setup_conf conf = { .edit = EDIT_NULL };
	struct seal_pair pair = { .id = 0 };
	struct address address;
	char public_key[SEAL_TEXT];
	struct setup s;
	int r = setup_begin(&s, cli);

	if (r == 0)
		r = find_address(&s, &address);
	if (r == 0)
		r = write_all(&s, &conf, &address, &pair);
	if (r == 0)
		r = setup_units(&s, units);
	if (r == 0) {
		seal_format(public_key, pair.public_key);
		say_next(cli, address.text, public_key);
		setup_print(cli, address.text, public_key);
	}
	explicit_bzero(&pair, sizeof(pair));
	setup_close(&conf);
	return setup_end(&s, r, "init");
}
