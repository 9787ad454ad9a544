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
