#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "policy/core/core.h"
#include "policy/door_operate.h"
#include "policy/door_orders.h"

static json_t *
said(const struct err *text)
{
	return json_pack("{s:b, s:s}", "ok", 1, "text", text->text);
}

static json_t *
cordon(struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	host_t host = core_find_host(e->core, q->host);
	bool on = strcmp(q->op, "cordon") == 0;
	struct err err = { "" }, text;
	struct host_view v;

	if (!core_host(e->core, host, &v))
		return door_refuse("no host of that name");
	if (v.cordoned == on)
		err_set(
		    &text, 0, "%s %s cordoned already", q->host, on ? "was" : "was not");
	else if (engine_cordon(e, host, on, asker->now, &err) < 0)
		return door_refuse(err.text);
	else
		err_set(&text, 0,
		    on ? "%s is cordoned: no guest will be sent there"
		       : "%s is no longer cordoned",
		    q->host);
	return said(&text);
}

/* What a drain comes to depends on the mode, and an operator should hear it. */
static const char *
drain_text(const struct engine *e)
{
	switch (core_mode(e->core)) {
	case MODE_ACT:
		return "%s is being drained: its guests are moved, and none will be sent "
		       "there";
	case MODE_ADVISE:
		return "%s is being drained: its guests go as you approve them, and none "
		       "will be sent there";
	default:
		return "%s is drained in mode observe: no guest will be sent there, and "
		       "none of its own is moved";
	}
}

static json_t *
drain(struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	host_t host = core_find_host(e->core, q->host);
	bool on = strcmp(q->op, "drain") == 0;
	struct err err = { "" }, text;
	struct host_view v;

	if (!core_host(e->core, host, &v))
		return door_refuse("no host of that name");
	if (v.drained == on)
		err_set(
		    &text, 0, "%s %s drained already", q->host, on ? "was" : "was not");
	else if (engine_drain(e, host, on, asker->now, &err) < 0)
		return door_refuse(err.text);
	else
		err_set(
		    &text, 0, on ? drain_text(e) : "%s is no longer drained", q->host);
	return said(&text);
}

static json_t *
mode(struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	enum mode mode;
	struct err err;

	if (q->set && !mode_parse(&mode, q->set))
		return door_refuse("the modes are observe, advise and act");
	if (q->set && engine_mode(e, mode, asker->now, &err) < 0)
		return door_refuse(err.text);
	return json_pack("{s:b, s:s}", "ok", 1, "mode", mode_name(core_mode(e->core)));
}

static json_t *
cancel(struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	struct err err, text;
	order_t id;

	if (!door_order_id(&id, q->order))
		return door_refuse("an order is written TERM.NUMBER, such as 3.14");
	if (engine_cancel(e, id, asker->by, asker->now, &err) < 0)
		return door_refuse(err.text);
	err_set(&text, 0, "%s is being cancelled, and its guest rests", q->order);
	return said(&text);
}

static json_t *
settle(struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	struct engine_settle s = { .off = q->is_off != NULL, .by = asker->by };
	const char *host = q->is_off ? q->is_off : q->runs_on;
	struct err err, text;

	if (!door_order_id(&s.id, q->order))
		return door_refuse("an order is written TERM.NUMBER, such as 3.14");
	if (!host || (q->is_off && q->runs_on))
		return door_refuse("either \"runs_on\" or \"is_off\" names a host");
	s.host = core_find_host(e->core, host);
	if (s.host.i < 0)
		return door_refuse("no host of that name");
	if (engine_settle(e, &s, asker->now, &err) < 0)
		return door_refuse(err.text);
	err_set(
	    &text, 0, "%s is settled; its guest and hosts are held no longer", q->order);
	return said(&text);
}

static json_t *
approve(struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	struct err err, text;
	struct host_view v;
	host_t host;
	order_t id;
	int i;

	if (!core_guest(e->core, q->guest, &host, &i))
		return door_refuse("no guest of that name");
	core_host(e->core, host, &v);
	if (engine_approve(e, &v.xen->guests[i].uuid, &id, asker->now, &err) < 0)
		return door_refuse(err.text);
	err_set(&text, 0, "%s may go: order %" PRIu64 ".%" PRIu32, q->guest, id.term,
	    id.number);
	return said(&text);
}

json_t *
door_operate(
    struct engine *e, const struct door_request *q, const struct door_asker *asker)
{
	static const struct {
		const char *op;
		size_t needs; /* a member of the request; 0: none */
		const char *missing;
		json_t *(*run)(struct engine *e, const struct door_request *q,
		    const struct door_asker *asker);
	} ops[] = {
	/* clang-format off */
#define NEEDS(m) offsetof(struct door_request, m), "\"" #m "\" is missing"
		{ "cordon", NEEDS(host), cordon },
		{ "uncordon", NEEDS(host), cordon },
		{ "drain", NEEDS(host), drain },
		{ "undrain", NEEDS(host), drain },
		{ "cancel", NEEDS(order), cancel },
		{ "settle", NEEDS(order), settle },
		{ "approve", NEEDS(guest), approve },
		{ "mode", 0, NULL, mode },
#undef NEEDS
		/* clang-format on */
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const char *needed;

		if (strcmp(q->op, ops[i].op) != 0)
			continue;
		memcpy(&needed, (const char *)q + ops[i].needs, sizeof(needed));
		return needed ? ops[i].run(e, q, asker) : door_refuse(ops[i].missing);
	}
	return door_refuse("an operation that this engine does not know");
}
