#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actuator/arrival.h"
#include "actuator/carrier.h"
#include "actuator/conf.h"
#include "actuator/daemon.h"
#include "actuator/look.h"
#include "actuator/mover.h"
#include "actuator/resume.h"
#include "actuator/shim.h"
#include "base/bus.h"
#include "base/child.h"
#include "base/log.h"
#include "base/seal.h"

enum { EXIT_USAGE = 2 };

struct args {
	const char *conf;
	const char *role;
	bool check, print, mdoc, help, version;
};

static const char usage[] =
    "usage: lifeboat-actuator [-n] [--print-config] [-c FILE]\n"
    "       lifeboat-actuator --help | --version\n"
    "\n"
    "  -c FILE         configuration (" ETC_DIR "/actuator.conf)\n"
    "  -n              check the configuration and exit\n"
    "  --print-config  print the configuration with all defaults and exit\n";

static bool
parse_args(struct args *args, int argc, char **argv)
{
	enum { OPT_ROLE = 256, OPT_PRINT, OPT_MDOC, OPT_HELP, OPT_VERSION };
	static const struct option options[] = {
		{ "role", required_argument, NULL, OPT_ROLE },
		{ "print-config", no_argument, NULL, OPT_PRINT },
		{ "print-mdoc", no_argument, NULL, OPT_MDOC },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	/* Its static state is no danger: there is one thread. */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(argc, argv, "c:n", options, NULL)) != -1) {
		args->conf = c == 'c' ? optarg : args->conf;
		args->role = c == OPT_ROLE ? optarg : args->role;
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
run_bus(void)
{
	struct actuator_conf conf;

	if (child_enter(&conf, sizeof(conf), "bus") < 0)
		return EXIT_FAILURE;
	return bus_child(CHILD_FD, &conf.engine, 1, geteuid() == 0 ? conf.user : NULL);
}

/* What stands behind the name of a role: "mover:/run/..." */
static const char *
operand(const char *role, const char *name)
{
	size_t len = strlen(name);

	return strncmp(role, name, len) == 0 && role[len] == ':' ? role + len + 1 : NULL;
}

static int
run_role(const char *role)
{
	static const struct {
		const char *name;
		int (*run)(const char *operand);
	} roles[] = { { "mover", mover_run }, { "shim", shim_run },
		{ "announce", arrival_announce_run }, { "resume", resume_run },
		{ "look", look_run } };

	if (strcmp(role, "bus") == 0)
		return run_bus();
	if (strcmp(role, "carrier") == 0)
		return carrier_child();
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const char *of = operand(role, roles[i].name);
		if (of)
			return roles[i].run(of);
	}
	return EXIT_USAGE;
}

/* A sentence that names file, line and key is for a person: it goes out as it is. */
static int
run_conf(const struct args *args)
{
	struct actuator_conf conf;
	struct err err = { "cannot start libsodium" };
	int r;

	if (seal_start() < 0 || actuator_conf_read(&conf, args->conf, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	if (args->print)
		actuator_conf_print(stdout, &conf);
	if (args->print || args->check)
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	r = daemon_run(&conf, &err);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "actuator-failed", "why", err.text, NULL);
	if (r == -ENOKEY)
		return EXIT_USAGE;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct args args = { .conf = ETC_DIR "/actuator.conf" };

	if (!parse_args(&args, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (args.role)
		return run_role(args.role);
	if (args.help || args.version) {
		fputs(args.help ? usage : "lifeboat-actuator " LIFEBOAT_VERSION "\n",
		    stdout);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (args.mdoc) {
		actuator_conf_print_mdoc(stdout);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	return run_conf(&args);
}
