#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"

enum { DELAY_MS = 1000 };

int
child_init(struct child *c, const char *program, const char *role)
{
	memset(c, 0, sizeof(*c));
	c->role = role;
	c->program = program;
	c->fd = -1;
	return record_reader_init(&c->reader);
}

void
child_deinit(struct child *c)
{
	if (c->alive && c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	record_reader_deinit(&c->reader);
}

static void
on_closed(uv_handle_t *handle)
{
	struct child *c = handle->data;

	if (--c->handles > 0)
		return;
	c->alive = false;
	c->on_gone(c, c->why);
}

static void
hang_up(struct child *c)
{
	if (c->fd < 0)
		return;
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
	c->fd = -1;
}

static void
on_exit_status(uv_process_t *process, int64_t status, int signal_number)
{
	struct child *c = process->data;

	c->signal = signal_number;
	if (signal_number != 0)
		snprintf(c->why, sizeof(c->why), "died by signal %d%s", signal_number,
		    signal_number == SIGSYS ? ", at a forbidden system call" : "");
	else
		snprintf(c->why, sizeof(c->why), "ended with status %d", (int)status);
	uv_close((uv_handle_t *)process, on_closed);
	hang_up(c);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct child *c = poll->data;
	uint8_t tag, *data;
	size_t len;
	int r;

	(void)events;
	r = status < 0 ? status : record_reader_fill(&c->reader, c->fd);
	if (r == -EAGAIN)
		return;
	if (r <= 0) {
		child_kill(c);
		hang_up(c);
		return;
	}
	while ((r = record_reader_take(&c->reader, &tag, &data, &len)) > 0) {
		if (!c->killed)
			c->on_record(c, tag, data, len);
		record_reader_drop(&c->reader);
	}
	if (r < 0)
		child_kill(c);
}

static int
spawn(struct child *c, uv_loop_t *loop, int theirs)
{
	char role[64];
	char program[32];
	char *args[] = { program, role, NULL };
	uv_stdio_container_t stdio[CHILD_FD + 1] = {
		{ .flags = UV_IGNORE },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
		{ .flags = UV_INHERIT_FD, .data.fd = theirs },
	};
	uv_process_options_t options = {
		.exit_cb = on_exit_status,
		.file = CHILD_PROGRAM,
		.args = args,
		.stdio_count = CHILD_FD + 1,
		.stdio = stdio,
	};

	snprintf(program, sizeof(program), "%s", c->program);
	snprintf(role, sizeof(role), "--role=%s", c->role);
	c->process.data = c;
	return uv_spawn(loop, &c->process, &options);
}

int
child_start(
    struct child *c, uv_loop_t *loop, const void *conf, size_t size, struct err *err)
{
	char text[128];
	int pair[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		r = -errno;
		return err_set(err, r, "cannot make a socket pair: %s",
		    err_text(text, sizeof(text), r));
	}
	c->reader.len = 0;
	c->killed = false;
	c->signal = 0;
	c->handles = 1;
	c->alive = true;
	r = spawn(c, loop, pair[1]);
	close(pair[1]);
	if (r < 0) {
		close(pair[0]);
		snprintf(c->why, sizeof(c->why), "could not be started");
		uv_close((uv_handle_t *)&c->process, on_closed);
		return err_set(
		    err, r, "cannot be started: %s", err_text(text, sizeof(text), r));
	}

	c->fd = pair[0];
	c->poll.data = c;
	r = uv_poll_init(loop, &c->poll, c->fd);
	if (r < 0) {
		close(c->fd);
		c->fd = -1;
		child_kill(c);
		return err_set(
		    err, r, "cannot be watched: %s", err_text(text, sizeof(text), r));
	}
	c->handles++;
	uv_poll_start(&c->poll, UV_READABLE, on_readable);
	return child_send(c, CHILD_CONF, conf, size);
}

int64_t
child_delay(int64_t delay_ms, int64_t most_ms)
{
	if (delay_ms == 0)
		return DELAY_MS;
	return delay_ms * 2 < most_ms ? delay_ms * 2 : most_ms;
}

int
child_send(struct child *c, uint8_t tag, const void *data, size_t len)
{
	int r;

	if (c->fd < 0 || c->killed)
		return -EPIPE;
	r = record_write(c->fd, tag, data, len);
	if (r < 0)
		child_kill(c);
	return r;
}

void
child_kill(struct child *c)
{
	if (!c->alive || c->killed)
		return;
	c->killed = true;
	uv_process_kill(&c->process, SIGKILL);
}

int
child_enter(void *conf, size_t size, const char *role)
{
	const char *colon = strchr(role, ':');
	char name[16];
	uint8_t tag;
	size_t len;
	int r;

	snprintf(name, sizeof(name), "lb-%.12s", colon ? colon + 1 : role);
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	r = record_read(CHILD_FD, &tag, conf, size, &len);
	if (r < 0)
		return r;
	return tag == CHILD_CONF && len == size ? 0 : -EPROTO;
}
