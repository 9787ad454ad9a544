#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_internal.h"

/* A line that grows; what does not fit is left out. */
struct prose {
	char *buf;
	size_t size, len;
	const struct core *core;
	const struct action *a;
};

static void say(struct prose *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct prose *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is started above */
	n = vsnprintf(p->buf + p->len, p->size - p->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		p->len += (size_t)n < p->size - p->len ? (size_t)n : p->size - p->len - 1;
}

static void
say_name(struct prose *p, const char *name)
{
	char word[4 * SENSOR_SIZE];

	say(p, "%s", text_escape(word, sizeof(word), name));
}

static void
say_host(struct prose *p, host_t host)
{
	struct host_view v;

	if (core_host(p->core, host, &v))
		say_name(p, v.name);
	else
		say(p, "?");
}

static bool
is_low(const struct sensor_facts *f, int64_t limit)
{
	return f->limit[LIMIT_LOW] == limit || f->limit[LIMIT_LOW_CRITICAL] == limit;
}

/* " 91.5C >= 90C".  Inside its hysteresis a value crosses no longer. */
static void
say_seen(struct prose *p, const struct sensor_view *s)
{
	const struct action *a = p->a;
	char seen[40], limit[40];
	bool low;

	if (a->seen != NO_LIMIT)
		say(p, " %s", text_quantity(seen, sizeof(seen), a->unit, a->seen));
	if (a->seen == NO_LIMIT || a->limit == NO_LIMIT)
		return;
	low = s ? is_low(s->facts, a->limit) : a->seen < a->limit;
	if (low ? a->seen > a->limit : a->seen < a->limit)
		say(p, ", limit ");
	else
		say(p, low ? " <= " : " >= ");
	say(p, "%s", text_quantity(limit, sizeof(limit), a->unit, a->limit));
}

/* ": cpu/temp1 91.5C >= 90C for 10s", ": 300 > 256" */
static void
say_numbers(struct prose *p)
{
	const struct action *a = p->a;
	struct sensor_view s;
	char held[40];
	bool known = a->sensor >= 0 && core_sensor(p->core, a->from, a->sensor, &s);

	if (a->sensor >= 0) {
		say(p, ":");
		if (known) {
			say(p, " ");
			say_name(p, s.facts->name);
		}
		say_seen(p, known ? &s : NULL);
	} else if (a->kind == ACTION_REFUSED) {
		say(p, ": %" PRId64 " > %" PRId64, a->seen, a->limit);
	}
	if (a->held_ms <= 0)
		return;
	if (a->held_ms % 1000)
		say(p, " for %ss", text_milli(held, sizeof(held), a->held_ms));
	else
		say(p, " for %s", text_duration(held, sizeof(held), a->held_ms));
}

static void
say_refused(struct prose *p)
{
	const char *between = "; refused: ";

	/* That a guest cannot go to its own host is not worth saying. */
	for (int g = WHY_SELF - GATE_FIRST + 1; g < GATES; g++)
		if (p->a->refused[g]) {
			say(p, "%s%u %s", between, p->a->refused[g],
			    why_word((enum why)(GATE_FIRST + g)));
			between = ", ";
		}
}

/* "(critical: cpu/temp1 91.5C >= 90C; refused: 1 memory)" */
static void
say_why(struct prose *p)
{
	say(p, " (%s", why_word(p->a->why));
	say_numbers(p);
	say_refused(p);
	say(p, ")");
}

static void
say_order(struct prose *p, order_t order)
{
	say(p, "%" PRIu64 ".%" PRIu32, order.term, order.number);
}

static void
say_route(struct prose *p)
{
	say(p, " ");
	say_name(p, p->a->name);
	say(p, " ");
	say_host(p, p->a->from);
	say(p, " -> ");
	say_host(p, p->a->to);
}

static void
say_held(struct prose *p, const char *verb)
{
	say(p, "%s ", verb);
	say_name(p, p->a->name);
	say(p, " ");
	say_host(p, p->a->from);
	if (p->a->to.i >= 0) {
		say(p, " ");
		say_host(p, p->a->to);
	}
	say(p, " (%s", outcome_name(p->a->outcome));
	if (p->a->why != WHY_NONE && p->a->why != WHY_HELD)
		say(p, ": %s", why_word(p->a->why));
	say(p, ")");
}

static void
say_host_verb(struct prose *p, const char *verb)
{
	say(p, "%s ", verb);
	say_host(p, p->a->from);
}

static void
say_listed(struct prose *p)
{
	say(p, "%s ", p->a->why == WHY_NONE ? "unlisted" : "listed");
	say_host(p, p->a->from);
	if (p->a->why == WHY_NONE) {
		say(p, " ");
		say_name(p, p->a->name);
		return;
	}
	say_why(p);
}

static void
say_order_step(struct prose *p, const char *verb)
{
	say(p, "%s ", verb);
	say_order(p, p->a->order);
	say_route(p);
	if (p->a->kind == ACTION_CLEAN) {
		say(p, " at ");
		say_host(p, p->a->at);
	}
	if (p->a->kind == ACTION_PREPARE) {
		say_why(p);
		return;
	}
	say(p, " (after ");
	say_order(p, p->a->after);
	say(p, ")");
}

static void
say_outcome(struct prose *p)
{
	say_order(p, p->a->order);
	say(p, " %s", outcome_name(p->a->outcome));
	say_route(p);
	if (p->a->why != WHY_NONE)
		say(p, " (%s)", why_word(p->a->why));
}

static void
say_guest(struct prose *p)
{
	if (p->a->kind == ACTION_WOULD_MOVE) {
		say(p, "would move");
		say_route(p);
	} else {
		say_name(p, p->a->name);
		say(p, " stays on ");
		say_host(p, p->a->from);
	}
	say_why(p);
}

static void
say_refusal(struct prose *p)
{
	say(p, "refused");
	if (p->a->from.i >= 0) {
		say(p, " ");
		say_host(p, p->a->from);
	}
	say_why(p);
}

/* About a guest or an order; false when it is about neither. */
static bool
say_move(struct prose *p)
{
	switch (p->a->kind) {
	case ACTION_WOULD_MOVE:
	case ACTION_STAYS:
		say_guest(p);
		return true;
	case ACTION_PREPARE:
		say_order_step(p, "prepare");
		return true;
	case ACTION_MOVE:
		say_order_step(p, "move");
		return true;
	case ACTION_RESUME:
		say_order_step(p, "resume");
		return true;
	case ACTION_CLEAN:
		say_order_step(p, "clean");
		return true;
	case ACTION_OUTCOME:
		say_outcome(p);
		return true;
	case ACTION_HOLD:
		say_held(p, "hold");
		return true;
	case ACTION_RELEASE:
		say_held(p, "release");
		return true;
	default:
		return false;
	}
}

static void
say_state(struct prose *p)
{
	switch (p->a->kind) {
	case ACTION_HEALTH:
		say_host(p, p->a->from);
		say(p, " %s -> %s", health_name(p->a->health_from),
		    health_name(p->a->health_to));
		say_why(p);
		break;
	case ACTION_LISTED:
		say_listed(p);
		break;
	case ACTION_MODE:
		say(p, "mode %s", mode_name(p->a->mode));
		break;
	case ACTION_CORDON:
		say_host_verb(p, "cordoned");
		break;
	case ACTION_UNCORDON:
		say_host_verb(p, "uncordoned");
		break;
	case ACTION_DRAIN:
		say_host_verb(p, "draining");
		break;
	case ACTION_UNDRAIN:
		say_host_verb(p, "no longer draining");
		break;
	case ACTION_REFUSED:
		say_refusal(p);
		break;
	default:
		say(p, "?");
		break;
	}
}

char *
trace_prose(char *buf, size_t size, const struct core *core, const struct action *a)
{
	struct prose p = { buf, size, 0, core, a };

	buf[0] = '\0';
	if (!say_move(&p))
		say_state(&p);
	return buf;
}

void
trace_action(FILE *f, const struct core *core, const struct action *action)
{
	char line[4096];

	fprintf(f, "          %s\n", trace_prose(line, sizeof(line), core, action));
}
