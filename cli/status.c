#include "cli/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/value.h"

/* What Nagios and its kin make of an exit status. */
enum nagios { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

static const char *const nagios_words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

/* The healths, as members of "hosts" and in the order of their weight. */
static const char *const healths[] = { "failing", "suspect", "unknown", "sound" };

static int64_t
count_hosts(const json_t *answer)
{
	const json_t *hosts = json_object_get(answer, "hosts");
	int64_t n = 0;

	for (size_t i = 0; i < sizeof(healths) / sizeof(healths[0]); i++)
		n += value_count(hosts, healths[i]);
	return n;
}

static void
row(struct table *t, const char *title)
{
	table_cell(t, TINT_BOLD, "%s", title);
}

static void
show_hosts(struct table *t, const json_t *answer)
{
	const json_t *hosts = json_object_get(answer, "hosts");
	int64_t failing = value_count(hosts, "failing");
	int64_t odd = value_count(hosts, "suspect") + value_count(hosts, "unknown");

	row(t, "hosts");
	table_cell(t,
	    failing ? TINT_BAD
	    : odd   ? TINT_WARN
		    : TINT_GOOD,
	    "%" PRId64 ": %" PRId64 " sound, %" PRId64 " suspect, %" PRId64
	    " failing, %" PRId64 " unknown; %" PRId64 " cordoned",
	    count_hosts(answer), value_count(hosts, "sound"),
	    value_count(hosts, "suspect"), failing, value_count(hosts, "unknown"),
	    value_count(hosts, "cordoned"));
}

static void
show_guests(struct table *t, const json_t *answer)
{
	int64_t stays = value_count(answer, "stays");
	int64_t unwatched = value_count(answer, "unwatched");

	row(t, "guests");
	table_cell(t,
	    stays       ? TINT_BAD
	    : unwatched ? TINT_WARN
			: TINT_NONE,
	    "%" PRId64 ": %" PRId64 " would move, %" PRId64
	    " with nowhere to go; %" PRId64 " unwatched",
	    value_count(answer, "guests"), value_count(answer, "would_move"), stays,
	    unwatched);
}

static void
show_orders(struct table *t, const json_t *answer)
{
	json_t *order;
	size_t i, open = 0, held = 0, moves = 0;

	json_array_foreach(json_object_get(answer, "orders"), i, order)
	{
		if (value_text(order, "outcome"))
			continue; /* only its actuator has yet to confirm it */
		open++;
		held += value_true(order, "held");
		moves += strcmp(value_name(order, "kind"), "move") == 0;
	}
	row(t, "orders");
	table_cell(t, held ? TINT_BAD : TINT_NONE,
	    "%zu open, %zu of them moves; %zu held", open, moves, held);
}

static void
show_frames(struct table *t, const json_t *answer)
{
	json_t *frames = json_object_get(answer, "frames"), *count;
	char refused[512] = "";
	const char *word;
	size_t len = 0;

	json_object_foreach(frames, word, count)
	{
		int n;

		if (strcmp(word, "accepted") == 0 || json_integer_value(count) <= 0)
			continue;
		n = snprintf(refused + len, sizeof(refused) - len,
		    "%s%" PRId64 " for %.32s",
		    len ? ", " : "; refused: ", (int64_t)json_integer_value(count), word);
		if (n < 0 || (size_t)n >= sizeof(refused) - len)
			break;
		len += (size_t)n;
	}
	row(t, "frames");
	table_cell(t, len ? TINT_WARN : TINT_NONE, "%" PRId64 " accepted%s",
	    value_count(frames, "accepted"), refused);
}

static void
show_keeping(struct table *t, const json_t *answer)
{
	const json_t *store = json_object_get(answer, "store");
	const json_t *recording = json_object_get(answer, "recording");
	const char *error = value_text(recording, "error");

	row(t, "store");
	if (value_true(store, "ok"))
		table_cell(t, TINT_NONE, "ok");
	else
		table_cell(t, TINT_BAD, "not written: %s", value_name(store, "error"));
	row(t, "recording");
	if (value_true(recording, "on") && !error)
		table_cell(t, TINT_NONE, "on, %" PRId64 " KiB",
		    value_count(recording, "bytes") / 1024);
	else
		table_cell(
		    t, TINT_WARN, "off%s%s", error ? ": " : "", error ? error : "");
}

static void
show_status(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = { { "LIFEBOAT", false },
		{ "STATUS", false } };
	const json_t *engine = json_object_get(answer, "engine");
	char up[VALUE_SIZE];
	struct table t;

	table_init(&t, columns, 2);
	row(&t, "engine");
	table_cell(&t, TINT_NONE, "%s, up %s, term %" PRId64,
	    value_name(engine, "version"), value_age_of(up, engine, "uptime_ms"),
	    value_count(engine, "term"));
	row(&t, "mode");
	table_cell(&t, TINT_NONE, "%s", value_name(engine, "mode"));
	show_hosts(&t, answer);
	show_guests(&t, answer);
	show_orders(&t, answer);
	show_frames(&t, answer);
	show_keeping(&t, answer);
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

/* The state, and in problems what made it so; "" when all is well. */
static enum nagios
judge(const json_t *answer, char *problems, size_t size)
{
	const json_t *hosts = json_object_get(answer, "hosts");
	enum nagios state = NAGIOS_OK;
	int64_t stays = value_count(answer, "stays"), held = 0;
	int64_t unwatched = value_count(answer, "unwatched");
	char count[VALUE_SIZE], text[2 * VALUE_SIZE];

	problems[0] = '\0';
	for (size_t i = 0; i < 3; i++) {
		int64_t n = value_count(hosts, healths[i]);

		if (n == 0)
			continue;
		snprintf(text, sizeof(text), "%s %s", value_plural(count, n, "host"),
		    healths[i]);
		value_append(problems, size, text);
		if (state == NAGIOS_OK)
			state = i == 0 ? NAGIOS_CRITICAL : NAGIOS_WARNING;
	}
	if (stays > 0) {
		snprintf(text, sizeof(text), "%s with nowhere to go",
		    value_plural(count, stays, "guest"));
		value_append(problems, size, text);
		state = NAGIOS_CRITICAL;
	}
	for (size_t i = 0; i < json_array_size(json_object_get(answer, "orders")); i++)
		held += value_true(
		    json_array_get(json_object_get(answer, "orders"), i), "held");
	if (held > 0) {
		snprintf(text, sizeof(text), "%s held: nobody knows where its guest runs",
		    value_plural(count, held, "order"));
		value_append(problems, size, text);
		state = NAGIOS_CRITICAL;
	}
	if (unwatched > 0) {
		snprintf(text, sizeof(text), "%s unwatched",
		    value_plural(count, unwatched, "guest"));
		value_append(problems, size, text);
	}
	/* Off by configuration has no error. */
	if (value_text(json_object_get(answer, "recording"), "error"))
		value_append(problems, size, "the recording is not written");
	if (!value_true(json_object_get(answer, "store"), "ok"))
		value_append(problems, size, "the store is not written");
	return problems[0] && state == NAGIOS_OK ? NAGIOS_WARNING : state;
}

static void
print_check(const struct cli *cli, const json_t *answer, enum nagios *state)
{
	const json_t *hosts = json_object_get(answer, "hosts");
	char problems[512];

	*state = judge(answer, problems, sizeof(problems));
	screen_line(&cli->screen, TINT_NONE,
	    "LIFEBOAT %s - %s%s%" PRId64 " hosts, %" PRId64 " guests, mode %s | "
	    "failing=%" PRId64 ";;0;0 suspect=%" PRId64 ";0;;0 unknown=%" PRId64 ";0;;0 "
	    "sound=%" PRId64 ";;;0 guests=%" PRId64 ";;;0 would_move=%" PRId64 ";;;0 "
	    "stays=%" PRId64 ";;0;0",
	    nagios_words[*state], problems, problems[0] ? "; " : "", count_hosts(answer),
	    value_count(answer, "guests"),
	    value_name(json_object_get(answer, "engine"), "mode"),
	    value_count(hosts, "failing"), value_count(hosts, "suspect"),
	    value_count(hosts, "unknown"), value_count(hosts, "sound"),
	    value_count(answer, "guests"), value_count(answer, "would_move"),
	    value_count(answer, "stays"));
}

/* Nagios shows the first line of standard output alone. */
static int
check(const struct cli *cli)
{
	enum nagios state = NAGIOS_UNKNOWN;
	json_t *answer = NULL;

	if (cli_ask(cli, json_pack("{s:s}", "op", "status"), &answer) != CLI_OK ||
	    !json_is_object(json_object_get(answer, "hosts")))
		screen_line(&cli->screen, TINT_NONE,
		    "LIFEBOAT UNKNOWN - no answer from the engine at %s", cli->door);
	else
		print_check(cli, answer, &state);
	json_decref(answer);
	return (int)state;
}

int
status_run(const struct cli *cli)
{
	if (cli->check)
		return check(cli);
	return cli_answer(cli, json_pack("{s:s}", "op", "status"), show_status);
}
