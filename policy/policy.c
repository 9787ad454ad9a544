#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "policy/core/core.h"
#include "policy/loop.h"
#include "policy/replay.h"

enum { EXIT_USAGE = 2 };

struct args {
	const char *conf;
	const char *replay;
	const char *rules; /* "table" or "dot" */
	bool check, print, mdoc, help, version;
};

static const char usage[] =
    "usage: lifeboat-policy [-n] [--print-config] [-c FILE]\n"
    "       lifeboat-policy --replay FILE | --rules[=dot]\n"
    "       lifeboat-policy --help | --version\n"
    "\n"
    "  -c FILE         configuration (" ETC_DIR "/policy.conf)\n"
    "  -n              check the configuration and exit\n"
    "  --print-config  print the configuration with all defaults and exit\n"
    "  --replay FILE   decide again what a recording or scenario holds\n"
    "  --rules[=dot]   print the rules of a host's health, or their graph\n";

static bool
parse_args(struct args *args, int argc, char **argv)
{
	enum { OPT_PRINT = 256, OPT_REPLAY, OPT_RULES, OPT_HELP, OPT_VERSION, OPT_MDOC };
	static const struct option options[] = {
		{ "print-config", no_argument, NULL, OPT_PRINT },
		{ "print-mdoc", no_argument, NULL, OPT_MDOC }, /* for the manual page */
		{ "replay", required_argument, NULL, OPT_REPLAY },
		{ "rules", optional_argument, NULL, OPT_RULES },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	/* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(argc, argv, "c:n", options, NULL)) != -1) {
		if (c == 'c')
			args->conf = optarg;
		if (c == OPT_REPLAY)
			args->replay = optarg;
		if (c == OPT_RULES)
			args->rules = optarg ? optarg : "table";
		args->check |= c == 'n';
		args->print |= c == OPT_PRINT;
		args->mdoc |= c == OPT_MDOC;
		args->help |= c == OPT_HELP;
		args->version |= c == OPT_VERSION;
		if (c == '?')
			return false;
	}
	return optind == argc;
}

static int
run_replay(const char *path)
{
	struct err err;
	char text[128];
	FILE *f = fopen(path, "re");
	int r;

	if (!f) {
		fprintf(stderr, "lifeboat-policy: %s: %s\n", path,
		    err_text(text, sizeof(text), errno));
		return 1;
	}
	r = replay(f, stdout, &err);
	fclose(f);
	fflush(stdout);
	if (r < 0)
		fprintf(stderr, "lifeboat-policy: %s: %s\n", path, err.text);
	return r < 0 ? 1 : 0;
}

static int
print_rules(const char *how)
{
	bool dot = strcmp(how, "dot") == 0;
	struct rule_view v;

	if (!dot && strcmp(how, "table") != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (dot)
		printf("digraph health {\n");
	else
		printf("The first row that fits decides; if none does, the host stays as "
		       "it is.\n\n"
		       "%-25s %-32s %-9s %-15s %s\n",
		    "from", "when", "to", "why", "sentence");
	for (int i = 0; core_rule(i, &v); i++)
		if (dot)
			printf("\t\"%s\" -> \"%s\" [label=\"%s\"];\n", v.from, v.to,
			    why_word(v.why));
		else
			printf("%-25s %-32s %-9s %-15s %s\n", v.from, v.when, v.to,
			    why_word(v.why), why_sentence(v.why));
	if (dot)
		printf("}\n");
	return 0;
}

static int
serve(struct policy_conf *conf, const char *path)
{
	struct engine *engine;
	struct err err;
	int r = engine_new(&engine, conf, clock_mono(), &err);

	if (r == 0) {
		r = loop_run(engine, path, &err);
		engine_free(engine);
	}
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "engine-failed", "error", err.text, NULL);
	if (r == -ENOKEY)
		return EXIT_USAGE;
	return r < 0 ? 1 : 0;
}

static int
run(const struct args *args)
{
	struct policy_conf *conf;
	struct err err;

	if (args->replay)
		return run_replay(args->replay);
	if (args->rules)
		return print_rules(args->rules);
	if (args->mdoc) {
		policy_conf_print_mdoc(stdout);
		return 0;
	}
	if (policy_conf_read(&conf, args->conf, &err) < 0) {
		fprintf(stderr, "lifeboat-policy: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (args->print)
		policy_conf_print(stdout, conf);
	if (args->print || args->check) {
		policy_conf_free(conf);
		return 0;
	}
	return serve(conf, args->conf);
}

int
main(int argc, char **argv)
{
	struct args args = { .conf = ETC_DIR "/policy.conf" };

	if (!parse_args(&args, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (args.help || args.version) {
		fputs(
		    args.help ? usage : "lifeboat-policy " LIFEBOAT_VERSION "\n", stdout);
		return 0;
	}
	if (seal_start() < 0) {
		fputs("lifeboat-policy: no random numbers to be had\n", stderr);
		return 1;
	}
	return run(&args);
}
