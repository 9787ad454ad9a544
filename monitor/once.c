#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/wire.h"
#include "monitor/conf.h"
#include "monitor/once.h"
#include "monitor/probe.h"
#include "monitor/report.h"

struct run {
	pid_t pid; /* 0: not started */
	int fd;    /* -1 */
	struct wire_arena arena;
	uint8_t *body; /* FRAME_BODY_MAX bytes */
	size_t body_len;
};

static void
exec_probe(int fd, enum probe_id id)
{
	char role[32];
	char program[] = "lifeboat-monitor", once[] = "--once";
	char *argv[] = { program, role, once, NULL };

	snprintf(role, sizeof(role), "--role=probe:%s", probe_name(id));
	/* dup2 of a descriptor onto itself would leave it to be closed. */
	if (fd == CHILD_FD ? fcntl(fd, F_SETFD, 0) == 0 : dup2(fd, CHILD_FD) == CHILD_FD)
		execv(CHILD_PROGRAM, argv);
	_exit(EXIT_FAILURE);
}

/* 0, or -errno: it was not started, or has ended already. */
static int
start(struct run *run, enum probe_id id, const struct monitor_conf *conf)
{
	int pair[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	run->pid = fork();
	if (run->pid == 0)
		exec_probe(pair[1], id);
	close(pair[1]);
	if (run->pid < 0) {
		r = -errno;
		run->pid = 0;
		close(pair[0]);
		return r;
	}
	run->fd = pair[0];
	r = record_write(run->fd, CHILD_CONF, conf, sizeof(*conf));
	return r < 0 ? r : record_write(run->fd, PROBE_SWEEP_CATALOGUE, NULL, 0);
}

/* 1 and a record, or -ETIMEDOUT, -EPIPE, -EPROTO. */
static int
take_record(
    struct run *run, struct record_reader *reader, mono_t until, struct report_part *part)
{
	uint8_t tag, *data;
	size_t len;
	int r = 0;

	while (r == 0) {
		struct pollfd ready = { .fd = run->fd, .events = POLLIN };
		int64_t left = mono_since(until, clock_mono());

		if (poll(&ready, 1, left > 0 ? (int)left : 0) == 0)
			return -ETIMEDOUT;
		if (record_reader_fill(reader, run->fd) <= 0)
			return -EPIPE;
		r = record_reader_take(reader, &tag, &data, &len);
	}
	if (r < 0 || tag != PROBE_ANSWER || len < PROBE_ANSWER_HEAD)
		return -EPROTO;
	*part = (struct report_part){ data + PROBE_ANSWER_HEAD, len - PROBE_ANSWER_HEAD };
	return 1;
}

static void
keep_body(void *ctx, const uint8_t *body, size_t len)
{
	struct run *run = ctx;

	(void)body;
	run->body_len = len;
}

/* 0 and the report, decoded and validated as an engine would; or -errno. */
static int
await(struct run *run, mono_t until, const Lifeboat__Report **report)
{
	struct record_reader reader = RECORD_READER_NULL;
	struct report_own own = { .uptime_ms = 0 };
	struct report_parts parts = { .n = 1 };
	Lifeboat__Report *decoded;
	const char *what;
	int r = record_reader_init(&reader);

	if (r == 0)
		r = take_record(run, &reader, until, &parts.part[0]);
	if (r < 0)
		goto out;
	r = -EPROTO;
	if (report_join(&own, &parts, run->body, keep_body, run) != 1)
		goto out;
	if (wire_report(&decoded, &run->arena, run->body, run->body_len, &what) !=
		FRAME_OK ||
	    decoded->n_probes != 1)
		goto out;
	*report = decoded;
	r = 0;
out:
	record_reader_deinit(&reader);
	return r;
}

static void
judge(struct once *once, enum probe_id id, int r)
{
	char *why = once->why[id], text[128];
	const size_t size = sizeof(once->why[id]);

	if (r == 0) {
		once->state[id] = (enum probe_state)once->report[id]->probes[0]->state;
		once_plain(why, size, once->report[id]->probes[0]->why);
	} else if (r == -ETIMEDOUT) {
		once->state[id] = PROBE_HUNG;
		snprintf(why, size, "no answer before the deadline");
	} else {
		once->state[id] = PROBE_FAILED;
		if (r == -EPROTO)
			snprintf(why, size, "gave an answer that is not valid");
		else if (r == -EPIPE)
			snprintf(why, size, "died");
		else
			snprintf(why, size, "cannot be started: %s",
			    err_text(text, sizeof(text), r));
	}
}

/* One in an uninterruptible call outlives SIGKILL: it is not waited for. */
static void
finish(struct run *run)
{
	if (run->fd >= 0)
		close(run->fd);
	if (run->pid > 0) {
		kill(run->pid, SIGKILL);
		waitpid(run->pid, NULL, WNOHANG);
	}
	free(run->body);
	wire_arena_deinit(&run->arena);
}

static bool
file_has(const char *path, const char *text)
{
	char line[256];
	bool found = false;
	FILE *f = fopen(path, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return found;
}

const char *
once_heat(const struct once *once, bool intel, bool xen)
{
	static const char chip[] = "coretemp";
	const Lifeboat__Report *report = once->report[PROBE_SENSORS];

	if (!intel || !xen)
		return NULL;
	for (size_t i = 0; report && i < report->n_catalogues; i++) {
		const Lifeboat__Catalogue *c = report->catalogues[i];

		for (size_t j = 0; j < c->n_sensors; j++) {
			if (strncmp(c->sensors[j]->name, chip, sizeof(chip) - 1) == 0)
				return NULL;
		}
	}
	return "CPU heat is invisible here: Xen hides Intel's thermal sensors from dom0. "
	       "What would show it: the BMC (IPMI), a Super-I/O chip's driver, and from "
	       "Xen 4.22 'xenpm get-core-temp'.";
}

int
once_run(bool json)
{
	struct monitor_conf conf;
	struct run runs[PROBES];
	struct once once = { .heat = NULL };
	int started[PROBES];
	mono_t until;
	int r = 0;

	monitor_conf_default(&conf);
	signal(SIGPIPE, SIG_IGN);
	for (enum probe_id id = 0; id < PROBES; id++)
		runs[id] = (struct run){ .fd = -1, .arena = WIRE_ARENA_NULL };
	for (enum probe_id id = 0; id < PROBES && r == 0; id++) {
		runs[id].body = malloc(FRAME_BODY_MAX);
		r = runs[id].body ? wire_arena_init(&runs[id].arena) : -ENOMEM;
	}
	if (r < 0)
		goto out;

	for (enum probe_id id = 0; id < PROBES; id++)
		started[id] = start(&runs[id], id, &conf);
	until = mono_add(clock_mono(), conf.deadline_ms);
	for (enum probe_id id = 0; id < PROBES; id++)
		judge(&once, id,
		    started[id] < 0 ? started[id]
				    : await(&runs[id], until, &once.report[id]));

	once.heat = once_heat(&once, file_has("/proc/cpuinfo", "GenuineIntel"),
	    file_has("/sys/hypervisor/type", "xen"));
	if (json)
		r = once_print_json(stdout, &once);
	else
		once_print_text(stdout, &once);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = -EIO;
out:
	for (enum probe_id id = 0; id < PROBES; id++)
		finish(&runs[id]);
	return r;
}
