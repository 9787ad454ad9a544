#include <inttypes.h>

#include "base/text.h"
#include "policy/core/core.h"
#include "policy/trace_internal.h"

static void
put_id(FILE *f, const char *before, order_t id)
{
	fprintf(f, "%s%" PRIu64 ".%" PRIu32, before, id.term, id.number);
}

static void
put_later_id(FILE *f, const char *before, order_t id)
{
	if (id.number)
		put_id(f, before, id);
}

static void
put_why(FILE *f, const char *before, enum why why)
{
	if (why > WHY_NONE && why < WHYS)
		fprintf(f, "%s%s", before, why_word(why));
}

static void
put_outcome(FILE *f, const struct event *e)
{
	put_id(f, " ", e->outcome.order);
	fprintf(f, " %s", outcome_name(e->outcome.outcome));
	put_why(f, " why=", e->outcome.why);
}

static void
put_uuid(FILE *f, const char *before, const struct uuid *uuid)
{
	char text[UUID_TEXT_SIZE];

	uuid_format(text, uuid);
	fprintf(f, "%s%s", before, text);
}

static void
put_open(FILE *f, const struct core *core, const struct order_facts *o)
{
	char text[40];

	trace_put_host(f, core, o->to);
	fputc(' ', f);
	trace_put_word(f, o->name);
	put_uuid(f, " uuid=", &o->guest);
	put_id(f, " prepare=", o->prepare);
	put_later_id(f, " move=", o->move);
	put_later_id(f, " follow=", o->follow);
	if (o->held)
		fprintf(f, " held=%s", outcome_name(o->said));
	if (o->berth != OUTCOME_NONE)
		fprintf(f, " berth=%s", outcome_name(o->berth));
	put_why(f, " berth-why=", o->berth_why);
	put_why(f, " why=", o->why);
	fprintf(f, " memory=%s", text_memory(text, sizeof(text), o->memory_kib));
}

void
trace_put_order(FILE *f, const struct core *core, const struct event *e)
{
	switch (e->kind) {
	case EVENT_OUTCOME:
		put_outcome(f, e);
		break;
	case EVENT_ACTUATOR:
		fputs(e->connected ? " connected" : " lost", f);
		break;
	case EVENT_ORDER:
		put_open(f, core, &e->order);
		break;
	case EVENT_CANCEL:
		put_id(f, " ", e->cancel);
		break;
	case EVENT_APPROVE:
		put_uuid(f, " ", &e->approve);
		break;
	case EVENT_SETTLE:
		put_id(f, " ", e->settle.order);
		fputs(e->settle.off ? " is-off" : " runs-on", f);
		break;
	default:
		break;
	}
}
