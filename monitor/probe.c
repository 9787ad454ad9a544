#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/log.h"
#include "base/text.h"
#include "monitor/probe.h"

/* What lives as long as the child. */
struct life {
	const struct probe *probe;
	const struct monitor_conf *conf;
	void *state;    /* NULL until the probe could be started */
	int said;       /* the probe_state that was logged last, -1 */
	uint8_t *buf;   /* of an answer */
	struct err err; /* of the last sweep */
};

static void
say_state(struct life *life, enum probe_state state)
{
	enum log_level level =
	    state == PROBE_FAILED ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE;

	if (life->said == (int)state)
		return;
	life->said = (int)state;
	log_line(level, "probe-state", "probe", probe_name(life->probe->id), "state",
	    probe_state_name(state), "why", state == PROBE_OK ? NULL : life->err.text,
	    NULL);
}

static enum probe_state
sweep(struct life *life, Lifeboat__Report *report, bool with_catalogue, bool *urgent)
{
	life->err.text[0] = '\0';
	if (!life->state)
		life->state = life->probe->start(life->conf, &life->err);
	if (!life->state)
		return PROBE_FAILED;
	return life->probe->sweep(
	    life->state, report, with_catalogue, urgent, &life->err);
}

/* The reason travels as protobuf text: one byte that is not UTF-8 would spoil it all. */
static void
clean_reason(struct err *err)
{
	struct err clean;

	if (text_is_utf8(err->text, strnlen(err->text, sizeof(err->text))))
		return;
	text_escape(clean.text, sizeof(clean.text), err->text);
	*err = clean;
}

static size_t
pack(struct life *life, Lifeboat__Report *report, enum probe_state state, mono_t begun)
{
	Lifeboat__Probe entry = LIFEBOAT__PROBE__INIT;
	Lifeboat__Probe *entries[] = { &entry };
	size_t len = 0;

	clean_reason(&life->err);
	entry.id = (uint32_t)life->probe->id;
	entry.state = (uint32_t)state;
	entry.why = state == PROBE_OK ? entry.why : life->err.text;
	entry.took_ms = (uint32_t)mono_since(clock_mono(), begun);
	report->n_probes = 1;
	report->probes = entries;
	if (lifeboat__report__get_packed_size(report) <= PROBE_REPORT_MAX)
		len = lifeboat__report__pack(report, life->buf + PROBE_ANSWER_HEAD);
	report->n_probes = 0;
	report->probes = NULL;
	return len;
}

static int
answer(struct life *life, bool with_catalogue, int fd)
{
	Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
	bool urgent = false;
	mono_t begun = clock_mono();
	enum probe_state state = sweep(life, &report, with_catalogue, &urgent);
	size_t len = pack(life, &report, state, begun);

	if (len == 0) {
		report = (Lifeboat__Report)LIFEBOAT__REPORT__INIT;
		state = PROBE_FAILED;
		err_set(&life->err, 0, "answer too large");
		len = pack(life, &report, state, begun);
	}
	say_state(life, state);
	life->buf[0] = urgent ? 1 : 0;
	life->buf[1] = (uint8_t)state;
	return record_write(fd, PROBE_ANSWER, life->buf, PROBE_ANSWER_HEAD + len);
}

int
probe_child(const struct probe *probe, const struct monitor_conf *conf, int fd)
{
	struct life life = { .probe = probe, .conf = conf, .said = -1 };
	uint8_t tag, none[1];
	size_t len;
	int r;

	life.buf = malloc(FRAME_MAX);
	if (!life.buf)
		return EXIT_FAILURE;
	for (;;) {
		r = record_read(fd, &tag, none, sizeof(none), &len);
		if (r < 0)
			break;
		r = -EPROTO;
		if (tag != PROBE_SWEEP && tag != PROBE_SWEEP_CATALOGUE)
			break;
		r = answer(&life, tag == PROBE_SWEEP_CATALOGUE, fd);
		if (r < 0)
			break;
	}
	if (life.state)
		probe->stop(life.state);
	free(life.buf);
	return r == -EPIPE ? EXIT_SUCCESS : EXIT_FAILURE;
}
