/*
 * Runs transcripts: what the core says under each event must be what the file says.
 * A second core hears of each event only as trace_event writes it, and must do the same.
 * UPDATE=1 in the environment rewrites the files for review.
 * --every-why: the files together must make the core give every reason that it can.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "policy/replay.h"
#include "tests/lib/core_state.h"

static struct event again;
static struct actions actions_again;

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f || getdelim(&text, &size, '\0', f) < 0) {
		perror(path);
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
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

/*
 * A second core that hears of each event only through its text.
 */
struct echo {
	struct trace *t;
	struct core *core;
	char *line; /* owned: the last event as it was written */
	mono_t last;
	bool seen[WHYS]; /* in actions */
};

static int
echo_begin(void *to, const struct core *core)
{
	struct echo *e = to;

	e->core = core_free(e->core);
	e->last = (mono_t){ 0 };
	return core_copy(&e->core, core);
}

static int
echo_event(void *to, const struct core *core, const struct event *event)
{
	struct echo *e = to;
	struct err err = { "" };
	size_t size;
	FILE *f;
	int r;

	if (event->now.ms < e->last.ms) {
		fprintf(stderr, "time runs backwards\n");
		return -EINVAL;
	}
	e->last = event->now;
	free(e->line);
	e->line = NULL;
	f = open_memstream(&e->line, &size);
	if (!f)
		return -ENOMEM;
	trace_event(e->t, f, core, event);
	fclose(f);
	r = trace_parse(e->t, &again, e->core, e->line, &err);
	if (r == 0)
		return 0;
	fprintf(stderr, "cannot be read back: %s: %s", err.text, e->line);
	return -EINVAL;
}

static bool
same_actions(const struct core *core, const struct actions *a, const struct actions *b)
{
	char one[4096], other[4096];
	bool same = a->n == b->n;

	for (int i = 0; same && i < a->n; i++) {
		trace_prose(one, sizeof(one), core, &a->action[i]);
		trace_prose(other, sizeof(other), core, &b->action[i]);
		same = strcmp(one, other) == 0;
	}
	return same;
}

static int
echo_actions(void *to, const struct core *core, const struct actions *actions)
{
	struct echo *e = to;

	core_step(e->core, &again, &actions_again);
	for (int i = 0; i < actions->n; i++) {
		const struct action *a = &actions->action[i];
		e->seen[a->why] = true;
		for (int g = 0; g < GATES; g++)
			e->seen[GATE_FIRST + g] |= a->refused[g] > 0;
	}
	if (core_state_sum(core) == core_state_sum(e->core) &&
	    same_actions(core, actions, &actions_again))
		return 0;
	fprintf(stderr, "read back it is another event: %s", e->line);
	return -EINVAL;
}

/* The transcript again, with what the core says now: to be freed. */
static int
run_again(const char *text, char **got, struct echo *e, struct err *err)
{
	const struct replay_watch watch = { e, echo_begin, echo_event, echo_actions };
	size_t size;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	FILE *out = open_memstream(got, &size);
	int r;

	if (!in || !out || trace_new(&e->t) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	r = replay_watched(in, out, &watch, err);
	fclose(in);
	fclose(out);
	e->core = core_free(e->core);
	e->t = trace_free(e->t);
	free(e->line);
	e->line = NULL;
	return r;
}

static bool
is_update(void)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	const char *update = getenv("UPDATE");

	return update && *update;
}

static int
run(const char *path)
{
	static struct echo echo;
	char *want = read_file(path), *got = NULL;
	struct err err = { "" };
	int r = run_again(want, &got, &echo, &err);

	if (r < 0) {
		fprintf(stderr, "%s: %s\n", path, err.text);
	} else if (is_update()) {
		FILE *f = fopen(path, "w");
		r = f && fputs(got, f) >= 0 && fclose(f) == 0 ? 0 : -1;
	} else if (strcmp(want, got) != 0) {
		show_difference(path, want, got);
		r = -1;
	}
	free(want);
	free(got);
	return r;
}

static int
every_why(int n, char **paths)
{
	static struct echo echo;
	struct err err = { "" };
	int missing = 0;

	for (int i = 0; i < n; i++) {
		char *text = read_file(paths[i]), *got = NULL;
		int r = run_again(text, &got, &echo, &err);
		free(text);
		free(got);
		if (r < 0)
			return r;
	}
	for (int w = WHY_NONE + 1; w < WHYS; w++) {
		if (echo.seen[w])
			continue;
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
