#include "cli/options.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#define ARG(member) offsetof(struct args, member)
#define CLI(member) offsetof(struct args, cli.member)

static const struct option_row rows[] = {
	/* clang-format off */
	{ "door", "PATH", 0, CLI(door), "the engine's socket (/run/lifeboat/door)" },
	{ "timeout", "TIME", 0, ARG(timeout), "how long to wait for an answer (5s)" },
	{ "json", NULL, TAKES_JSON, CLI(json), "print the engine's answer as it is" },
	{ "color", "WHEN", 0, ARG(color), "auto (on a terminal), never or always" },
	{ "help", NULL, 0, ARG(help), "this text, or that of a command" },
	{ "version", NULL, 0, ARG(version), "" },
	{ "check", NULL, TAKES_CHECK, CLI(check), NULL },
	{ "all", NULL, TAKES_ALL, CLI(all), NULL },
	{ "runs-on", "HOST", TAKES_HOST, CLI(runs_on), NULL },
	{ "is-off", "HOST", TAKES_HOST, CLI(is_off), NULL },
	{ "start", NULL, TAKES_START, CLI(start), NULL },
	{ "force", NULL, TAKES_FORCE, CLI(force), NULL },
	{ "folder", "PATH", TAKES_FOLDER, CLI(folder), NULL },
	{ "user", "USER", TAKES_USER, CLI(user), NULL },
	{ "name", "NAME", TAKES_JOIN, CLI(name), NULL },
	{ "arrival", "ADDRESS", TAKES_JOIN, CLI(arrival), NULL },
	{ "names", "WHAT", OPTION_INSIDE, ARG(names), NULL },
	{ "print-completion", NULL, OPTION_INSIDE, ARG(completion), NULL },
	/* clang-format on */
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]), FIRST = 256, FEW = 4 };

static const struct args unset = {
	.cli = { .door = "/run/lifeboat/door", .folder = ETC_DIR, .user = "lifeboat" },
	.color = "auto",
	.timeout = "5s",
};

const struct option_row *
option_at(size_t i)
{
	return i < N_ROWS ? &rows[i] : NULL;
}

static void
set(struct args *args, const struct option_row *row, const char *argument)
{
	char *at = (char *)args + row->offset;
	bool yes = true;

	if (row->argument)
		memcpy(at, &argument, sizeof(argument));
	else
		memcpy(at, &yes, sizeof(yes));
}

bool
options_parse(struct args *args, int argc, char **argv)
{
	struct option options[N_ROWS + 1] = { { NULL, 0, NULL, 0 } };
	int c;

	*args = unset;
	for (int i = 0; i < N_ROWS; i++)
		options[i] = (struct option){ rows[i].name,
			rows[i].argument ? required_argument : no_argument, NULL,
			FIRST + i };
	/* Its static state is no danger: there is one thread. */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == '?')
			return false;
		if (c == 'h')
			args->help = true;
		else
			set(args, &rows[c - FIRST], optarg);
	}
	args->cli.operands = argv + optind;
	args->operands = argc - optind;
	return true;
}

static bool
was_given(const struct args *args, const struct option_row *row)
{
	return memcmp((const char *)args + row->offset,
		   (const char *)&unset + row->offset,
		   row->argument ? sizeof(const char *) : sizeof(bool)) != 0;
}

/* "only for 'orders'", while that is a short list. */
static void
say_misplaced(const struct option_row *row, const struct command *command)
{
	const struct command *c;
	char list[128] = "";
	size_t len = 0;
	int n = 0;

	for (size_t i = 0; (c = command_at(i)); i++)
		if (c->takes & row->takes && n++ < FEW)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s'%s'",
			    n > 1 ? ", " : "", c->name);
	if (n <= FEW)
		cli_error("--%s is only for %s", row->name, list);
	else
		cli_error("--%s is not for '%s'", row->name, command->name);
}

bool
options_fit(const struct args *args, const struct command *command)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!rows[i].takes || command->takes & rows[i].takes ||
		    !was_given(args, &rows[i]))
			continue;
		say_misplaced(&rows[i], command);
		return false;
	}
	return true;
}

void
options_print(FILE *f)
{
	char text[32];

	for (size_t i = 0; i < N_ROWS; i++) {
		if (!rows[i].summary)
			continue;
		snprintf(text, sizeof(text), "--%s %s", rows[i].name,
		    rows[i].argument ? rows[i].argument : "");
		fprintf(f, "  %-14s  %s\n", text, rows[i].summary);
	}
}
