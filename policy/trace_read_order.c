#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_reader.h"

static const char *
shown(const struct reader *r, const char *word)
{
	return word ? word : trace_events[r->e->kind];
}

static bool
parse_id(order_t *out, char *word)
{
	char *dot = word ? strchr(word, '.') : NULL;

	if (!dot)
		return false;
	*dot++ = '\0';
	return reader_count(&out->term, word, UINT64_MAX) &&
	       reader_u32(&out->number, dot);
}

static int
read_id(struct reader *r, order_t *out)
{
	char *word = reader_next(r);

	return parse_id(out, word)
		   ? 0
		   : reader_bad(r, "an order's id belongs here", shown(r, word));
}

static bool
parse_why(enum why *out, const char *word)
{
	*out = word ? why_find(word) : WHYS;
	return *out != WHYS;
}

static int
read_outcome(struct reader *r)
{
	char *word, *value;
	int ret = read_id(r, &r->e->outcome.order);

	if (ret < 0)
		return ret;
	word = reader_next(r);
	if (!word || !outcome_parse(&r->e->outcome.outcome, word))
		return reader_bad(r, "an outcome belongs here", shown(r, word));
	r->e->outcome.why = WHY_NONE;
	word = reader_next(r);
	if (!word)
		return 0;
	value = reader_split(word);
	if (strcmp(word, "why") != 0 || !parse_why(&r->e->outcome.why, value))
		return reader_bad(r, "why= with a known reason belongs here", word);
	return 0;
}

static int
read_actuator(struct reader *r)
{
	static const char *const words[] = { "lost", "connected" };
	const char *word = reader_next(r);
	int i = word ? word_index(word, words, 2) : -1;

	r->e->connected = i == 1;
	return i < 0 ? reader_bad(r, "connected or lost belongs here", shown(r, word))
		     : 0;
}

/* A UUID, or the name that it is made of. */
static bool
parse_uuid(struct uuid *out, const char *word)
{
	char name[NAME_SIZE];

	if (uuid_parse(out, word))
		return true;
	if (!reader_text(name, sizeof(name), word))
		return false;
	*out = trace_uuid(name);
	return true;
}

static int
read_approve(struct reader *r)
{
	const char *word = reader_next(r);

	return word && parse_uuid(&r->e->approve, word)
		   ? 0
		   : reader_bad(r, "a guest belongs here", shown(r, word));
}

static int
read_settle(struct reader *r)
{
	static const char *const words[] = { "runs-on", "is-off" };
	int i, ret = read_id(r, &r->e->settle.order);
	const char *word;

	if (ret < 0)
		return ret;
	word = reader_next(r);
	i = word ? word_index(word, words, 2) : -1;
	r->e->settle.off = i == 1;
	return i < 0 ? reader_bad(r, "runs-on or is-off belongs here", shown(r, word))
		     : 0;
}

/* One "key=value" of an order. */
static bool
take_field(struct order_facts *o, const char *key, char *value)
{
	static const char *const keys[] = { "uuid", "prepare", "move", "follow", "held",
		"berth", "berth-why", "why", "memory" };

	if (!value)
		return false;
	switch (word_index(key, keys, sizeof(keys) / sizeof(keys[0]))) {
	case 0:
		return uuid_parse(&o->guest, value);
	case 1:
		return parse_id(&o->prepare, value);
	case 2:
		return parse_id(&o->move, value);
	case 3:
		return parse_id(&o->follow, value);
	case 4:
		o->held = true;
		return outcome_parse(&o->said, value);
	case 5:
		return outcome_parse(&o->berth, value);
	case 6:
		return parse_why(&o->berth_why, value);
	case 7:
		return parse_why(&o->why, value);
	case 8:
		return text_parse_memory(&o->memory_kib, value);
	default:
		return false;
	}
}

static int
read_open(struct reader *r)
{
	struct order_facts *o = &r->e->order;
	char to[NAME_SIZE], *word = reader_next(r);

	memset(o, 0, sizeof(*o));
	o->to = HOST_NONE;
	if (!word || !reader_text(to, sizeof(to), word))
		return reader_bad(r, "a host belongs here", shown(r, word));
	if (strcmp(word, "?") != 0)
		o->to = core_find_host(r->core, to);
	word = reader_next(r);
	if (!word || !reader_text(o->name, sizeof(o->name), word))
		return reader_bad(r, "a guest belongs here", shown(r, word));
	o->guest = trace_uuid(o->name);
	while ((word = reader_next(r))) {
		char *value = reader_split(word);

		if (!take_field(o, word, value))
			return reader_bad(r, "not a field of an order", word);
	}
	return 0;
}

int
reader_order(struct reader *r)
{
	switch (r->e->kind) {
	case EVENT_OUTCOME:
		return read_outcome(r);
	case EVENT_ACTUATOR:
		return read_actuator(r);
	case EVENT_APPROVE:
		return read_approve(r);
	case EVENT_SETTLE:
		return read_settle(r);
	case EVENT_CANCEL:
		return read_id(r, &r->e->cancel);
	default:
		return read_open(r);
	}
}
