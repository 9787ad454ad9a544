#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "base/seal.h"
#include "policy/core/core.h"
#include "policy/loop.h"
#include "policy/replay.h"

struct own_args {
	const char *replay;
	const char *rules; /* "table" or "dot" */
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

enum { OPT_REPLAY = PROGRAM_OWN, OPT_RULES };

static const struct option own[] = {
	{ "replay", required_argument, NULL, OPT_REPLAY },
	{ "rules", optional_argument, NULL, OPT_RULES },
	{ NULL, 0, NULL, 0 },
};

static void
take(void *to, int option, const char *value)
{
	struct own_args *args = to;

	if (option == OPT_REPLAY)
		args->replay = value;
	if (option == OPT_RULES)
		args->rules = value ? value : "table";
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
		return PROGRAM_USAGE;
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
	return program_status(r);
}

static int
run_conf(const struct program_args *args)
{
	struct policy_conf *conf;
	struct err err;

	if (policy_conf_read(&conf, args->conf, &err) < 0) {
		fprintf(stderr, "lifeboat-policy: %s\n", err.text);
		return PROGRAM_USAGE;
	}
	if (args->print)
		policy_conf_print(stdout, conf);
	if (args->print || args->check) {
		policy_conf_free(conf);
		return program_printed();
	}
	return serve(conf, args->conf);
}

int
main(int argc, char **argv)
{
	struct own_args more = { NULL, NULL };
	const struct program program = { "lifeboat-policy", LIFEBOAT_VERSION, usage, own,
		take, &more, policy_conf_print_mdoc };
	struct program_args args = { .conf = ETC_DIR "/policy.conf" };
	int told;

	if (!program_parse(&args, &program, argc, argv))
		return program_misused(&program);
	told = program_tell(&program, &args);
	if (told >= 0)
		return told;
	if (seal_start() < 0) {
		fputs("lifeboat-policy: no random numbers to be had\n", stderr);
		return 1;
	}
	if (more.replay)
		return run_replay(more.replay);
	if (more.rules)
		return print_rules(more.rules);
	return run_conf(&args);
}
