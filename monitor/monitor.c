#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bus.h"
#include "base/child.h"
#include "base/log.h"
#include "base/program.h"
#include "base/seal.h"
#include "monitor/daemon.h"
#include "monitor/once.h"
#include "monitor/probe.h"

struct own_args {
	const char *role;
	bool once, json;
};

static const char usage[] =
    "usage: lifeboat-monitor [-n] [--print-config] [-c FILE]\n"
    "       lifeboat-monitor --once [--json]\n"
    "       lifeboat-monitor --help | --version\n"
    "\n"
    "  -c FILE         configuration (" ETC_DIR "/monitor.conf)\n"
    "  -n              check the configuration and exit\n"
    "  --print-config  print the configuration with all defaults and exit\n"
    "  --once          print what this machine offers and exit; needs no\n"
    "                  configuration, key or engine\n"
    "  --json          with --once: as JSON\n";

enum { OPT_ROLE = PROGRAM_OWN, OPT_ONCE, OPT_JSON };

static const struct option own[] = {
	{ "role", required_argument, NULL, OPT_ROLE },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ NULL, 0, NULL, 0 },
};

static void
take(void *to, int option, const char *value)
{
	struct own_args *args = to;

	args->role = option == OPT_ROLE ? value : args->role;
	args->once |= option == OPT_ONCE;
	args->json |= option == OPT_JSON;
}

static enum probe_id
find_probe(const char *name)
{
	enum probe_id id = 0;

	while (id < PROBES && strcmp(probe_name(id), name) != 0)
		id++;
	return id;
}

static int
run_role(const char *role, bool once)
{
	static const char probe_role[] = "probe:";
	struct monitor_conf conf;

	if (child_enter(&conf, sizeof(conf), role) < 0)
		return EXIT_FAILURE;
	if (strcmp(role, "bus") == 0)
		return bus_child(
		    CHILD_FD, &conf.engine, 1, geteuid() == 0 ? conf.user : NULL);
	if (strncmp(role, probe_role, sizeof(probe_role) - 1) == 0) {
		enum probe_id id = find_probe(role + sizeof(probe_role) - 1);

		if (once)
			log_set_level(LOG_LEVEL_ERROR);
		if (id < PROBES)
			return probe_child(probe_by_id(id), &conf, CHILD_FD);
	}
	return PROGRAM_USAGE;
}

/* A sentence that names file, line and key is for a person: it goes out as it is. */
static int
run_conf(const struct program_args *args)
{
	struct monitor_conf conf;
	struct err err = { "cannot start libsodium" };
	int r;

	if (seal_start() < 0 || monitor_conf_read(&conf, args->conf, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return PROGRAM_USAGE;
	}
	if (args->print)
		monitor_conf_print(stdout, &conf);
	if (args->print || args->check)
		return program_printed();
	r = daemon_run(&conf, &err);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "monitor-failed", "why", err.text, NULL);
	return program_status(r);
}

int
main(int argc, char **argv)
{
	struct own_args more = { NULL, false, false };
	const struct program program = { "lifeboat-monitor", LIFEBOAT_VERSION, usage, own,
		take, &more, monitor_conf_print_mdoc };
	struct program_args args = { .conf = ETC_DIR "/monitor.conf" };
	int told;

	if (!program_parse(&args, &program, argc, argv) || (more.json && !more.once))
		return program_misused(&program);
	if (more.role)
		return run_role(more.role, more.once);
	told = program_tell(&program, &args);
	if (told >= 0)
		return told;
	if (more.once)
		return once_run(more.json) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	return run_conf(&args);
}
