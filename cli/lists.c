#include "cli/commands.h"

#include <inttypes.h>
#include <string.h>

#include "cli/table.h"
#include "cli/value.h"

static void
age_cell(struct table *t, const json_t *row, const char *key, const char *never)
{
	char age[VALUE_SIZE];

	value_age_of(age, row, key);
	table_cell(t, TINT_NONE, "%s", age[0] ? age : never);
}

/* "cordoned, drained, xen hung" */
static void
notes_cell(struct table *t, json_t *host, bool actuators)
{
	static const char *const marks[] = { "cordoned", "drained", "held" };
	json_t *state;
	const char *probe;
	char notes[256] = "", note[32];

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (value_true(host, marks[i]))
			value_append(notes, sizeof(notes), marks[i]);
	}
	json_object_foreach(json_object_get(host, "probes"), probe, state)
	{
		const char *word = json_string_value(state);

		if (!word || (strcmp(word, "failed") != 0 && strcmp(word, "hung") != 0))
			continue;
		snprintf(note, sizeof(note), "%.16s %s", probe, word);
		value_append(notes, sizeof(notes), note);
	}
	/* Where no host has one, none is missed. */
	if (actuators && !value_true(host, "actuator"))
		value_append(notes, sizeof(notes), "no actuator");
	table_cell(t, notes[0] ? TINT_WARN : TINT_NONE, "%s", notes);
}

static void
host_row(struct table *t, json_t *host, bool actuators)
{
	const char *health = value_name(host, "health"), *xen = value_text(host, "xen");
	char text[VALUE_SIZE];
	char *reason = value_reason(host);
	int64_t n;

	table_cell(t, TINT_BOLD, "%s", value_name(host, "name"));
	table_cell(t, value_tint(health), "%s", health);
	age_cell(t, host, "since_age_ms", "");
	age_cell(t, host, "heard_age_ms", "never");
	table_cell(t, TINT_NONE, "%" PRId64, value_count(host, "guests"));
	table_cell(t, TINT_NONE, "%s",
	    value_int(host, "load_permille", &n) && xen ? value_percent(text, n) : "");
	table_cell(t, TINT_NONE, "%s",
	    value_int(host, "free_kib", &n) && xen ? value_gib(text, n) : "");
	table_cell(t, TINT_NONE, "%s", xen ? xen : "");
	notes_cell(t, host, actuators);
	table_cell(t, TINT_NONE, "%s", strcmp(health, "sound") == 0 ? "" : reason);
	free(reason);
}

static void
show_hosts(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = {
		/* clang-format off */
		{ "HOST", false }, { "HEALTH", false }, { "FOR", true }, { "HEARD AGO", true },
		{ "GUESTS", true }, { "LOAD", true }, { "FREE", true }, { "XEN", false },
		{ "NOTES", false }, { "WHY", false },
		/* clang-format on */
	};
	struct table t;
	json_t *host;
	size_t i;
	bool actuators = false;

	json_array_foreach(json_object_get(answer, "hosts"), i, host) actuators |=
	    value_true(host, "actuator");
	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(json_object_get(answer, "hosts"), i, host)
	    host_row(&t, host, actuators);
	if (i == 0)
		screen_line(&cli->screen, TINT_NONE,
		    "The engine's configuration names no hosts.");
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

int
hosts_run(const struct cli *cli)
{
	return cli_answer(cli, json_pack("{s:s}", "op", "hosts"), show_hosts);
}

static void
guest_row(struct table *t, const json_t *guest)
{
	const char *to = value_text(guest, "would_move"),
		   *stays = value_text(guest, "stays");
	char text[VALUE_SIZE];
	const char *master = value_text(guest, "master");
	bool unwatched = value_true(guest, "unwatched");

	table_cell(t, TINT_BOLD, "%s", value_name(guest, "name"));
	table_cell(t, TINT_NONE, "%s", value_name(guest, "host"));
	table_cell(t, unwatched ? TINT_WARN : TINT_NONE, "%s%s",
	    value_name(guest, "state"), unwatched ? ", unwatched" : "");
	table_cell(t, TINT_NONE, "%s", value_name(guest, "type"));
	table_cell(t, TINT_NONE, "%s", value_gib(text, value_count(guest, "memory_kib")));
	table_cell(t, TINT_NONE, "%" PRId64, value_count(guest, "vcpus"));
	table_cell(
	    t, TINT_NONE, "%s", value_percent(text, value_count(guest, "cpu_permille")));
	table_cell(t, TINT_NONE, "%s", master ? master : "");
	table_cell(t, TINT_NONE, "%" PRId64, value_count(guest, "targets"));
	table_cell(t, TINT_WARN, "%s", to ? to : "");
	table_cell(t, TINT_BAD, "%s", stays ? stays : "");
}

static void
show_guests(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = {
		/* clang-format off */
		{ "GUEST", false }, { "HOST", false }, { "STATE", false }, { "TYPE", false },
		{ "MEMORY", true }, { "VCPUS", true }, { "CPU", true }, { "MASTER", false },
		{ "TARGETS", true }, { "WOULD MOVE TO", false }, { "STAYS", false },
		/* clang-format on */
	};
	struct table t;
	json_t *guest;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach(json_object_get(answer, "guests"), i, guest)
	    guest_row(&t, guest);
	if (i == 0)
		screen_line(&cli->screen, TINT_NONE, "No host has reported a guest.");
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

int
guests_run(const struct cli *cli)
{
	return cli_answer(cli, json_pack("{s:s}", "op", "guests"), show_guests);
}
