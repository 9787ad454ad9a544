#include "cli/complete.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/value.h"

/* "[observe|advise|act]" as it is without brackets; options in it are no operands. */
static void
print_operands(FILE *f, const struct command *c)
{
	const char *at = c->operands + strspn(c->operands, " []");
	int n = 0;

	while (*at && n < c->max) {
		size_t len = strcspn(at, " []");

		if (at[0] != '-' && at[0] != '.')
			fprintf(f, "%s%.*s", n++ ? " " : "", (int)len, at);
		at += len + strspn(at + len, " []");
	}
}

/* Those of a command, or with NULL those of the help, which go before one. */
static void
print_options(FILE *f, const struct command *c)
{
	const struct option_row *o;
	int n = 0;

	for (size_t i = 0; (o = option_at(i)); i++)
		if (c ? !o->takes || c->takes & o->takes : o->summary != NULL)
			fprintf(f, "%s--%s", n++ ? " " : "", o->name);
}

void
complete_print(FILE *f)
{
	const struct option_row *o;
	const struct command *c;

	fputs("_lifeboat_commands='", f);
	for (size_t i = 0; (c = command_at(i)); i++)
		fprintf(f, "%s%s", i ? " " : "", c->name);
	fputs("'\n_lifeboat_options='", f);
	print_options(f, NULL);
	fputs("'\ndeclare -gA _lifeboat_operands=(\n", f);
	for (size_t i = 0; (c = command_at(i)); i++) {
		fprintf(f, "\t[%s]='", c->name);
		print_operands(f, c);
		fputs("'\n", f);
	}
	fputs(")\ndeclare -gA _lifeboat_options_of=(\n", f);
	for (size_t i = 0; (c = command_at(i)); i++) {
		fprintf(f, "\t[%s]='", c->name);
		print_options(f, c);
		fputs("'\n", f);
	}
	fputs(")\ndeclare -gA _lifeboat_argument=(\n", f);
	for (size_t i = 0; (o = option_at(i)); i++)
		if (o->argument && o->takes != OPTION_INSIDE)
			fprintf(f, "\t[--%s]='%s'\n", o->name, o->argument);
	fputs(")\n", f);
}

int
complete_names(const struct cli *cli, const char *kind)
{
	static const struct {
		const char *kind, *list, *member;
	} kinds[] = {
		{ "HOST", "hosts", "name" },
		{ "GUEST", "guests", "name" },
		{ "ORDER", "orders", "order" },
	};
	json_t *answer, *row;
	size_t k = 0, i;
	int r;

	while (k < 3 && strcmp(kind, kinds[k].kind) != 0)
		k++;
	if (k == 3) {
		cli_error("--names: '%s' is none of HOST, GUEST, ORDER", kind);
		return CLI_USAGE;
	}
	r = cli_ask(cli, json_pack("{s:s}", "op", kinds[k].list), &answer);
	if (r != CLI_OK)
		return r;
	json_array_foreach(json_object_get(answer, kinds[k].list), i, row)
	{
		const char *name = value_text(row, kinds[k].member);

		if (name && *name != '-' &&
		    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789._-+@") == strlen(name))
			fprintf(cli->screen.out, "%s\n", name);
	}
	json_decref(answer);
	return CLI_OK;
}
