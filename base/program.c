#include "base/program.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_PRINT = 256, OPT_MDOC, OPT_HELP, OPT_VERSION };
enum { OPTIONS = 16 /* of a daemon and of all, and the row that ends them */ };

static const struct option common[] = {
	{ "print-config", no_argument, NULL, OPT_PRINT },
	{ "print-mdoc", no_argument, NULL, OPT_MDOC },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
};

bool
program_parse(
    struct program_args *args, const struct program *program, int argc, char **argv)
{
	struct option all[OPTIONS] = { { NULL, 0, NULL, 0 } };
	size_t n = sizeof(common) / sizeof(common[0]);
	int c;

	memcpy(all, common, sizeof(common));
	for (const struct option *own = program->own; own->name; own++) {
		assert(n + 1 < OPTIONS);
		all[n++] = *own;
	}

	/* Its static state is no danger: there is one thread. */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((c = getopt_long(argc, argv, "c:n", all, NULL)) != -1) {
		if (c == '?')
			return false;
		if (c >= PROGRAM_OWN)
			program->take(program->to, c, optarg);
		args->conf = c == 'c' ? optarg : args->conf;
		args->check |= c == 'n';
		args->print |= c == OPT_PRINT;
		args->mdoc |= c == OPT_MDOC;
		args->help |= c == OPT_HELP;
		args->version |= c == OPT_VERSION;
	}
	return optind == argc;
}

int
program_misused(const struct program *program)
{
	fputs(program->usage, stderr);
	return PROGRAM_USAGE;
}

int
program_tell(const struct program *program, const struct program_args *args)
{
	if (args->help)
		fputs(program->usage, stdout);
	else if (args->version)
		printf("%s %s\n", program->name, program->version);
	else if (args->mdoc)
		program->print_mdoc(stdout);
	else
		return -1;
	return program_printed();
}

int
program_printed(void)
{
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
program_status(int r)
{
	if (r == -ENOKEY)
		return PROGRAM_USAGE;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
