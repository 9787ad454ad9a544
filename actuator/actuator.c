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
#include "base/program.h"
#include "base/seal.h"

static const char usage[] =
    "usage: lifeboat-actuator [-n] [--print-config] [-c FILE]\n"
    "       lifeboat-actuator --help | --version\n"
    "\n"
    "  -c FILE         configuration (" ETC_DIR "/actuator.conf)\n"
    "  -n              check the configuration and exit\n"
    "  --print-config  print the configuration with all defaults and exit\n";

enum { OPT_ROLE = PROGRAM_OWN };

static const struct option own[] = {
	{ "role", required_argument, NULL, OPT_ROLE },
	{ NULL, 0, NULL, 0 },
};

static void
take(void *to, int option, const char *value)
{
	const char **role = to;

	*role = option == OPT_ROLE ? value : *role;
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
	return PROGRAM_USAGE;
}

/* A sentence that names file, line and key is for a person: it goes out as it is. */
static int
run_conf(const struct program_args *args)
{
	struct actuator_conf conf;
	struct err err = { "cannot start libsodium" };
	int r;

	if (seal_start() < 0 || actuator_conf_read(&conf, args->conf, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return PROGRAM_USAGE;
	}
	if (args->print)
		actuator_conf_print(stdout, &conf);
	if (args->print || args->check)
		return program_printed();
	r = daemon_run(&conf, &err);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "actuator-failed", "why", err.text, NULL);
	return program_status(r);
}

int
main(int argc, char **argv)
{
	const char *role = NULL;
	const struct program program = { "lifeboat-actuator", LIFEBOAT_VERSION, usage,
		own, take, &role, actuator_conf_print_mdoc };
	struct program_args args = { .conf = ETC_DIR "/actuator.conf" };
	int told;

	if (!program_parse(&args, &program, argc, argv))
		return program_misused(&program);
	if (role)
		return run_role(role);
	told = program_tell(&program, &args);
	return told >= 0 ? told : run_conf(&args);
}
