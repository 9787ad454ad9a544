#include "cli/commands.h"

#include <inttypes.h>
#include <string.h>

#include "cli/progress.h"
#include "cli/table.h"
#include "cli/value.h"

static enum tint
outcome_tint(const json_t *order)
{
	const char *outcome = value_text(order, "outcome");

	if (value_true(order, "held"))
		return TINT_BAD;
	if (!outcome)
		return TINT_NONE;
	return strcmp(outcome, "moved") == 0 || strcmp(outcome, "stayed") == 0
		   ? TINT_NONE
		   : TINT_WARN;
}

/* A move's figures alone: its prepare would say the same once more. */
static char *
took(char *buf, const json_t *order)
{
	buf[0] = '\0';
	return strcmp(value_name(order, "kind"), "move") == 0 ? progress_took(buf, order)
							      : buf;
}

/* "copying 34%, 812 of 2048 MiB, 96 MiB/s", "moved (proven), 2048 MiB in 21.4 s, paused
 * 180 ms", "held: undefined" */
static void
state_cell(struct table *t, const json_t *order)
{
	const char *outcome = value_text(order, "outcome");
	const char *verdict = value_text(order, "verdict"), *by = value_text(order, "by");
	char text[PROGRESS_SIZE];

	if (outcome)
		table_cell(t, outcome_tint(order), "%s%s%s%s%s%s%s", outcome,
		    verdict ? " (" : "", verdict ? verdict : "", verdict ? ")" : "",
		    by ? " by " : "", by ? by : "", took(text, order));
	else if (value_true(order, "held"))
		table_cell(t, TINT_BAD, "held: %s",
		    value_text(order, "said") ? value_name(order, "said") : "undefined");
	else
		table_cell(t, TINT_NONE, "%s%s", progress_text(text, order),
		    value_true(order, "cancelled") ? ", being cancelled" : "");
}

static void
order_row(struct table *t, const json_t *order)
{
	char age[VALUE_SIZE];
	const char *detail = value_text(order, "detail");

	table_cell(t, TINT_BOLD, "%s", value_name(order, "order"));
	table_cell(t, TINT_NONE, "%s", value_name(order, "kind"));
	table_cell(t, TINT_NONE, "%s", value_name(order, "guest"));
	table_cell(t, TINT_NONE, "%s", value_name(order, "from"));
	table_cell(t, TINT_NONE, "%s", value_name(order, "to"));
	table_cell(t, TINT_NONE, "%s", value_age_of(age, order, "opened_age_ms"));
	table_cell(t, TINT_NONE, "%s", value_name(order, "why"));
	state_cell(t, order);
	table_cell(t, TINT_NONE, "%s", detail ? detail : "");
}

static void
show_orders(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = {
		/* clang-format off */
		{ "ORDER", false }, { "KIND", false }, { "GUEST", false }, { "FROM", false },
		{ "TO", false }, { "AGE", true }, { "WHY", false }, { "STATE", false },
		{ "SAID", false },
		/* clang-format on */
	};
	struct table t;
	json_t *order;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(json_object_get(answer, "orders"), i, order)
	    order_row(&t, order);
	if (i == 0)
		screen_line(&cli->screen, TINT_NONE, "%s",
		    cli->all ? "No order was ever given." : "No order is open.");
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

int
orders_run(const struct cli *cli)
{
	json_t *request = json_pack("{s:s}", "op", "orders");

	if (cli->all)
		json_object_set_new(request, "which", json_string("all"));
	return cli_answer(cli, request, show_orders);
}
