#include "cli/why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/value.h"

/* What the numbers of a gate count; memory is all the others. */
static const struct {
	const char *gate, *one;
} counted[] = { { "disks", "disk" }, { "bridges", "bridge" } };

static bool
is_fit(const json_t *row)
{
	int64_t rank;

	return !value_text(row, "gate") && value_int(row, "rank", &rank);
}

static char *
say_memory(int64_t need, int64_t have)
{
	char a[VALUE_SIZE], b[VALUE_SIZE];

	value_gib(a, need);
	value_gib(b, have);
	if (strcmp(a, b) != 0 || need == have)
		return screen_format("needs %s, has %s for it", a, b);
	return screen_format("needs %" PRId64 " KiB, has %" PRId64 " KiB for it", need,
	    have < 0 ? 0 : have);
}

/* "needs 2.00 GiB, has 1.20 GiB for it"; "" if the gate has no numbers.  The caller's. */
static char *
say_numbers(const json_t *row)
{
	const char *gate = value_text(row, "gate");
	int64_t need, have;
	char text[VALUE_SIZE];

	if (!value_int(row, "need", &need) || !value_int(row, "have", &have) || need <= 0)
		return screen_format("%s", "");
	if (!gate || strcmp(gate, "memory") == 0 || strcmp(gate, "busy") == 0)
		return say_memory(need, have);
	if (strcmp(gate, "older-xen") == 0)
		return screen_format("needs %" PRId64 ".%" PRId64 ", has %" PRId64
				     ".%" PRId64,
		    need / 1000, need % 1000, have / 1000, have % 1000);
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		if (strcmp(gate, counted[i].gate) == 0)
			return screen_format("needs %s, has %" PRId64,
			    value_plural(text, need, counted[i].one), have);
	}
	return screen_format("needs %" PRId64 ", has %" PRId64, need, have);
}

/* "The host has not enough free memory: needs 2.00 GiB, ..."; the caller's. */
static char *
say_verdict(const json_t *row)
{
	const char *sentence = value_text(row, "sentence"),
		   *gate = value_text(row, "gate");
	char *numbers = say_numbers(row), *text;

	if (is_fit(row))
		text = screen_format("can take it%s%s", numbers[0] ? ": " : "", numbers);
	else if (!sentence)
		text = screen_format(
		    "%s%s%s", gate ? gate : "refused", numbers[0] ? ": " : "", numbers);
	else
		text = screen_format("%.*s%s%s.", value_unstopped(sentence), sentence,
		    numbers[0] ? ": " : "", numbers);
	free(numbers);
	return text;
}

static void
place_row(struct table *t, const json_t *row)
{
	bool fits = is_fit(row);
	char *verdict = say_verdict(row);
	char load[VALUE_SIZE];
	int64_t n;

	if (fits)
		table_cell(t, TINT_GOOD, "%" PRId64, value_count(row, "rank"));
	else
		table_cell(t, TINT_NONE, "-");
	table_cell(t, TINT_BOLD, "%s", value_name(row, "host"));
	table_cell(t, TINT_NONE, "%s",
	    value_int(row, "load_permille", &n) ? value_percent(load, n) : "");
	table_cell(t, fits ? TINT_NONE : TINT_WARN, "%s", verdict);
	free(verdict);
}

static void
show_place(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = { { "RANK", true },
		{ "HOST", false }, { "LOAD WITH IT", true }, { "VERDICT", false } };
	struct table t;
	json_t *row;
	size_t i;

	table_init(&t, columns, 4);
	json_array_foreach(json_object_get(answer, "place"), i, row) place_row(&t, row);
	if (i > 0)
		screen_line(&cli->screen, TINT_NONE, "%s", "");
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

/* "other-master: Somebody else starts, stops or moves it."; the caller's. */
static char *
say_stays(const json_t *answer)
{
	const char *word = value_name(answer, "stays");
	const char *sentence = value_text(answer, "stays_sentence");

	return sentence ? screen_format("%s: %s", word, sentence)
			: screen_format("%s.", word);
}

/* Something of its own keeps it, not the other hosts. */
static bool
is_stuck(const json_t *answer)
{
	const char *stays = value_text(answer, "stays");

	return stays && strcmp(stays, "no-target") != 0;
}

static const json_t *
best_row(const json_t *answer)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(answer, "place"), i, row)
	{
		if (is_fit(row) && value_count(row, "rank") == 1)
			return row;
	}
	return NULL;
}

static void
say_headline(const struct cli *cli, const json_t *answer)
{
	const char *name = value_name(answer, "name"), *host = value_name(answer, "host");
	const char *to = value_text(answer, "would_move");
	const json_t *best = best_row(answer);
	char *stays = say_stays(answer);

	if (to)
		screen_line(&cli->screen, TINT_WARN,
		    "%s is on %s and would move to %s now.", name, host, to);
	else if (is_stuck(answer))
		screen_line(&cli->screen, TINT_BAD,
		    "%s is on %s and would stay there whatever happens: %s", name, host,
		    stays);
	else if (best)
		screen_line(&cli->screen, TINT_GOOD,
		    "%s is on %s and stays there; if %s failed now, it would move to %s.",
		    name, host, host, value_name(best, "host"));
	else
		screen_line(&cli->screen, TINT_BAD,
		    "%s is on %s; if %s failed now, it would have nowhere to go.", name,
		    host, host);
	free(stays);
}

static void
say_facts(const struct cli *cli, const json_t *answer)
{
	const char *master = value_text(answer, "master");
	char memory[VALUE_SIZE], vcpus[VALUE_SIZE], cpu[VALUE_SIZE];

	screen_line(&cli->screen, TINT_NONE,
	    "%s, %s, %s, %s, using %s of one CPU; UUID %s.", value_name(answer, "type"),
	    value_name(answer, "state"),
	    value_gib(memory, value_count(answer, "memory_kib")),
	    value_plural(vcpus, value_count(answer, "vcpus"), "vCPU"),
	    value_percent(cpu, value_count(answer, "cpu_permille")),
	    value_name(answer, "uuid"));
	if (master)
		screen_line(
		    &cli->screen, TINT_WARN, "It has another master: %s.", master);
	if (value_true(answer, "unwatched"))
		screen_line(&cli->screen, TINT_WARN,
		    "It is unwatched: no xl waits for its end, and when it reboots or "
		    "crashes, it stays off; a move or a start anew ends that.");
}

static void
say_orders(const struct cli *cli, const json_t *answer)
{
	char text[PROGRESS_SIZE];
	json_t *order;
	size_t i;

	json_array_foreach(json_object_get(answer, "orders"), i, order)
	{
		const char *id = value_name(order, "order");

		if (value_true(order, "held"))
			screen_line(&cli->screen, TINT_BAD,
			    "Order %s is held (%s): nobody knows where it runs, %s or "
			    "%s; "
			    "'lifeboat settle' ends that.",
			    id,
			    value_text(order, "said") ? value_name(order, "said")
						      : "undefined",
			    value_name(order, "from"), value_name(order, "to"));
		else
			screen_line(&cli->screen, TINT_WARN,
			    "Order %s (%s, %s -> %s): %s.", id, value_name(order, "kind"),
			    value_name(order, "from"), value_name(order, "to"),
			    progress_text(text, order));
	}
}

void
why_guest(const struct cli *cli, const json_t *answer)
{
	say_headline(cli, answer);
	say_orders(cli, answer);
	say_facts(cli, answer);
	show_place(cli, answer);
}

static void
show_why_not(const struct cli *cli, const json_t *answer)
{
	const char *guest = value_name(answer, "guest"), *host = cli->operands[1];
	const json_t *row = json_array_get(json_object_get(answer, "place"), 0);
	char *verdict = say_verdict(row), *stays = say_stays(answer);

	if (is_fit(row))
		screen_line(&cli->screen, TINT_GOOD,
		    "%s could go from %s to %s, which %s.", guest,
		    value_name(answer, "from"), host, verdict);
	else
		screen_line(&cli->screen, TINT_WARN, "%s cannot go to %s: %s", guest,
		    host, verdict);
	if (is_stuck(answer))
		screen_line(&cli->screen, TINT_BAD, "%s would not leave %s at all: %s",
		    guest, value_name(answer, "from"), stays);
	free(verdict);
	free(stays);
}

int
why_not_run(const struct cli *cli)
{
	return cli_answer(cli,
	    json_pack("{s:s, s:s, s:s}", "op", "why-not", "guest", cli->operands[0],
		"host", cli->operands[1]),
	    show_why_not);
}
