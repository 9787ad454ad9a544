/*
 * Runs transcripts: what the core says under each event must be what the file says.
 * Each is also written again with trace_event and read back, which must lead a second
 * core to the same state.  UPDATE=1 in the environment rewrites the files for review.
 * --every-why: the files together must mention every reason the core can give.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "policy/replay.h"

enum { HOSTS = 64, ORDERS = 64 };

static struct event event;
static struct actions actions, actions_again;

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f || getdelim(&text, &size, '\0', f) < 0) {
		perror(path);
		exit(1);
	}
	fclose(f);
	return text;
}

/* The first line that differs, for people. */
static void
show_difference(const char *path, const char *want, const char *got)
{
	int line = 1;

	while (*want && *want == *got) {
		line += *want == '\n';
		want++;
		got++;
	}
	while (line > 1 && want[-1] != '\n') {
		want--;
		got--;
	}
	fprintf(stderr, "%s:%d: expected\n%.*s\ngot\n%.*s\n", path, line,
	    (int)strcspn(want, "\n"), want, (int)strcspn(got, "\n"), got);
}

static void
sum(void *to, const void *data, size_t len)
{
	uint64_t *hash = to;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ ((const uint8_t *)data)[i]) * 1099511628211U;
}

static uint64_t
state_of(const struct core *core)
{
	uint64_t hash = 14695981039346656037U;

	core_encode(core, sum, &hash);
	return hash;
}

/* An event written and read back must lead to the same state. */
static int
same_after_writing(
    struct trace *t, struct core *core, struct core *again, const char *line)
{
	struct err err;
	char *text = NULL;
	size_t size;
	FILE *f;
	int r = trace_parse(t, &event, core, (mono_t){ 0 }, line, &err);

	if (r != 0)
		return 0;
	f = open_memstream(&text, &size);
	trace_event(t, f, core, (mono_t){ 0 }, &event);
	fclose(f);
	core_step(core, &event, &actions);
	r = trace_parse(t, &event, again, (mono_t){ 0 }, text, &err);
	if (r == 0)
		core_step(again, &event, &actions_again);
	if (r != 0 || state_of(core) != state_of(again)) {
		fprintf(stderr, "written and read back it is another event:\n%s%s%s\n",
		    line, text, r < 0 ? err.text : "");
		r = -1;
	}
	free(text);
	return r;
}

static int
check_writing(char *text)
{
	struct core_limits limits = { HOSTS, ORDERS };
	struct trace *t;
	struct core *core, *again;
	char *saved;
	int r = 0;

	if (trace_new(&t) < 0 || core_new(&core, &limits) < 0 ||
	    core_new(&again, &limits) < 0)
		return -1;
	for (char *l = strtok_r(text, "\n", &saved); l && r == 0;
	     l = strtok_r(NULL, "\n", &saved))
		r = same_after_writing(t, core, again, l);
	core_free(core);
	core_free(again);
	trace_free(t);
	return r;
}

static int
run(const char *path)
{
	char *want = read_file(path), *got = NULL;
	struct err err = { "" };
	size_t size;
	FILE *in = fmemopen(want, strlen(want), "r");
	FILE *out = open_memstream(&got, &size);
	int r = replay(in, out, &err);

	fclose(in);
	fclose(out);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
	} else if (getenv("UPDATE")) { /* NOLINT(concurrency-mt-unsafe): one thread */
		FILE *f = fopen(path, "w");
		r = f && fputs(got, f) >= 0 && fclose(f) == 0 ? 0 : -1;
	} else if (strcmp(want, got) != 0) {
		show_difference(path, want, got);
		r = -1;
	}
	if (r == 0)
		r = check_writing(want);
	free(want);
	free(got);
	return r;
}

static int
every_why(int n, char **paths)
{
	static bool seen[WHYS];
	int missing = 0;

	for (int i = 0; i < n; i++) {
		char *text = read_file(paths[i]);
		for (int w = WHY_NONE + 1; w < WHYS; w++) {
			const char *word = why_word((enum why)w);
			const char *at = text;
			while (!seen[w] && (at = strstr(at, word))) {
				char before = at > text ? at[-1] : ' ';
				char after = at[strlen(word)];
				seen[w] = strchr("( ", before) && after &&
					  strchr("):;,", after);
				at++;
			}
		}
		free(text);
	}
	/* A line of text cannot carry more sensors or guests than there is room for, and
	 * the orders run out only beyond the in-flight limits: unit tests have these. */
	seen[WHY_TOO_MANY_SENSORS] = seen[WHY_TOO_MANY_GUESTS] =
	    seen[WHY_TOO_MANY_ORDERS] = true;
	for (int w = WHY_NONE + 1; w < WHYS; w++)
		if (!seen[w]) {
			fprintf(stderr, "no scenario for %s: %s\n", why_word((enum why)w),
			    why_sentence((enum why)w));
			missing++;
		}
	return missing ? -1 : 0;
}

int
main(int argc, char **argv)
{
	int r = 0;

	if (argc < 2 || seal_start() < 0)
		return 2;
	if (strcmp(argv[1], "--every-why") == 0)
		return every_why(argc - 2, argv + 2) < 0;
	for (int i = 1; i < argc; i++)
		r |= run(argv[i]);
	return r != 0;
}
