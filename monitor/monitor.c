#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bus.h"
#include "base/child.h"
#include "base/log.h"
#include "base/seal.h"
#include "monitor/daemon.h"
#include "monitor/once.h"
#include "monitor/probe.h"

enum { EXIT_USAGE = 2 };

struct args {
	const char *conf;
	const char *role;
	bool check, print, mdoc, once, json, help, version;
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

static bool
parse_args(struct args *args, int argc, char **argv)
{
	enum {
		OPT_ROLE = 256,
		OPT_PRINT,
		OPT_MDOC,
		OPT_ONCE,
		OPT_JSON,
		OPT_HELP,
		OPT_VERSION
	};
	static const struct option options[] = {
		{ "role", required_argument, NULL, OPT_ROLE },
		{ "print-config", no_argument, NULL, OPT_PRINT },
		{ "print-mdoc", no_argument, NULL, OPT_MDOC }, /* for the manual page */
		{ "once", no_argument, NULL, OPT_ONCE },
		{ "json", no_argument, NULL, OPT_JSON },
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
		args->once |= c == OPT_ONCE;
		args->json |= c == OPT_JSON;
		args->help |= c == OPT_HELP;
		args->version |= c == OPT_VERSION;
		if (c == '?')
			return false;
	}
	return optind == argc && (!args->json || args->once);
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
	return EXIT_USAGE;
}

/* A sentence that names file, line and key is for a person: it goes out as it is. */
static int
run_conf(const struct args *args)
{
	struct monitor_conf conf;
	struct err err = { "cannot start libsodium" };
	int r;

	if (seal_start() < 0 || monitor_conf_read(&conf, args->conf, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_USAGE;
	}
	if (args->print)
		monitor_conf_print(stdout, &conf);
	if (args->print || args->check)
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	r = daemon_run(&conf, &err);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "monitor-failed", "why", err.text, NULL);
	if (r == -ENOKEY)
		return EXIT_USAGE;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct args args = { .conf = ETC_DIR "/monitor.conf" };

	if (!parse_args(&args, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (args.role)
		return run_role(args.role, args.once);
	if (args.help || args.version) {
		fputs(args.help ? usage : "lifeboat-monitor " LIFEBOAT_VERSION "\n",
		    stdout);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (args.mdoc) {
		monitor_conf_print_mdoc(stdout);
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	if (args.once)
		return once_run(args.json) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	return run_conf(&args);
}
