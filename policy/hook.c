#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/oom.h"
#include "base/text.h"
#include "policy/core/core.h"
#include "policy/dispatch.h"
#include "policy/door_answer.h"
#include "policy/hook.h"

enum { VARIABLES = 16, VARIABLE_SIZE = 512, STREAMS = 3, HANDLES = 3 };

/* An event as its process will have it. */
struct note {
	char *line;  /* owned: for its standard input */
	char id[32]; /* the log's, for ours */
	int n;
	char variable[VARIABLES][VARIABLE_SIZE];
};

struct run {
	struct hook *hook;
	struct note *note; /* owned */
	uv_process_t process;
	uv_pipe_t in;
	uv_timer_t limit;
	uv_write_t write;
	int handles; /* open: freed with the last */
	bool killed;
};

struct hook {
	struct engine *engine;
	uv_loop_t *loop;
	uv_timer_t start; /* so that no process begins within a step of the core */
	struct note *queue[HOOK_QUEUE];
	int first, waiting, running;
	struct run *run[HOOK_AT_ONCE];
	uint64_t dropped;
	bool closing;
};

static void start_next(struct hook *h);

static struct note *
note_free(struct note *n)
{
	if (n)
		free(n->line);
	free(n);
	return NULL;
}

static void set(struct note *n, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
set(struct note *n, const char *name, const char *fmt, ...)
{
	char *to = n->variable[n->n];
	int len;
	va_list ap;

	assert(n->n < VARIABLES);
	len = snprintf(to, VARIABLE_SIZE, "%s=", name);
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is started above */
	vsnprintf(to + len, VARIABLE_SIZE - (size_t)len, fmt, ap);
	va_end(ap);
	n->n++;
}

static void
describe(struct note *n, const struct engine *e, const struct action *a, const char *text)
{
	struct host_view v;

	set(n, "LIFEBOAT_TEXT", "%s", text);
	set(n, "LIFEBOAT_MODE", "%s", mode_name(core_mode(e->core)));
	if (a->why != WHY_NONE)
		set(n, "LIFEBOAT_WHY", "%s", why_word(a->why));
	if (core_host(e->core, a->from, &v))
		set(n, "LIFEBOAT_HOST", "%s", v.name);
	if (core_host(e->core, a->to, &v))
		set(n, "LIFEBOAT_TO", "%s", v.name);
	if (a->kind == ACTION_HEALTH)
		set(n, "LIFEBOAT_HEALTH", "%s", health_name(a->health_to));
	if (!uuid_is_nil(&a->guest))
		set(n, "LIFEBOAT_GUEST", "%s", a->name);
	if (a->order.number)
		set(n, "LIFEBOAT_ORDER", "%" PRIu64 ".%" PRIu32, a->order.term,
		    a->order.number);
	if (a->outcome != OUTCOME_NONE)
		set(n, "LIFEBOAT_OUTCOME", "%s", outcome_name(a->outcome));
}

static struct note *
make_note(
    const struct engine *e, const struct action *a, const char *id, const char *text)
{
	struct note *n = calloc(1, sizeof(*n));
	json_t *news = door_news(e, a, id, text);
	char *line = news ? json_dumps(news, JSON_COMPACT) : NULL;

	json_decref(news);
	if (!n || !line || asprintf(&n->line, "%s\n", line) < 0) {
		free(line);
		free(n);
		return NULL;
	}
	free(line);
	text_copy(n->id, sizeof(n->id), id);
	set(n, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	set(n, "LIFEBOAT_EVENT", "%s", id);
	describe(n, e, a, text);
	return n;
}

static bool
is_worth_it(enum action_kind kind)
{
	static const bool worth[ACTION_KINDS] = {
		[ACTION_HEALTH] = true,
		[ACTION_WOULD_MOVE] = true,
		[ACTION_STAYS] = true,
		[ACTION_PREPARE] = true,
		[ACTION_MOVE] = true,
		[ACTION_RESUME] = true,
		[ACTION_CLEAN] = true,
		[ACTION_OUTCOME] = true,
		[ACTION_HOLD] = true,
		[ACTION_RELEASE] = true,
	};

	return worth[kind];
}

static bool
is_on(const struct hook *h)
{
	return strcmp(h->engine->conf->hook, "no") != 0 && !h->closing;
}

static void
on_start(uv_timer_t *timer)
{
	start_next(timer->data);
}

static void
drop(struct hook *h)
{
	if (h->dropped++ == 0)
		log_line(LOG_LEVEL_WARNING, "hook-dropped", "exec", h->engine->conf->hook,
		    "waiting", log_int(h->waiting), NULL);
}

static void
on_action(void *to, const struct engine *e, const struct action *a, const char *id,
    const char *text)
{
	struct hook *h = to;
	struct note *n;

	if (!is_on(h) || !is_worth_it(a->kind))
		return;
	n = h->waiting < HOOK_QUEUE ? make_note(e, a, id, text) : NULL;
	if (!n) {
		drop(h);
		return;
	}
	h->queue[(h->first + h->waiting++) % HOOK_QUEUE] = n;
	uv_timer_start(&h->start, on_start, 0, 0);
}

/*
 * One run
 */

static void
on_closed(uv_handle_t *handle)
{
	struct run *r = handle->data;

	if (--r->handles > 0)
		return;
	note_free(r->note);
	free(r);
}

static void
close_once(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_closed);
}

static void
end_run(struct run *r)
{
	struct hook *h = r->hook;

	for (int i = 0; i < HOOK_AT_ONCE; i++)
		if (h->run[i] == r)
			h->run[i] = NULL;
	h->running--;
	close_once((uv_handle_t *)&r->process);
	close_once((uv_handle_t *)&r->in);
	close_once((uv_handle_t *)&r->limit);
	start_next(h);
}

static void
on_exit_of(uv_process_t *process, int64_t status, int signal_number)
{
	struct run *r = process->data;

	if (r->killed)
		log_line(LOG_LEVEL_WARNING, "hook-killed", "exec",
		    r->hook->engine->conf->hook, "event", r->note->id, NULL);
	else if (status != 0 || signal_number != 0)
		log_line(LOG_LEVEL_WARNING, "hook-failed", "exec",
		    r->hook->engine->conf->hook, "event", r->note->id, "status",
		    log_int(status), "signal",
		    signal_number ? log_int(signal_number) : NULL, NULL);
	end_run(r);
}

/* With all that it has started. */
static void
kill_run(struct run *r)
{
	r->killed = true;
	kill(-r->process.pid, SIGKILL);
}

static void
on_limit(uv_timer_t *timer)
{
	kill_run(timer->data);
}

/* It may as well not read it. */
static void
on_written(uv_write_t *write, int status)
{
	struct run *r = write->data;

	(void)status;
	close_once((uv_handle_t *)&r->in);
}

/*
 * The kernel spares the engine when memory runs out, and must not spare a hook.  A
 * process starts with its parent's score: the engine goes without its own meanwhile.
 */
static int
spawn_unprotected(struct run *r, const uv_process_options_t *options)
{
	int score = 0, failed;
	bool lent = oom_score_get(&score) == 0 && score != 0 && oom_score_set(0) == 0;

	failed = uv_spawn(r->hook->loop, &r->process, options);
	if (lent)
		oom_score_set(score);
	return failed;
}

static int
spawn(struct run *r)
{
	char *exec = r->hook->engine->conf->hook;
	char *args[] = { exec, NULL }, *env[VARIABLES + 1];
	uv_stdio_container_t stdio[STREAMS] = {
		{ .flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
		    .data.stream = (uv_stream_t *)&r->in },
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
	};
	uv_process_options_t options = {
		.exit_cb = on_exit_of,
		.file = exec,
		.args = args,
		.env = env,
		.cwd = "/",
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = STREAMS,
		.stdio = stdio,
	};

	for (int i = 0; i < r->note->n; i++)
		env[i] = r->note->variable[i];
	env[r->note->n] = NULL;
	return spawn_unprotected(r, &options);
}

static void
begin(struct hook *h, struct note *note)
{
	struct run *r = calloc(1, sizeof(*r));
	uv_buf_t buf;
	int failed;

	if (!r) {
		note_free(note);
		return;
	}
	r->hook = h;
	r->note = note;
	r->handles = HANDLES;
	uv_pipe_init(h->loop, &r->in, 0);
	uv_timer_init(h->loop, &r->limit);
	r->process.data = r->in.data = r->limit.data = r->write.data = r;
	for (int i = 0; i < HOOK_AT_ONCE; i++)
		if (!h->run[i]) {
			h->run[i] = r;
			break;
		}
	h->running++;
	failed = spawn(r);
	if (failed) {
		log_line(LOG_LEVEL_ERROR, "hook-not-run", "exec", h->engine->conf->hook,
		    "error", uv_strerror(failed), NULL);
		end_run(r);
		return;
	}
	uv_timer_start(&r->limit, on_limit, (uint64_t)h->engine->conf->hook_ms, 0);
	buf = uv_buf_init(note->line, (unsigned int)strlen(note->line));
	if (uv_write(&r->write, (uv_stream_t *)&r->in, &buf, 1, on_written) < 0)
		close_once((uv_handle_t *)&r->in);
}

static void
start_next(struct hook *h)
{
	while (h->waiting > 0 && h->running < HOOK_AT_ONCE) {
		struct note *n = h->queue[h->first];

		h->queue[h->first] = NULL;
		h->first = (h->first + 1) % HOOK_QUEUE;
		h->waiting--;
		if (is_on(h))
			begin(h, n);
		else
			note_free(n);
	}
	if (h->waiting == 0)
		h->dropped = 0;
}

int
hook_open(struct hook **out, uv_loop_t *loop, struct engine *engine, struct err *err)
{
	struct hook *h = calloc(1, sizeof(*h));

	if (!h)
		return err_set(err, -ENOMEM, "out of memory");
	h->engine = engine;
	h->loop = loop;
	uv_timer_init(loop, &h->start);
	h->start.data = h;
	engine_watch(engine, on_action, h);
	*out = h;
	return 0;
}

void
hook_close(struct hook *h)
{
	if (!h || h->closing)
		return;
	h->closing = true;
	engine_unwatch(h->engine, h);
	for (; h->waiting > 0; h->waiting--) {
		note_free(h->queue[h->first]);
		h->first = (h->first + 1) % HOOK_QUEUE;
	}
	for (int i = 0; i < HOOK_AT_ONCE; i++)
		if (h->run[i]) {
			kill_run(h->run[i]);
			end_run(h->run[i]);
		}
	uv_close((uv_handle_t *)&h->start, NULL);
}

struct hook *
hook_free(struct hook *h)
{
	free(h);
	return NULL;
}
