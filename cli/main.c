#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/suggest.h"

enum {
	TAKES_DOOR = 1 << 0,
	TAKES_JSON = 1 << 1,
	TAKES_CHECK = 1 << 2,
	TAKES_ALL = 1 << 3,
	TAKES_HOST = 1 << 4, /* --runs-on and --is-off */
};

#define ASKS (TAKES_DOOR | TAKES_JSON)

struct command {
	const char *name, *operands, *summary, *help;
	int min, max; /* operands */
	unsigned takes;
	int (*run)(const struct cli *cli);
};

static const struct command commands[] = {
	/* clang-format off */
	{ "status", "[--check]", "the engine and its pool at a glance",
	  "With --check prints one line with performance data for Nagios and its kin, and exits\n"
	  "with 0 (all is well), 1 (a host is suspect or unknown, or recording or store are\n"
	  "not written), 2 (a host is failing, or a guest has nowhere to go) or 3 (the\n"
	  "engine cannot be asked).\n", 0, 0, ASKS | TAKES_CHECK, status_run },
	{ "hosts", "", "all hosts with their health",
	  "One line a host: its health and for how long, when it was last heard, its guests, load\n"
	  "and free memory, and why it is not sound.\n", 0, 0, ASKS, hosts_run },
	{ "guests", "", "all guests, and where each would go",
	  "One line a guest. TARGETS is how many hosts could take it now; WOULD MOVE TO and STAYS\n"
	  "say what is decided, or why it cannot be moved.\n", 0, 0, ASKS, guests_run },
	{ "why", "HOST|GUEST", "why it is judged so, with all numbers",
	  "Of a host: its health and the reason, where its guests would go, all readings (crossed\n"
	  "ones first), the last decisions. Of a guest: what would happen to it, and every host\n"
	  "ranked or refused with the reason.\n", 1, 1, ASKS, why_run },
	{ "why-not", "GUEST HOST", "why the guest would not go to that host",
	  "One sentence with the numbers, for one guest and one host.\n", 2, 2, ASKS, why_not_run },
	{ "orders", "[--all]", "orders on their way, and how they ended",
	  "One line an order: what it is about and how far it is. With --all the ended ones too,\n"
	  "newest first: how they ended, and what the host said of it.\n", 0, 0, ASKS | TAKES_ALL, orders_run },
	{ "drain", "HOST", "empty the host",
	  "Its guests are moved away, one after the other, and none comes, until 'undrain'. In\n"
	  "mode observe it is only said where they would go.\n", 1, 1, ASKS, drain_run },
	{ "undrain", "HOST", "let the host keep its guests again",
	  "Undoes 'drain'. A move that has begun goes on.\n", 1, 1, ASKS, undrain_run },
	{ "cancel", "ORDER", "stop an order that can still be stopped",
	  "ORDER is written TERM.NUMBER, as in 'orders'. Its guest stays and rests.\n",
	  1, 1, ASKS, cancel_run },
	{ "approve", "GUEST", "let a guest go, in mode advise",
	  "It goes where 'guests' says that it would.\n", 1, 1, ASKS, approve_run },
	{ "settle", "ORDER --WHERE HOST", "say how a held order ended",
	  "When nobody knows where a guest runs, it and both its hosts are held. Look, then say on\n"
	  "which of the two it runs, with --runs-on HOST; or with --is-off HOST that one of them is\n"
	  "off, so that what the other one reports is all there is.\n", 1, 1, ASKS | TAKES_HOST, settle_run },
	{ "cordon", "HOST", "let no guest come to the host",
	  "The host stays cordoned, over restarts of the engine too, until 'uncordon'.\n",
	  1, 1, ASKS, cordon_run },
	{ "uncordon", "HOST", "let guests come to the host again", "Undoes 'cordon'.\n",
	  1, 1, ASKS, uncordon_run },
	{ "mode", "[observe|advise|act]", "print or set the engine's mode",
	  "observe: say what would be done. advise: an operator approves. act: do it.\n",
	  0, 1, ASKS, mode_run },
	{ "watch", "", "print decisions as they are made",
	  "One line a decision, with this machine's wall time, until Ctrl-C. When the engine\n"
	  "restarts, it is asked again every second.\n", 0, 0, ASKS, watch_run },
	{ "genkey", "", "print a new secret key",
	  "In base64, on standard output: umask 077; lifeboat genkey > host.key\n",
	  0, 0, 0, genkey_run },
	{ "pubkey", "", "print the public key of a secret key",
	  "Reads the secret key from standard input: lifeboat pubkey < host.key\n",
	  0, 0, 0, pubkey_run },
	{ "replay", "FILE", "decide a recording anew",
	  "Runs 'lifeboat-policy --replay FILE': prints each recorded event with what the rules\n"
	  "of this version make of it. Needs no engine.\n", 1, 1, 0, replay_run },
	/* clang-format on */
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

struct args {
	const char *color, *timeout;
	bool help, version;
};

static void
print_usage(FILE *f)
{
	fputs("usage: lifeboat [OPTION ...] COMMAND [OPERAND ...]\n\n", f);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-8s %-20s  %s\n", commands[i].name, commands[i].operands,
		    commands[i].summary);
	fputs("\n"
	      "  --door PATH     the engine's socket (/run/lifeboat/door)\n"
	      "  --timeout TIME  how long to wait for an answer (5s)\n"
	      "  --json          print the engine's answer as it is\n"
	      "  --color WHEN    auto (on a terminal), never or always\n"
	      "  --help          this text, or that of a command\n"
	      "  --version\n",
	    f);
}

static void
print_help(const struct command *c)
{
	fprintf(stdout, "usage: lifeboat %s%s%s\n\n%s", c->name,
	    c->operands[0] ? " " : "", c->operands, c->help);
}

static bool
parse_options(struct args *args, struct cli *cli, int argc, char **argv)
{
	enum {
		OPT_DOOR = 256,
		OPT_TIMEOUT,
		OPT_COLOR,
		OPT_JSON,
		OPT_CHECK,
		OPT_VERSION,
		OPT_ALL,
		OPT_RUNS_ON,
		OPT_IS_OFF
	};
	static const struct option options[] = {
		{ "door", required_argument, NULL, OPT_DOOR },
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "color", required_argument, NULL, OPT_COLOR },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "check", no_argument, NULL, OPT_CHECK },
		{ "all", no_argument, NULL, OPT_ALL },
		{ "runs-on", required_argument, NULL, OPT_RUNS_ON },
		{ "is-off", required_argument, NULL, OPT_IS_OFF },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	/* Its static state is no danger: there is one thread. */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		cli->door = c == OPT_DOOR ? optarg : cli->door;
		args->timeout = c == OPT_TIMEOUT ? optarg : args->timeout;
		args->color = c == OPT_COLOR ? optarg : args->color;
		cli->json |= c == OPT_JSON;
		cli->check |= c == OPT_CHECK;
		cli->all |= c == OPT_ALL;
		cli->runs_on = c == OPT_RUNS_ON ? optarg : cli->runs_on;
		cli->is_off = c == OPT_IS_OFF ? optarg : cli->is_off;
		args->help |= c == 'h';
		args->version |= c == OPT_VERSION;
		if (c == '?')
			return false;
	}
	return true;
}

static bool
apply_options(const struct args *args, struct cli *cli)
{
	static const char *const colors[] = { "auto", "never", "always" };
	int color = word_index(args->color, colors, 3);
	int64_t timeout;

	if (color < 0) {
		cli_error("--color: '%s' is none of auto, never, always", args->color);
		return false;
	}
	if (!text_parse_duration(&timeout, args->timeout) || timeout < 1 ||
	    timeout > 3600000) {
		cli_error(
		    "--timeout: '%s' is no time such as 5s, up to 1h", args->timeout);
		return false;
	}
	cli->timeout_ms = (int)timeout;
	screen_init(&cli->screen, stdout, (enum screen_color)color);
	return true;
}

static const struct command *
find_command(const char *name)
{
	const struct command *near = NULL;
	size_t best = SUGGEST_NEAR + 1;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		size_t d = suggest_distance(name, commands[i].name);

		if (d == 0)
			return &commands[i];
		if (d < best) {
			best = d;
			near = &commands[i];
		}
	}
	if (near)
		cli_error("no command '%s'; did you mean '%s'?", name, near->name);
	else
		cli_error("no command '%s'; see 'lifeboat --help'", name);
	return NULL;
}

static bool
fits(const struct command *c, const struct cli *cli, int operands)
{
	if (operands < c->min || operands > c->max) {
		cli_error("usage: lifeboat %s%s%s", c->name, c->operands[0] ? " " : "",
		    c->operands);
		return false;
	}
	if ((cli->json && !(c->takes & TAKES_JSON)) || (cli->json && cli->check)) {
		cli_error(
		    "--json is not for '%s%s'", c->name, cli->check ? " --check" : "");
		return false;
	}
	if (cli->check && !(c->takes & TAKES_CHECK)) {
		cli_error("--check is only for 'status'");
		return false;
	}
	if (cli->all && !(c->takes & TAKES_ALL)) {
		cli_error("--all is only for 'orders'");
		return false;
	}
	if ((cli->runs_on || cli->is_off) && !(c->takes & TAKES_HOST)) {
		cli_error("--runs-on and --is-off are only for 'settle'");
		return false;
	}
	return true;
}

static int
run(int argc, char **argv)
{
	struct args args = { .color = "auto", .timeout = "5s" };
	struct cli cli = { .door = "/run/lifeboat/door" };
	const struct command *command;

	if (!parse_options(&args, &cli, argc, argv) || !apply_options(&args, &cli))
		return CLI_USAGE;
	if (args.version) {
		puts("lifeboat " LIFEBOAT_VERSION);
		return CLI_OK;
	}
	if (optind == argc) {
		print_usage(args.help ? stdout : stderr);
		return args.help ? CLI_OK : CLI_USAGE;
	}
	command = find_command(argv[optind]);
	if (!command)
		return CLI_USAGE;
	if (args.help) {
		print_help(command);
		return CLI_OK;
	}
	cli.operands = argv + optind + 1;
	if (!fits(command, &cli, argc - optind - 1))
		return CLI_USAGE;
	return command->run(&cli);
}

int
main(int argc, char **argv)
{
	int status = run(argc, argv);

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	cli_error("the output could not be written");
	return status == CLI_OK ? CLI_REFUSED : status;
}
