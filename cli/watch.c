#include "cli/commands.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/door.h"
#include "cli/progress.h"
#include "cli/value.h"

enum { RETRY_MS = 1000 };

/* Every line was flushed when it was printed: there is nothing to finish. */
static void
stop(int signal)
{
	(void)signal;
	_exit(CLI_OK);
}

static void
stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void
print_event(const struct cli *cli, const json_t *event)
{
	time_t now = time(NULL);
	struct tm local;
	char clock[16] = "";

	if (cli->json) {
		json_dumpf(event, cli->screen.out, JSON_COMPACT | JSON_PRESERVE_ORDER);
		fputc('\n', cli->screen.out);
		return;
	}
	if (localtime_r(&now, &local))
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	screen_line(&cli->screen, TINT_NONE, "%s  %s", clock, value_name(event, "event"));
}

/* Bars stand below the last line, and are drawn anew with each. */
static void
clear_bars(const struct cli *cli, int *bars)
{
	if (*bars > 0)
		fprintf(cli->screen.out, "\033[%dA\033[J", *bars);
	*bars = 0;
}

static void
draw_bars(const struct cli *cli, const json_t *orders, int *bars)
{
	json_t *order;
	size_t i;

	json_array_foreach(orders, i, order)
	{
		char *line = progress_line(order);

		if (!line)
			continue;
		screen_row(&cli->screen, line);
		free(line);
		(*bars)++;
	}
}

/* What one line of the engine does to the screen; *moves: as they were told last. */
static void
show(const struct cli *cli, json_t *event, json_t **moves, int *bars)
{
	json_t *orders = json_object_get(event, "orders");

	clear_bars(cli, bars);
	if (orders) {
		json_decref(*moves);
		*moves = json_incref(orders);
	} else {
		print_event(cli, event);
	}
	draw_bars(cli, *moves, bars);
}

/* CLI_UNREACHABLE when the engine went away, CLI_REFUSED when nobody reads us. */
static int
follow(const struct cli *cli, struct door *door, struct err *err)
{
	json_t *moves = NULL, *event = NULL;
	int bars = 0, r = CLI_OK;

	while (r == CLI_OK) {
		if (door_next(door, &event, -1, DOOR_ANSWER_MAX, err) < 0) {
			r = CLI_UNREACHABLE;
			break;
		}
		show(cli, event, &moves, &bars);
		json_decref(event);
		if (fflush(cli->screen.out) != 0)
			r = CLI_REFUSED;
	}
	json_decref(moves);
	return r;
}

/* Bars are for a terminal; elsewhere there is a line a decision, and nothing else. */
static json_t *
make_request(const struct cli *cli)
{
	json_t *request = json_pack("{s:s}", "op", "watch");

	if (cli->screen.terminal && !cli->json)
		json_object_set_new(request, "which", json_string("progress"));
	return request;
}

/* One connection from its beginning to its end; *met: the engine was there. */
static int
watch_once(const struct cli *cli, bool again, bool *met, struct err *err)
{
	struct door door = DOOR_NULL;
	json_t *answer = NULL;
	int r = door_open(&door, cli->door, cli->timeout_ms, err);

	if (r == 0)
		r = door_ask(&door, make_request(cli), &answer, cli->timeout_ms, err);
	json_decref(answer);
	*met = r == 0;
	if (r == 0) {
		if (again)
			cli_error(
			    "the engine is back; what it said meanwhile was missed");
		r = follow(cli, &door, err);
	} else {
		r = r == DOOR_E_REFUSED ? CLI_REFUSED : CLI_UNREACHABLE;
	}
	door_close(&door);
	return r;
}

int
watch_run(const struct cli *cli)
{
	bool began = false, met;
	struct err err = { "" };
	int r;

	stop_on_signals();
	for (;;) {
		r = watch_once(cli, began, &met, &err);
		if (r == CLI_REFUSED || (!began && !met))
			break;
		if (met)
			cli_error("%s; trying again", err.text);
		began = true;
		poll(NULL, 0, RETRY_MS);
	}
	/* Of an output that nobody reads main tells. */
	if (!ferror(cli->screen.out))
		cli_error("%s", err.text);
	return r;
}
