#include "policy/core/say.h"

#include <assert.h>
#include <string.h>

bool
say_room(const struct core *core, int n)
{
	return core->out->n + n <= MAX_ACTIONS;
}

struct action *
say(struct core *core, enum action_kind kind, enum why why)
{
	struct action *a;

	assert(say_room(core, 1));
	a = &core->out->action[core->out->n++];
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	a->why = why;
	a->from = HOST_NONE;
	a->to = HOST_NONE;
	a->at = HOST_NONE;
	a->mode = core->mode;
	a->sensor = -1;
	a->seen = NO_LIMIT;
	a->limit = NO_LIMIT;
	a->held_ms = -1;
	return a;
}

struct action *
say_host(struct core *core, enum action_kind kind, enum why why, int32_t host)
{
	struct action *a = say(core, kind, why);

	a->from.i = host;
	return a;
}

void
say_reason(struct action *a, const struct reason *r)
{
	a->sensor = r->sensor;
	a->unit = r->unit;
	a->seen = r->seen;
	a->limit = r->limit;
	a->held_ms = r->held_ms;
}

void
say_refused(struct core *core, enum why why, host_t host, int64_t seen, int64_t limit)
{
	struct action *a;

	if (!say_room(core, 1))
		return;
	a = say(core, ACTION_REFUSED, why);
	a->from = host;
	a->seen = seen;
	a->limit = limit;
}
