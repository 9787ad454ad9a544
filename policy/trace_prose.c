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
	n = vsnprintf(p->buf + p->len, p->size - p->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		p->len += (size_t)n < p->size - p->len ? (size_t)n : p->size - p->len - 1;
}

static void
say_host(struct prose *p, host_t host)
{
	struct host_view v;

	say(p, "%s", core_host(p->core, host, &v) ? v.name : "?");
}

static void
say_name(struct prose *p, const char *name)
{
	char word[4 * SENSOR_SIZE];

	say(p, "%s", text_escape(word, sizeof(word), name));
}

/* ": cpu/temp1 91.5C >= 90C for 10s" */
static void
say_numbers(struct prose *p)
{
	const struct action *a = p->a;
	struct sensor_view s;
	char seen[40], limit[40], held[40];

	if (a->sensor < 0)
		return;
	say(p, ":");
	if (core_sensor(p->core, a->from, a->sensor, &s)) {
		say(p, " ");
		say_name(p, s.facts->name);
	}
	if (a->seen != NO_LIMIT)
		say(p, " %s", text_quantity(seen, sizeof(seen), a->unit, a->seen));
	if (a->limit != NO_LIMIT)
		say(p, " %s %s", a->seen < a->limit ? "<" : ">=",
		    text_quantity(limit, sizeof(limit), a->unit, a->limit));
	if (a->held_ms > 0)
		say(p, " for %s", text_duration(held, sizeof(held), a->held_ms));
}

static void
say_refused(struct prose *p)
{
	const char *between = "; refused: ";

	for (int g = 0; g < GATES; g++)
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
	say_why(p);
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
say_moving(struct prose *p, const char *verb)
{
	say(p, "%s", verb);
	if (p->a->order.number) {
		say(p, " ");
		say_order(p, p->a->order);
	}
	say_route(p);
}

static void
say_guest_action(struct prose *p)
{
	switch (p->a->kind) {
	case ACTION_WOULD_MOVE:
		say_moving(p, "would move");
		say_why(p);
		break;
	case ACTION_STAYS:
		say_name(p, p->a->name);
		say(p, " stays on ");
		say_host(p, p->a->from);
		say_why(p);
		break;
	case ACTION_PREPARE:
		say_moving(p, "prepare");
		say_why(p);
		break;
	case ACTION_MOVE:
		say_moving(p, "move");
		say(p, " (after ");
		say_order(p, p->a->after);
		say(p, ")");
		break;
	case ACTION_OUTCOME:
		say_order(p, p->a->order);
		say(p, " %s", outcome_name(p->a->outcome));
		say_route(p);
		say(p, " (%s)", why_word(p->a->why));
		break;
	default:
		say_held(p, p->a->kind == ACTION_HOLD ? "hold" : "release");
	}
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

char *
trace_prose(char *buf, size_t size, const struct trace *t, const struct core *core,
    const struct action *a)
{
	static const char *const verbs[ACTION_KINDS] = {
		[ACTION_CORDON] = "cordoned",
		[ACTION_UNCORDON] = "uncordoned",
		[ACTION_DRAIN] = "draining",
		[ACTION_UNDRAIN] = "no longer draining",
	};
	struct prose p = { buf, size, 0, core, a };

	(void)t;
	buf[0] = '\0';
	switch (a->kind) {
	case ACTION_HEALTH:
		say_host(&p, a->from);
		say(&p, " %s -> %s", health_name(a->health_from),
		    health_name(a->health_to));
		say_why(&p);
		break;
	case ACTION_LISTED:
		say_listed(&p);
		break;
	case ACTION_MODE:
		say(&p, "mode %s", mode_name(a->mode));
		break;
	case ACTION_REFUSED:
		say_refusal(&p);
		break;
	case ACTION_CORDON:
	case ACTION_UNCORDON:
	case ACTION_DRAIN:
	case ACTION_UNDRAIN:
		say_host_verb(&p, verbs[a->kind]);
		break;
	default:
		say_guest_action(&p);
	}
	return buf;
}

void
trace_action(
    const struct trace *t, FILE *f, const struct core *core, const struct action *action)
{
	char line[1024];

	fprintf(f, "          %s\n", trace_prose(line, sizeof(line), t, core, action));
}
