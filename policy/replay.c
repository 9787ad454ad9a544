#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/replay.h"
#include "policy/trace_internal.h"

/* What a scenario's core has room for, and what a head is cut into. */
enum { SCENARIO_HOSTS = 64, SCENARIO_ORDERS = 64, CHUNK = 6144, SNAPSHOT_MAX = 1 << 30 };

struct bytes {
	uint8_t *data; /* owned */
	size_t len, room;
	bool failed;
};

static void
append(void *to, const void *data, size_t len)
{
	struct bytes *b = to;
	uint8_t *more;
	size_t room = b->room ? b->room : 65536;

	while (room < b->len + len && room < SNAPSHOT_MAX)
		room *= 2;
	if (b->failed || b->len + len > room) {
		b->failed = true;
		return;
	}
	if (room != b->room) {
		more = realloc(b->data, room);
		if (!more) {
			b->failed = true;
			return;
		}
		b->data = more;
		b->room = room;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
replay_write_head(FILE *f, const struct trace *t, const struct core *core)
{
	struct bytes b = { NULL, 0, 0, false };
	char text[CHUNK / 3 * 4 + 8], word[4 * DISK_SIZE];

	core_encode(core, append, &b);
	if (b.failed)
		b.len = 0;
	fprintf(f, "recording core=%d hosts=%" PRId32 " orders=%" PRId32 " bytes=%zu\n",
	    CORE_VERSION, core_room(core).hosts, core_room(core).orders, b.len);
	for (size_t at = 0; at < b.len; at += CHUNK) {
		size_t n = b.len - at < CHUNK ? b.len - at : CHUNK;
		sodium_bin2base64(
		    text, sizeof(text), b.data + at, n, sodium_base64_VARIANT_ORIGINAL);
		fprintf(f, "snapshot %s\n", text);
	}
	free(b.data);
	for (size_t i = 0; i < TRACE_NAMES; i++)
		if (t->name[i])
			fprintf(
			    f, "name %s\n", text_escape(word, sizeof(word), t->name[i]));
}

struct replay {
	struct trace *t;
	struct core *core;
	struct event *event;
	struct actions *actions;
	struct bytes snapshot;
	size_t expected; /* bytes of the snapshot still to come, then 0 */
	bool begun;      /* an event has been stepped */
	const struct replay_watch *watch;
	FILE *out;
	struct err *err;
};

static int
renew_core(struct replay *r, const struct core_limits *limits)
{
	r->begun = false;
	r->core = core_free(r->core);
	return core_new(&r->core, limits);
}

/* " key=NUMBER" at *at, which is moved behind it. */
static bool
take_number(const char **at, const char *key, uint64_t *out, uint64_t max)
{
	size_t len = strlen(key);
	char *end;

	if (strncmp(*at, key, len) != 0 || (*at)[len] < '0' || (*at)[len] > '9')
		return false;
	errno = 0;
	*out = strtoull(*at + len, &end, 10);
	*at = end;
	return errno == 0 && *out <= max;
}

/* " hosts=64 orders=64" */
static bool
take_limits(const char **at, struct core_limits *limits)
{
	uint64_t hosts, orders;

	if (!take_number(at, " hosts=", &hosts, 65536) ||
	    !take_number(at, " orders=", &orders, 1024))
		return false;
	*limits = (struct core_limits){ (int32_t)hosts, (int32_t)orders };
	return hosts > 0 && orders > 0;
}

static bool
is_end(const char *at)
{
	return at[strspn(at, "\r\n")] == '\0';
}

static int
read_limits(struct replay *r, const char *at)
{
	struct core_limits limits;

	if (!take_limits(&at, &limits) || !is_end(at))
		return err_set(
		    r->err, -EINVAL, "not limits hosts=1..65536 orders=1..1024");
	if (r->begun)
		return err_set(r->err, -EINVAL, "limits belong before the first event");
	return renew_core(r, &limits);
}

static int
read_head(struct replay *r, const char *at)
{
	struct core_limits limits;
	uint64_t version, bytes;

	if (!take_number(&at, " core=", &version, INT32_MAX))
		return err_set(r->err, -EINVAL, "a damaged head of a recording");
	if (version != CORE_VERSION)
		return err_set(r->err, -EPROTO,
		    "recorded by a core of version %" PRIu64 "; this one is version %d",
		    version, CORE_VERSION);
	if (!take_limits(&at, &limits) ||
	    !take_number(&at, " bytes=", &bytes, SNAPSHOT_MAX) || !is_end(at))
		return err_set(r->err, -EINVAL, "a damaged head of a recording");
	r->snapshot.len = 0;
	r->expected = bytes;
	return renew_core(r, &limits);
}

static int
read_snapshot(struct replay *r, const char *text)
{
	uint8_t chunk[CHUNK];
	size_t len;
	const char *end;

	if (sodium_base642bin(chunk, sizeof(chunk), text, strlen(text), "\n", &len, &end,
		sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    *end || len > r->expected)
		return err_set(r->err, -EINVAL, "a damaged snapshot");
	append(&r->snapshot, chunk, len);
	r->expected -= len;
	if (r->snapshot.failed)
		return err_set(r->err, -ENOMEM, "out of memory");
	if (r->begun)
		return err_set(r->err, -EINVAL, "a snapshot without its head");
	if (r->expected == 0 && !core_decode(r->core, r->snapshot.data, r->snapshot.len))
		return err_set(r->err, -EINVAL, "a damaged snapshot");
	return 0;
}

static int
read_name(struct replay *r, char *text)
{
	char name[DISK_SIZE];

	text[strcspn(text, "\n")] = '\0';
	if (!text_unescape(name, sizeof(name), text))
		return err_set(r->err, -EINVAL, "a damaged name");
	trace_name(r->t, text_id(name), name);
	return 0;
}

static int
begin(struct replay *r)
{
	if (r->begun)
		return 0;
	r->begun = true;
	return r->watch ? r->watch->begin(r->watch->to, r->core) : 0;
}

static int
step_event(struct replay *r)
{
	int ret = begin(r);

	if (ret == 0 && r->watch)
		ret = r->watch->event(r->watch->to, r->core, r->event);
	if (ret < 0)
		return err_set(r->err, ret, "the watch ends it");
	core_step(r->core, r->event, r->actions);
	for (int i = 0; i < r->actions->n; i++)
		trace_action(r->out, r->core, &r->actions->action[i]);
	if (!core_check(r->core))
		return err_set(
		    r->err, -ENOTRECOVERABLE, "the core's invariants are broken");
	if (r->watch)
		ret = r->watch->actions(r->watch->to, r->core, r->actions);
	return ret < 0 ? err_set(r->err, ret, "the watch ends it") : 0;
}

static int
step(struct replay *r, const char *line)
{
	int parsed;

	if (r->expected)
		return err_set(r->err, -EINVAL, "the snapshot ends too soon");
	parsed = trace_parse(r->t, r->event, r->core, line, r->err);
	if (parsed < 0)
		return parsed;
	/* The actions in the input are what is being found out. */
	if (parsed == 0 || line[0] == '#' || line[0] == '\n')
		fputs(line, r->out);
	return parsed == 0 ? step_event(r) : 0;
}

/* 1: not a line of a head. */
static int
take_head(struct replay *r, char *line)
{
	if (strncmp(line, "limits ", 7) == 0)
		return read_limits(r, line + 6);
	if (strncmp(line, "recording ", 10) == 0)
		return read_head(r, line + 9);
	if (strncmp(line, "snapshot ", 9) == 0)
		return read_snapshot(r, line + 9);
	if (strncmp(line, "name ", 5) == 0)
		return read_name(r, line + 5);
	return 1;
}

static int
take_line(struct replay *r, char *line)
{
	int ret;

	if (r->watch && line[0] != '@' && line[0] != '#' && line[0] != ' ' &&
	    line[0] != '\n')
		fputs(line, r->out);
	ret = take_head(r, line);
	return ret == 1 ? step(r, line) : ret;
}

int
replay(FILE *in, FILE *out, struct err *err)
{
	return replay_watched(in, out, NULL, err);
}

int
replay_watched(FILE *in, FILE *out, const struct replay_watch *watch, struct err *err)
{
	static const struct core_limits usual = { SCENARIO_HOSTS, SCENARIO_ORDERS };
	struct replay r = { .watch = watch, .out = out, .err = err };
	struct err sentence;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int number = 0;
	int ret = trace_new(&r.t);

	r.event = calloc(1, sizeof(*r.event));
	r.actions = calloc(1, sizeof(*r.actions));
	if (ret == 0)
		ret = r.event && r.actions ? renew_core(&r, &usual) : -ENOMEM;
	err_set(err, ret, "out of memory");
	while (ret == 0 && (len = getline(&line, &size, in)) >= 0) {
		number++;
		ret = strlen(line) == (size_t)len
			  ? take_line(&r, line)
			  : err_set(err, -EINVAL, "a line with a NUL byte");
		if (ret < 0) {
			sentence = *err;
			err_set(err, ret, "line %d: %s", number, sentence.text);
		}
	}
	free(line);
	free(r.snapshot.data);
	free(r.event);
	free(r.actions);
	core_free(r.core);
	trace_free(r.t);
	return ret;
}
