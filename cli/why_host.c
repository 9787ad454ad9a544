#include "cli/why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/value.h"

/* Readings in the order in which they matter. */
enum { RANK_CROSSED, RANK_LISTED, RANK_REST, RANKS };

static const json_t *
find_reading(const json_t *answer, const char *name)
{
	json_t *reading;
	size_t i;

	json_array_foreach(json_object_get(answer, "readings"), i, reading)
	{
		if (name && strcmp(value_name(reading, "name"), name) == 0)
			return reading;
	}
	return NULL;
}

/* "; it is 92C now", when that is another number than the one it fired on. */
static char *
say_now(const json_t *answer)
{
	const json_t *reading = find_reading(answer, value_text(answer, "sensor"));
	char now[VALUE_SIZE], seen[VALUE_SIZE];

	value_quantity(now, reading, "value", value_text(answer, "unit"));
	value_quantity(seen, answer, "seen", value_text(answer, "unit"));
	if (!now[0] || strcmp(now, seen) == 0)
		return screen_format("%s", "");
	return screen_format("; it is %s now", now);
}

static void
say_headline(const struct cli *cli, const json_t *answer)
{
	const char *name = value_name(answer, "name"),
		   *health = value_name(answer, "health");
	char *reason = value_reason(answer), *now = say_now(answer);
	char age[VALUE_SIZE], *since;

	value_age_of(age, answer, "since_age_ms");
	since = age[0] ? screen_format("%s has been %s for %s", name, health, age)
		       : screen_format("%s is %s", name, health);
	if (strcmp(health, "sound") == 0)
		screen_line(&cli->screen, TINT_GOOD, "%s.", since);
	else
		screen_line(
		    &cli->screen, value_tint(health), "%s: %s%s.", since, reason, now);
	free(since);
	free(now);
	free(reason);
}

static void
say_marks(const struct cli *cli, const json_t *answer)
{
	static const struct {
		const char *key, *sentence;
	} marks[] = {
		{ "cordoned", "It is cordoned: no guest may come here." },
		{ "drained", "It is being drained: its guests should leave." },
		{ "held", "A move whose end is not known holds it." },
	};
	json_t *state;
	const char *probe;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (value_true(answer, marks[i].key))
			screen_line(&cli->screen, TINT_WARN, "%s", marks[i].sentence);
	}
	json_object_foreach(json_object_get(answer, "probes"), probe, state)
	{
		const char *word = json_string_value(state);

		if (word && strcmp(word, "failed") == 0)
			screen_line(
			    &cli->screen, TINT_WARN, "Its probe %s fails.", probe);
		if (word && strcmp(word, "hung") == 0)
			screen_line(
			    &cli->screen, TINT_WARN, "Its probe %s hangs.", probe);
	}
}

static void
say_facts(const struct cli *cli, const json_t *answer)
{
	const char *xen = value_text(answer, "xen");
	char heard[VALUE_SIZE], guests[VALUE_SIZE], sensors[VALUE_SIZE];
	char available[VALUE_SIZE], total[VALUE_SIZE], load[VALUE_SIZE];

	value_age_of(heard, answer, "heard_age_ms");
	value_plural(sensors, value_count(answer, "sensors"), "sensor");
	value_plural(guests, value_count(answer, "guests"), "guest");
	if (!heard[0])
		screen_line(&cli->screen, TINT_NONE, "Nothing has been heard of it.");
	else if (!xen)
		screen_line(&cli->screen, TINT_NONE,
		    "Last heard %s ago; %s; nothing is known of its Xen.", heard,
		    sensors);
	else
		screen_line(&cli->screen, TINT_NONE,
		    "Last heard %s ago; %s; %s; Xen %s; load %s; %s of %s free.", heard,
		    sensors, guests, xen,
		    value_percent(load, value_count(answer, "load_permille")),
		    value_gib(available, value_count(answer, "free_kib")),
		    value_gib(total, value_count(answer, "total_kib")));
}

/*
 * Where its guests would go
 */

static bool
is_emptying(const json_t *host)
{
	return strcmp(value_name(host, "health"), "failing") == 0 ||
	       value_true(host, "drained");
}

static void
guest_row(struct table *t, const json_t *guest, bool emptying)
{
	const char *to = value_text(guest, "would_move"),
		   *stays = value_text(guest, "stays");
	const char *sentence = value_text(guest, "stays_sentence");
	char text[VALUE_SIZE];

	table_cell(t, TINT_BOLD, "%s", value_name(guest, "name"));
	table_cell(t, TINT_NONE, "%s", value_gib(text, value_count(guest, "memory_kib")));
	if (to)
		table_cell(t, TINT_WARN, "would move to %s", to);
	else if (stays)
		table_cell(t, emptying ? TINT_BAD : TINT_WARN, "stays here (%s)%s%s",
		    stays, sentence ? ": " : "", sentence ? sentence : "");
	else if (emptying)
		table_cell(t, TINT_NONE, "not decided yet; it could go to %s",
		    value_plural(text, value_count(guest, "targets"), "host"));
	else
		table_cell(t, TINT_NONE, "could go to %s",
		    value_plural(text, value_count(guest, "targets"), "host"));
}

static void
show_guests(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = { { "GUEST", false },
		{ "MEMORY", true }, { "WHERE TO", false } };
	json_t *guests = NULL, *guest;
	struct table t;
	size_t i;

	if (value_count(answer, "guests") == 0 ||
	    cli_ask(cli, json_pack("{s:s}", "op", "guests"), &guests) != CLI_OK)
		return;
	table_init(&t, columns, 3);
	json_array_foreach(json_object_get(guests, "guests"), i, guest)
	{
		if (strcmp(value_name(guest, "host"), value_name(answer, "name")) == 0)
			guest_row(&t, guest, is_emptying(answer));
	}
	screen_line(&cli->screen, TINT_NONE, "%s", "");
	table_print(&t, &cli->screen);
	table_deinit(&t);
	json_decref(guests);
}

/*
 * Readings
 */

static int
rank(const json_t *reading)
{
	if (value_text(reading, "crossed"))
		return RANK_CROSSED;
	return value_text(reading, "listed") ? RANK_LISTED : RANK_REST;
}

static void
state_cell(struct table *t, const json_t *reading)
{
	const char *crossed = value_text(reading, "crossed");
	const char *listed = value_text(reading, "listed");
	const char *quality = value_text(reading, "quality");
	char age[VALUE_SIZE];

	value_age_of(age, reading, "crossed_age_ms");
	if (crossed)
		table_cell(t, TINT_BAD, "%s%s%s", crossed, age[0] ? " for " : "", age);
	else if (listed)
		table_cell(t, TINT_WARN, "%s: listed, never a reason", listed);
	else if (quality && strcmp(quality, "good") != 0)
		table_cell(t, TINT_WARN, "%s", quality);
	else if (value_true(reading, "fault"))
		table_cell(t, TINT_WARN, "the chip says it is broken");
	else if (value_true(reading, "alarm"))
		table_cell(t, TINT_WARN, "alarm");
	else
		table_cell(t, TINT_NONE, "%s", "");
}

static void
reading_row(struct table *t, const json_t *reading)
{
	static const char *const limits[] = { "low_critical", "low", "high",
		"high_critical" };
	const char *unit = value_text(reading, "unit");
	enum tint tint = rank(reading) == RANK_CROSSED ? TINT_BAD : TINT_NONE;
	char text[VALUE_SIZE];

	table_cell(t, tint, "%s", value_name(reading, "name"));
	value_quantity(text, reading, "value", unit);
	table_cell(t, tint, "%s", text[0] ? text : "-");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		table_cell(
		    t, TINT_NONE, "%s", value_quantity(text, reading, limits[i], unit));
	state_cell(t, reading);
}

static void
show_readings(const struct cli *cli, const json_t *answer)
{
	static const struct table_column columns[] = {
		/* clang-format off */
		{ "SENSOR", false }, { "READS", true }, { "LOW CRITICAL", true }, { "LOW", true },
		{ "HIGH", true }, { "HIGH CRITICAL", true }, { "STATE", false },
		/* clang-format on */
	};
	struct table t;
	json_t *reading;
	size_t i;

	table_init(&t, columns, sizeof(columns) / sizeof(columns[0]));
	for (int r = 0; r < RANKS; r++) {
		json_array_foreach(json_object_get(answer, "readings"), i, reading)
		{
			if (rank(reading) == r)
				reading_row(&t, reading);
		}
	}
	if (t.used > 0)
		screen_line(&cli->screen, TINT_NONE, "%s", "");
	table_print(&t, &cli->screen);
	table_deinit(&t);
}

void
why_host(const struct cli *cli, const json_t *answer)
{
	say_headline(cli, answer);
	say_marks(cli, answer);
	say_facts(cli, answer);
	show_guests(cli, answer);
	show_readings(cli, answer);
}
