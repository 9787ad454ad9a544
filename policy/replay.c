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
trace_write_head(FILE *f, const struct trace *t, const struct core *core)
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
	FILE *out;
	struct err *err;
};

static int
renew_core(struct replay *r, int32_t hosts, int32_t orders)
{
	struct core_limits limits = { hosts, orders };

	r->core = core_free(r->core);
	return core_new(&r->core, &limits);
}

static int
read_head(struct replay *r, const char *line)
{
	struct core_limits limits;
	int version, n = 0;
	size_t bytes;

	/* Bounded widths. NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(line, "recording core=%9d hosts=%9d orders=%9d bytes=%12zu%n",
		&version, &limits.hosts, &limits.orders, &bytes, &n) != 4 ||
	    strspn(line + n, "\n") != strlen(line + n) || bytes > SNAPSHOT_MAX)
		return err_set(r->err, -EINVAL, "a damaged head of a recording");
	if (version != CORE_VERSION)
		return err_set(r->err, -EPROTO,
		    "recorded by a core of version %d; this one is version %d", version,
		    CORE_VERSION);
	if (limits.hosts < 1 || limits.hosts > 65536 || limits.orders < 1 ||
	    limits.orders > 1024)
		return err_set(r->err, -EINVAL, "a damaged head of a recording");
	r->snapshot.len = 0;
	r->expected = bytes;
	return renew_core(r, limits.hosts, limits.orders);
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
step(struct replay *r, const char *line)
{
	int parsed;

	if (r->expected)
		return err_set(r->err, -EINVAL, "the snapshot ends too soon");
	parsed = trace_parse(r->t, r->event, r->core, (mono_t){ 0 }, line, r->err);
	if (parsed < 0)
		return parsed;
	/* The actions in the input are what is being found out. */
	if (parsed == 0 || line[0] == '#' || line[0] == '\n')
		fputs(line, r->out);
	if (parsed > 0)
		return 0;
	core_step(r->core, r->event, r->actions);
	for (int i = 0; i < r->actions->n; i++)
		trace_action(r->t, r->out, r->core, &r->actions->action[i]);
	if (!core_check(r->core))
		return err_set(
		    r->err, -ENOTRECOVERABLE, "the core's invariants are broken");
	return 0;
}

static int
take_line(struct replay *r, char *line)
{
	if (strncmp(line, "recording ", 10) == 0)
		return read_head(r, line);
	if (strncmp(line, "snapshot ", 9) == 0)
		return read_snapshot(r, line + 9);
	if (strncmp(line, "name ", 5) == 0)
		return read_name(r, line + 5);
	return step(r, line);
}

int
replay(FILE *in, FILE *out, struct err *err)
{
	struct replay r = { .out = out, .err = err };
	struct err sentence;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int number = 0;
	int ret = trace_new(&r.t);

	r.event = calloc(1, sizeof(*r.event));
	r.actions = calloc(1, sizeof(*r.actions));
	if (ret == 0)
		ret = r.event && r.actions
			  ? renew_core(&r, SCENARIO_HOSTS, SCENARIO_ORDERS)
			  : -ENOMEM;
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
