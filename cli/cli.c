#include "cli/cli.h"

#include <stdlib.h>

#include "cli/door.h"

void
cli_error(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = screen_vformat(fmt, ap);
	va_end(ap);
	fprintf(stderr, "lifeboat: %s\n", text);
	free(text);
}

int
cli_ask(const struct cli *cli, json_t *request, json_t **answer)
{
	struct door door = DOOR_NULL;
	struct err err;
	int r = door_open(&door, cli->door, cli->timeout_ms, &err);

	if (r < 0)
		json_decref(request);
	else
		r = door_ask(&door, request, answer, cli->timeout_ms, &err);
	door_close(&door);
	if (r == 0)
		return CLI_OK;
	cli_error("%s", err.text);
	return r == DOOR_E_REFUSED ? CLI_REFUSED : CLI_UNREACHABLE;
}

int
cli_answer(const struct cli *cli, json_t *request,
    void (*show)(const struct cli *cli, const json_t *answer))
{
	json_t *answer = NULL;
	int r = cli_ask(cli, request, &answer);

	if (r != CLI_OK)
		return r;
	if (cli->json) {
		json_dumpf(answer, cli->screen.out, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		fputc('\n', cli->screen.out);
	} else {
		show(cli, answer);
	}
	json_decref(answer);
	return CLI_OK;
}
