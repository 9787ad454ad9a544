/* init: the engine's key and configuration. */
#include "cli/commands.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "cli/address.h"
#include "cli/setup.h"

static int
check_address(struct setup *s, const char *text)
{
	struct in_addr address;
	int r = address_resolve(&address, text, &s->err);

	if (r == 0 && text[strspn(text, "0123456789.")] == '\0' &&
	    address_is_loopback(address))
		return err_set(&s->err, -EINVAL,
		    "%s leads every host to itself: give an address of this machine",
		    text);
	return r;
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
write_all(struct setup *s, struct setup_conf *conf, struct seal_pair *pair)
{
	char key[SETUP_PATH];
	uid_t uid = 0;
	gid_t gid = 0;
	int r = find_user(s, &uid, &gid);

	if (r == 0)
		r = setup_open(s, conf, "lifeboat-policy", "policy.conf");
	if (r == 0)
		r = setup_key_path(s, conf, "engine", "engine.key", key);
	if (r == 0)
		r = setup_key(s, key, uid, gid, pair);
	if (r == 0)
		r = setup_stage(s, conf);
	return r == 0 ? setup_commit(s) : r;
}

static void
say_next(const struct cli *cli, const char *public_key)
{
	if (!cli->start)
		setup_next(
		    "The engine is started by", "systemctl enable --now lifeboat-policy");
	setup_next("Next, on each Xen host:", "lifeboat join --start %s=%s",
	    cli->operands[0], public_key);
}

int
init_run(const struct cli *cli)
{
	static const char *const units[] = { "lifeboat-policy", NULL };
	struct setup_conf conf = { .edit = EDIT_NULL };
	struct seal_pair pair = { .id = 0 };
	char public_key[SEAL_TEXT];
	struct setup s;
	int r = setup_begin(&s, cli);

	if (r == 0)
		r = check_address(&s, cli->operands[0]);
	if (r == 0)
		r = write_all(&s, &conf, &pair);
	if (r == 0)
		r = setup_units(&s, units);
	if (r == 0) {
		seal_format(public_key, pair.public_key);
		say_next(cli, public_key);
		setup_print(cli, cli->operands[0], public_key);
	}
	explicit_bzero(&pair, sizeof(pair));
	setup_close(&conf);
	return setup_end(&s, r, "init");
}
