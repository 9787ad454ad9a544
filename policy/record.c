#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "policy/record.h"
#include "policy/replay.h"

enum { PATH_SIZE = 512, BUFFER = 256 * 1024 };

struct record {
	char folder[PATH_SIZE];
	uint64_t limit;
	FILE *f;
	char *buffer; /* owned: f's */
	mono_t now;   /* of the event under way */
	mono_t since; /* start of the segment, or of the pause after a failure */
	bool tried;
	uint64_t bytes; /* of the segment */
	uint64_t head;  /* of them, the snapshot that it opens with */
	struct err error;
};

int
record_new(struct record **out, const char *folder, uint64_t limit_bytes)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	snprintf(r->folder, sizeof(r->folder), "%s", folder);
	r->limit = limit_bytes;
	r->buffer = malloc(BUFFER);
	if (!r->buffer) {
		free(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

struct record *
record_free(struct record *r)
{
	if (r) {
		if (r->f)
			fclose(r->f);
		free(r->buffer);
		free(r);
	}
	return NULL;
}

static void
stop(struct record *r, int error)
{
	char text[128];

	if (r->f)
		fclose(r->f);
	r->f = NULL;
	r->since = r->now;
	if (r->error.text[0] == '\0')
		log_line(LOG_LEVEL_ERROR, "recording-stopped", "folder", r->folder,
		    "error", err_text(text, sizeof(text), error), NULL);
	err_set(
	    &r->error, error, "%s: %s", r->folder, err_text(text, sizeof(text), error));
}

static bool
is_segment(const char *name)
{
	size_t len = strlen(name);

	return len > 6 && strncmp(name, "rec-", 4) == 0 &&
	       strcmp(name + len - 4, ".txt") == 0;
}

static uint64_t
size_of(const struct record *r, const char *name)
{
	char path[2 * PATH_SIZE];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* A large pool's snapshot is larger than a segment: events get as much as it again. */
static uint64_t
segment_bytes(const struct record *r)
{
	return r->head +
	       (r->head > RECORD_SEGMENT_BYTES ? r->head : RECORD_SEGMENT_BYTES);
}

/* Names carry their start, so the smallest name is the oldest segment. */
static void
make_room(const struct record *r)
{
	struct dirent **names;
	char path[2 * PATH_SIZE];
	uint64_t total = 0;
	int n = scandir(r->folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++)
		if (is_segment(names[i]->d_name))
			total += size_of(r, names[i]->d_name);
	for (int i = 0; i < n; i++) {
		if (is_segment(names[i]->d_name) && total + segment_bytes(r) > r->limit) {
			total -= size_of(r, names[i]->d_name);
			snprintf(
			    path, sizeof(path), "%s/%s", r->folder, names[i]->d_name);
			unlink(path);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void
begin(struct record *r, const struct trace *t, const struct core *core)
{
	char path[2 * PATH_SIZE];
	int fd;

	if (r->f)
		fclose(r->f);
	r->f = NULL;
	mkdir(r->folder, 0750); /* it may be there */
	make_room(r);
	snprintf(
	    path, sizeof(path), "%s/rec-%013" PRId64 ".txt", r->folder, clock_wall_ms());
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	r->f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!r->f) {
		stop(r, -errno);
		return;
	}
	setvbuf(r->f, r->buffer, _IOFBF, BUFFER);
	r->since = r->now;
	replay_write_head(r->f, t, core);
	if (fflush(r->f) != 0 || ferror(r->f)) {
		stop(r, errno ? -errno : -EIO);
		unlink(path); /* of no use without its head */
		return;
	}
	r->bytes = r->head = (uint64_t)ftell(r->f);
	if (r->error.text[0])
		log_line(
		    LOG_LEVEL_NOTICE, "recording-resumed", "folder", r->folder, NULL);
	r->error.text[0] = '\0';
}

static bool
is_due(const struct record *r)
{
	int64_t since = mono_since(r->now, r->since);

	if (r->f)
		return r->bytes > segment_bytes(r) || since > RECORD_SEGMENT_MS;
	return !r->tried || since > RECORD_RETRY_MS;
}

void
record_event(struct record *r, const struct trace *t, const struct core *core,
    const struct event *event)
{
	if (r->folder[0] == '\0')
		return;
	r->now = event->now;
	if (is_due(r)) {
		r->tried = true;
		begin(r, t, core);
	}
	if (r->f)
		trace_event(t, r->f, core, event);
}

void
record_actions(struct record *r, const struct core *core, const struct actions *actions)
{
	long at;

	if (!r->f)
		return;
	for (int i = 0; i < actions->n; i++)
		trace_action(r->f, core, &actions->action[i]);
	/* A decision is worth a write at once; readings may wait for a full buffer. */
	if (actions->n > 0)
		fflush(r->f);
	at = ftell(r->f);
	if (at >= 0)
		r->bytes = (uint64_t)at;
	if (ferror(r->f))
		stop(r, errno ? -errno : -EIO);
}

bool
record_is_on(const struct record *r)
{
	return r->f != NULL;
}

const char *
record_error(const struct record *r)
{
	return r->error.text;
}

uint64_t
record_bytes(const struct record *r)
{
	return r->bytes;
}
