#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/options.h"
#include "cli/suggest.h"

static void
print_usage(FILE *f)
{
	const struct command *c;

	fputs("usage: lifeboat [OPTION ...] COMMAND [OPERAND ...]\n\n", f);
	for (size_t i = 0; (c = command_at(i)); i++)
		fprintf(f, "  %-8s %-20s  %s\n", c->name, c->operands, c->summary);
	fputs("\n", f);
	options_print(f);
}

static void
print_help(const struct command *c)
{
	fprintf(stdout, "usage: lifeboat %s%s%s\n\n%s", c->name,
	    c->operands[0] ? " " : "", c->operands, c->help);
}

static bool
apply_options(struct args *args)
{
	static const char *const colors[] = { "auto", "never", "always" };
	int color = word_index(args->color, colors, 3);
	int64_t timeout;

	if (color < 0) {
		cli_error("--color: '%s' is none of auto, never, always", args->color);
		return false;
	}
	if (!text_parse_duration(&timeout, args->timeout) || timeout < 1 ||
	    timeout > 3600000) {
		cli_error(
		    "--timeout: '%s' is no time such as 5s, up to 1h", args->timeout);
		return false;
	}
	args->cli.timeout_ms = (int)timeout;
	screen_init(&args->cli.screen, stdout, (enum screen_color)color);
	return true;
}

static const struct command *
find_command(const char *name)
{
	const struct command *c, *near = NULL;
	size_t best = SUGGEST_NEAR + 1;

	for (size_t i = 0; (c = command_at(i)); i++) {
		size_t d = suggest_distance(name, c->name);

		if (d == 0)
			return c;
		if (d < best) {
			best = d;
			near = c;
		}
	}
	if (near)
		cli_error("no command '%s'; did you mean '%s'?", name, near->name);
	else
		cli_error("no command '%s'; see 'lifeboat --help'", name);
	return NULL;
}

static bool
fits(const struct command *c, const struct args *args, int operands)
{
	if (operands < c->min || operands > c->max) {
		cli_error("usage: lifeboat %s%s%s", c->name, c->operands[0] ? " " : "",
		    c->operands);
		return false;
	}
	if (args->cli.json && args->cli.check) {
		cli_error("--json is not for '%s --check'", c->name);
		return false;
	}
	return options_fit(args, c);
}

static int
run(int argc, char **argv)
{
	struct args args;
	const struct command *command;

	if (!options_parse(&args, argc, argv) || !apply_options(&args))
		return CLI_USAGE;
	if (args.version) {
		puts("lifeboat " LIFEBOAT_VERSION);
		return CLI_OK;
	}
	if (args.completion) {
		complete_print(stdout);
		return CLI_OK;
	}
	if (args.names)
		return complete_names(&args.cli, args.names);
	if (args.operands == 0) {
		print_usage(args.help ? stdout : stderr);
		return args.help ? CLI_OK : CLI_USAGE;
	}
	command = find_command(args.cli.operands[0]);
	if (!command)
		return CLI_USAGE;
	if (args.help) {
		print_help(command);
		return CLI_OK;
	}
	args.cli.operands++;
	if (!fits(command, &args, args.operands - 1))
		return CLI_USAGE;
	return command->run(&args.cli);
}

int
main(int argc, char **argv)
{
	int status = run(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	cli_error("the output could not be written");
	return status == CLI_OK ? CLI_REFUSED : status;
}
