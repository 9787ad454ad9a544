#include "cli/door.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { FIRST_SIZE = 16 * 1024 };

static const char *
hint(int r)
{
	switch (r) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "; is lifeboat-policy running here?";
	case -EACCES:
		return "; only root and the group lifeboat may";
	default:
		return "";
	}
}

int
door_open(struct door *d, const char *path, int timeout_ms, struct err *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval wait = { timeout_ms / 1000, timeout_ms % 1000 * 1000L };
	char why[128];
	int r = 0;

	*d = (struct door)DOOR_NULL;
	if (!text_copy(to.sun_path, sizeof(to.sun_path), path))
		return err_set(
		    err, -ENAMETOOLONG, "the door's path is too long: %.100s", path);
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* A full backlog makes connect() wait: as long as sending may. */
	if (d->fd < 0 ||
	    setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(d->fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		r = errno == EAGAIN ? -ETIMEDOUT : -errno;
		err_set(err, r, "cannot reach the engine at %s: %s%s", path,
		    err_text(why, sizeof(why), r), hint(r));
		door_close(d);
	}
	return r;
}

void
door_close(struct door *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->buf);
	*d = (struct door)DOOR_NULL;
}

static int
send_all(struct door *d, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(d->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int
door_send(struct door *d, json_t *request, struct err *err)
{
	char *line = request ? json_dumps(request, JSON_COMPACT) : NULL;
	char why[128];
	size_t len;
	int r;

	json_decref(request);
	if (!line)
		return err_set(err, -EINVAL, "a name must be UTF-8");
	len = strlen(line);
	if (len >= DOOR_REQUEST_MAX) {
		r = err_set(err, -EMSGSIZE, "the request is too long");
	} else {
		line[len] = '\n'; /* in place of the NUL */
		r = send_all(d, line, len + 1);
		if (r < 0)
			err_set(err, r, "cannot ask the engine: %s",
			    err_text(why, sizeof(why), r));
	}
	free(line);
	return r;
}

/* Room for at least one more byte, unless there are max already. */
static int
make_room(struct door *d, size_t max)
{
	size_t size = d->size ? 2 * d->size : FIRST_SIZE;
	char *buf;

	if (d->len < d->size)
		return 0;
	if (d->size >= max)
		return -EMSGSIZE;
	buf = realloc(d->buf, size < max ? size : max);
	if (!buf)
		return -ENOMEM;
	d->buf = buf;
	d->size = size < max ? size : max;
	return 0;
}

static int
wait_readable(const struct door *d, mono_t until, bool for_ever)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	int64_t left = for_ever ? -1 : mono_since(until, clock_mono());
	int n;

	if (!for_ever && left <= 0)
		return -ETIMEDOUT;
	n = poll(&p, 1, (int)left);
	if (n < 0 && errno != EINTR)
		return -errno;
	return n > 0 ? 1 : 0;
}

/* Until there is a whole line in buf; *line is its length with the newline. */
static int
fill_line(struct door *d, size_t *line, int timeout_ms, size_t max)
{
	mono_t until = mono_add(clock_mono(), timeout_ms);
	size_t seen = 0;

	for (;;) {
		char *end =
		    d->len > seen ? memchr(d->buf + seen, '\n', d->len - seen) : NULL;
		ssize_t n;
		int r;

		if (end) {
			*line = (size_t)(end - d->buf) + 1;
			return 0;
		}
		seen = d->len;
		r = make_room(d, max);
		if (r == 0)
			r = wait_readable(d, until, timeout_ms < 0);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		n = read(d->fd, d->buf + d->len, d->size - d->len);
		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EINTR)
			return -errno;
		d->len += n > 0 ? (size_t)n : 0;
	}
}

static int
say_read_error(struct err *err, int r)
{
	char why[128];

	switch (r) {
	case -EPIPE:
		return err_set(err, r, "the engine closed the connection");
	case -ETIMEDOUT:
		return err_set(err, r, "the engine does not answer");
	case -EMSGSIZE:
		return err_set(err, r, "the engine's answer is too long");
	default:
		return err_set(err, r, "cannot read the engine's answer: %s",
		    err_text(why, sizeof(why), r));
	}
}

int
door_next(struct door *d, json_t **out, int timeout_ms, size_t max, struct err *err)
{
	size_t line = 0;
	int r;

	if (d->used > 0) {
		d->len -= d->used;
		memmove(d->buf, d->buf + d->used, d->len);
		d->used = 0;
	}
	r = fill_line(d, &line, timeout_ms, max);
	if (r < 0)
		return say_read_error(err, r);
	d->used = line;
	*out = json_loadb(d->buf, line, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		return err_set(err, -EPROTO, "what answers at the door is no engine");
	}
	return 0;
}

int
door_ask(
    struct door *d, json_t *request, json_t **answer, int timeout_ms, struct err *err)
{
	json_t *got = NULL;
	const json_t *ok;
	const char *error;
	int r = door_send(d, request, err);

	if (r == 0)
		r = door_next(d, &got, timeout_ms, DOOR_ANSWER_MAX, err);
	if (r < 0)
		return r;
	ok = json_object_get(got, "ok");
	error = json_string_value(json_object_get(got, "error"));
	if (json_is_true(ok)) {
		json_object_del(got, "ok");
		*answer = got;
		return 0;
	}
	if (json_is_false(ok) && error)
		r = err_set(err, DOOR_E_REFUSED, "%s", error);
	else
		r = err_set(err, -EPROTO, "what answers at the door is no engine");
	json_decref(got);
	return r;
}
