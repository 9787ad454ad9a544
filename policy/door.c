#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/dispatch.h"
#include "policy/door.h"
#include "policy/door_answer.h"
#include "policy/door_orders.h"

enum {
	CONNECTIONS = 32,
	REQUEST_MAX = 65536,
	UNSENT_MAX = 4 << 20,
	IDLE_MS = 60000,
	SECOND_MS = 1000
};

struct connection {
	uv_pipe_t pipe;
	uv_timer_t idle;
	struct door *door;
	char *in; /* owned, REQUEST_MAX */
	size_t len;
	int open_handles; /* pipe and timer: freed with the last */
	bool watching, progress, closing;
	bool moving; /* its last progress told of a move */
	char by[32]; /* the user at the other end */
};

struct door {
	uv_pipe_t pipe;
	uv_timer_t second; /* runs while somebody wants to see how moves get on */
	int open_handles;
	struct engine *engine;
	struct connection *connection[CONNECTIONS];
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool closed;
};

struct sending {
	uv_write_t write;
	char text[];
};

static void
on_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;

	if (--c->open_handles > 0)
		return;
	free(c->in);
	free(c);
}

static void
hang_up(struct connection *c)
{
	if (c->closing)
		return;
	c->closing = true;
	for (int i = 0; i < CONNECTIONS; i++)
		if (c->door->connection[i] == c)
			c->door->connection[i] = NULL;
	uv_close((uv_handle_t *)&c->pipe, on_closed);
	uv_close((uv_handle_t *)&c->idle, on_closed);
}

static void
on_idle(uv_timer_t *timer)
{
	hang_up(timer->data);
}

static void
on_written(uv_write_t *write, int status)
{
	(void)status;
	free(write->data);
}

/* A peer that does not read is dropped once too much waits for it. */
static void
send_line(struct connection *c, const json_t *answer)
{
	size_t len = json_dumpb(answer, NULL, 0, JSON_COMPACT);
	struct sending *s;
	uv_buf_t buf;

	if (c->closing)
		return;
	s = malloc(sizeof(*s) + len + 1);
	if (!s || len == 0 ||
	    uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > UNSENT_MAX) {
		free(s);
		hang_up(c);
		return;
	}
	json_dumpb(answer, s->text, len, JSON_COMPACT);
	s->text[len] = '\n';
	s->write.data = s;
	buf = uv_buf_init(s->text, (unsigned int)len + 1);
	if (uv_write(&s->write, (uv_stream_t *)&c->pipe, &buf, 1, on_written) < 0) {
		free(s);
		hang_up(c);
	}
}

/* While there are moves, and once more when there are none. */
static void
tell_progress(struct connection *c, const json_t *news, bool moving)
{
	if (moving || c->moving)
		send_line(c, news);
	c->moving = moving;
}

static void
on_second(uv_timer_t *timer)
{
	struct door *d = timer->data;
	json_t *orders = door_moves(d->engine);
	bool moving = json_array_size(orders) > 0, wanted = false;
	json_t *news = json_pack("{s:o}", "orders", orders);

	for (int i = 0; news && i < CONNECTIONS; i++) {
		if (!d->connection[i] || !d->connection[i]->progress)
			continue;
		wanted = true;
		tell_progress(d->connection[i], news, moving);
	}
	json_decref(news);
	if (!wanted)
		uv_timer_stop(timer);
}

static void
take_request(struct connection *c, const char *line, size_t len)
{
	struct door_asker asker = { .now = clock_mono(), .by = c->by };
	json_t *answer = door_answer(c->door->engine, line, len, &asker);

	if (!answer) {
		hang_up(c);
		return;
	}
	send_line(c, answer);
	json_decref(answer);
	if (!c->closing && asker.watch && !c->watching) {
		c->watching = true;
		c->progress = asker.progress;
		uv_timer_stop(&c->idle);
		if (c->progress)
			uv_timer_start(&c->door->second, on_second, SECOND_MS, SECOND_MS);
	}
}

static void
take_lines(struct connection *c)
{
	char *end;

	while (!c->closing && (end = memchr(c->in, '\n', c->len))) {
		size_t line = (size_t)(end - c->in);
		take_request(c, c->in, line);
		if (c->closing)
			return;
		memmove(c->in, end + 1, c->len - line - 1);
		c->len -= line + 1;
		if (!c->watching)
			uv_timer_start(&c->idle, on_idle, IDLE_MS, 0);
	}
	if (!c->closing && c->len == REQUEST_MAX)
		hang_up(c);
}

static void
on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	struct connection *c = handle->data;

	(void)wanted;
	*buf = uv_buf_init(c->in + c->len, (unsigned int)(REQUEST_MAX - c->len));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	(void)buf;
	if (n < 0) {
		hang_up(c);
		return;
	}
	c->len += (size_t)n;
	take_lines(c);
}

/* Who it is is the kernel's word; a name would have to be asked for, and waited for. */
static void
note_user(struct connection *c)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) == 0)
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	snprintf(c->by, sizeof(c->by), cred.uid == 0 ? "root" : "uid %u",
	    (unsigned int)cred.uid);
}

static struct connection **
free_slot(struct door *d)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (!d->connection[i])
			return &d->connection[i];
	return NULL;
}

static void
on_connection(uv_stream_t *server, int status)
{
	struct door *d = server->data;
	struct connection **slot = free_slot(d);
	struct connection *c = calloc(1, sizeof(*c));

	if (status < 0 || !c) {
		free(c);
		return;
	}
	c->door = d;
	c->in = malloc(REQUEST_MAX);
	c->open_handles = 2;
	uv_pipe_init(server->loop, &c->pipe, 0);
	uv_timer_init(server->loop, &c->idle);
	c->pipe.data = c->idle.data = c;
	if (slot)
		*slot = c;
	if (uv_accept(server, (uv_stream_t *)&c->pipe) < 0 || !slot || !c->in ||
	    uv_read_start((uv_stream_t *)&c->pipe, on_room, on_read) < 0) {
		hang_up(c);
		return;
	}
	note_user(c);
	uv_timer_start(&c->idle, on_idle, IDLE_MS, 0);
}

static void
on_action(void *to, const struct engine *e, const struct action *a, const char *id,
    const char *text)
{
	struct door *d = to;
	json_t *news = door_news(e, a, id, text);

	for (int i = 0; news && i < CONNECTIONS; i++)
		if (d->connection[i] && d->connection[i]->watching)
			send_line(d->connection[i], news);
	json_decref(news);
}

/* Somebody answers there: another engine is at work. */
static bool
is_alive(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool alive;

	memcpy(a.sun_path, path, strlen(path) + 1);
	alive = s >= 0 && connect(s, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (s >= 0)
		close(s);
	return alive;
}

int
door_open(struct door **out, uv_loop_t *loop, struct engine *engine, const char *path,
    struct err *err)
{
	struct door *d = calloc(1, sizeof(*d));
	mode_t mask;
	int r;

	if (!d)
		return err_set(err, -ENOMEM, "out of memory");
	if (!text_copy(d->path, sizeof(d->path), path)) {
		free(d);
		return err_set(err, -ENAMETOOLONG, "%s: too long for a socket", path);
	}
	if (is_alive(path)) {
		free(d);
		return err_set(
		    err, -EADDRINUSE, "%s: another engine answers there", path);
	}
	unlink(path);
	d->engine = engine;
	uv_pipe_init(loop, &d->pipe, 0);
	uv_timer_init(loop, &d->second);
	d->pipe.data = d->second.data = d;
	d->open_handles = 2;
	mask = umask(0117);
	r = uv_pipe_bind(&d->pipe, path);
	umask(mask);
	if (r == 0)
		r = uv_listen((uv_stream_t *)&d->pipe, CONNECTIONS, on_connection);
	if (r < 0)
		err_set(err, r, "%s: cannot listen: %s", path, uv_strerror(r));
	engine_watch(engine, on_action, d);
	*out = d;
	return r;
}

static void
on_door_closed(uv_handle_t *handle)
{
	struct door *d = handle->data;

	d->closed = --d->open_handles == 0;
}

void
door_close(struct door *d)
{
	if (!d || uv_is_closing((uv_handle_t *)&d->pipe))
		return;
	engine_unwatch(d->engine, d);
	for (int i = 0; i < CONNECTIONS; i++)
		if (d->connection[i])
			hang_up(d->connection[i]);
	uv_close((uv_handle_t *)&d->pipe, on_door_closed);
	uv_close((uv_handle_t *)&d->second, on_door_closed);
}

struct door *
door_free(struct door *d)
{
	if (d && d->closed)
		free(d);
	return NULL;
}
