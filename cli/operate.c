#include "cli/commands.h"

#include "base/types.h"
#include "cli/value.h"

static void
show_text(const struct cli *cli, const json_t *answer)
{
	screen_line(&cli->screen, TINT_NONE, "%s", value_name(answer, "text"));
}

static void
show_mode(const struct cli *cli, const json_t *answer)
{
	screen_line(&cli->screen, TINT_NONE, "%s", value_name(answer, "mode"));
}

static int
on_host(const struct cli *cli, const char *op)
{
	return cli_answer(
	    cli, json_pack("{s:s, s:s}", "op", op, "host", cli->operands[0]), show_text);
}

int
cordon_run(const struct cli *cli)
{
	return on_host(cli, "cordon");
}

int
uncordon_run(const struct cli *cli)
{
	return on_host(cli, "uncordon");
}

int
drain_run(const struct cli *cli)
{
	return on_host(cli, "drain");
}

int
undrain_run(const struct cli *cli)
{
	return on_host(cli, "undrain");
}

int
cancel_run(const struct cli *cli)
{
	return cli_answer(cli,
	    json_pack("{s:s, s:s}", "op", "cancel", "order", cli->operands[0]),
	    show_text);
}

int
settle_run(const struct cli *cli)
{
	bool off = cli->is_off != NULL;

	if (off == (cli->runs_on != NULL)) {
		cli_error("settle: say either --runs-on HOST or --is-off HOST");
		return CLI_USAGE;
	}
	return cli_answer(cli,
	    json_pack("{s:s, s:s, s:s}", "op", "settle", "order", cli->operands[0],
		off ? "is_off" : "runs_on", off ? cli->is_off : cli->runs_on),
	    show_text);
}

int
approve_run(const struct cli *cli)
{
	return cli_answer(cli,
	    json_pack("{s:s, s:s}", "op", "approve", "guest", cli->operands[0]),
	    show_text);
}

int
mode_run(const struct cli *cli)
{
	const char *word = cli->operands[0];
	enum mode mode;

	if (!word)
		return cli_answer(cli, json_pack("{s:s}", "op", "mode"), show_mode);
	if (!mode_parse(&mode, word)) {
		cli_error("mode: '%s' is none of observe, advise, act", word);
		return CLI_USAGE;
	}
	return cli_answer(cli,
	    json_pack("{s:s, s:s}", "op", "mode", "set", mode_name(mode)), show_mode);
}
