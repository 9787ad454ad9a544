#include "cli/why.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/table.h"
#include "cli/value.h"

static void
show_history(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = { { "AGO", true },
		{ "DECIDED", false } };
	struct table t;
	json_t *line;
	size_t i;

	table_init(&t, columns, 2);
	json_array_foreach(json_object_get(answer, "history"), i, line)
	{
		char age[VALUE_SIZE];

		table_cell(&t, TINT_DIM, "%s", value_age_of(age, line, "age_ms"));
		table_cell(&t, TINT_NONE, "%s", value_name(line, "text"));
	}
	if (i > 0)
		screen_line(&cli->screen, TINT_NONE, "%s", "");
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

static void
show(const struct cli *cli, const json_t *answer)
{
	if (strcmp(value_name(answer, "kind"), "host") == 0)
		why_host(cli, answer);
	else
		why_guest(cli, answer);
	show_history(cli, answer);
}

int
why_run(const struct cli *cli)
{
	return cli_answer(
	    cli, json_pack("{s:s, s:s}", "op", "why", "name", cli->operands[0]), show);
}
