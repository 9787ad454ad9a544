/* admit: hosts, with their public keys, into the engine's inventory. */
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/types.h"
#include "cli/setup.h"

enum { WORD_SIZE = 110 };
_Static_assert(WORD_SIZE > NAME_SIZE + SEAL_TEXT, "HOST=KEY, and one that is too long");
#define WORD "%110s"

struct admission {
	struct setup setup;
	struct setup_conf conf;
	size_t hosts; /* named so far */
};

/* The host of the inventory that has this key. */
static bool
find_host(const struct edit *e, const char *key, char name[EDIT_SECTION])
{
	char section[EDIT_SECTION], value[EDIT_VALUE];

	for (size_t at = 0; edit_section(e, &at, section);) {
		if (strncmp(section, "host ", 5) != 0 ||
		    !edit_get(e, section, "public-key", value) || strcmp(value, key) != 0)
			continue;
		snprintf(name, EDIT_SECTION, "%s", section + 5);
		return true;
	}
	return false;
}

static int
admit(struct admission *a, const char *word)
{
	struct setup *s = &a->setup;
	char name[NAME_SIZE], key[SEAL_TEXT], other[EDIT_SECTION], section[EDIT_SECTION];
	const char *const where[2] = { section, "public-key" };

	if (!setup_parse(word, name, sizeof(name), key) || !setup_is_host(name))
		return err_set(&s->err, -EINVAL,
		    "'%s' is not HOST=KEY, as 'lifeboat join' prints it", word);
	a->hosts++;
	if (find_host(&a->conf.edit, key, other)) {
		if (strcmp(other, name) != 0)
			return err_set(&s->err, -EEXIST,
			    "%s: the key of %s is that of %s already: two hosts never "
			    "share one",
			    a->conf.path, name, other);
		setup_say("%s: stands already", name);
		return 0;
	}
	snprintf(section, sizeof(section), "host %s", name);
	return setup_want(s, &a->conf, where, key, NULL);
}

static int
admit_all(struct admission *a, FILE *in)
{
	char *const *word = a->setup.cli->operands;
	char text[WORD_SIZE + 1];
	int r = 0;

	if (*word) {
		for (; *word && r == 0; word++)
			r = admit(a, *word);
		return r;
	}
	while (r == 0 && fscanf(in, WORD, text) == 1)
		r = admit(a, text);
	if (r == 0 && a->hosts == 0)
		return err_set(&a->setup.err, -EINVAL, "no host was named");
	return r;
}

static void
say_next(const struct admission *a)
{
	setup_say("%zu host%s admitted", a->hosts, a->hosts == 1 ? " is" : "s are");
	if (a->setup.cli->start)
		setup_next("What the engine hears of them:", "lifeboat hosts");
	else if (a->conf.changed)
		setup_next(
		    "The engine knows them after", "systemctl restart lifeboat-policy");
}

int
admit_run(const struct cli *cli)
{
	static const char *const units[] = { "lifeboat-policy", NULL };
	struct admission a = { .conf = { .edit = EDIT_NULL } };
	int r;

	if (!*cli->operands && isatty(STDIN_FILENO)) {
		cli_error("admit: name a host: HOST=KEY, as 'lifeboat join' prints it");
		return CLI_USAGE;
	}
	r = setup_begin(&a.setup, cli);
	if (r == 0)
		r = setup_open(&a.setup, &a.conf, "lifeboat-policy", "policy.conf");
	if (r == 0)
		r = admit_all(&a, stdin);
	if (r == 0)
		r = setup_stage(&a.setup, &a.conf);
	if (r == 0)
		r = setup_commit(&a.setup);
	if (r == 0)
		r = setup_units(&a.setup, units);
	if (r == 0)
		say_next(&a);
	setup_close(&a.conf);
	return setup_end(&a.setup, r, "admit");
}
