#include <sodium.h>
#include <string.h>

#include "policy/core/core.h"
#include "policy/door_answer.h"
#include "policy/door_operate.h"
#include "policy/door_orders.h"

json_t *
door_refuse(const char *sentence)
{
	return json_pack("{s:b, s:s}", "ok", 0, "error", sentence);
}

static const char **
member(struct door_request *q, const char *key)
{
	static const char *const names[] = { "op", "name", "guest", "host", "set",
		"which", "order", "runs_on", "is_off" };
	const char **const to[] = { &q->op, &q->name, &q->guest, &q->host, &q->set,
		&q->which, &q->order, &q->runs_on, &q->is_off };
	int i = word_index(key, names, sizeof(names) / sizeof(names[0]));

	return i < 0 ? NULL : to[i];
}

/* Every member must be known and a string.  NULL, or the sentence. */
static const char *
read_request(struct door_request *q, json_t *object)
{
	for (void *i = json_object_iter(object); i;
	     i = json_object_iter_next(object, i)) {
		const char *key = json_object_iter_key(i);
		const json_t *value = json_object_iter_value(i);
		const char **to = member(q, key);
		if (!to)
			return "a member that this engine does not know";
		if (!json_is_string(value))
			return "every member is a string";
		*to = json_string_value(value);
	}
	return q->op ? NULL : "\"op\" is missing";
}

static json_t *
frames(const struct engine *e)
{
	json_t *o = json_object();

	for (int r = FRAME_OK; r < FRAME_REFUSALS; r++)
		json_object_set_new(o, frame_refusal_name((enum frame_refusal)r),
		    json_integer(
			(json_int_t)intake_count(e->intake, (enum frame_refusal)r)));
	return o;
}

static json_t *
count_hosts(const struct engine *e, int *guests)
{
	int health[HEALTH_FAILING + 1] = { 0 };
	int cordoned = 0;
	struct host_view v;

	*guests = 0;
	for (int32_t i = 0; core_host(e->core, (host_t){ i }, &v); i++) {
		health[v.health]++;
		cordoned += v.cordoned;
		*guests += v.xen->n_guests;
	}
	return json_pack("{s:i, s:i, s:i, s:i, s:i}", "sound", health[HEALTH_SOUND],
	    "suspect", health[HEALTH_SUSPECT], "failing", health[HEALTH_FAILING],
	    "unknown", health[HEALTH_UNKNOWN], "cordoned", cordoned);
}

static json_t *
answer_status(const struct engine *e, mono_t now)
{
	char instance[33];
	int guests, would_move, stays;
	json_t *hosts = count_hosts(e, &guests);
	json_t *orders = door_open_orders(e);

	sodium_bin2hex(instance, sizeof(instance), store_instance(e->store), 16);
	door_count_plans(e, &would_move, &stays);
	return json_pack(
	    "{s:b, s:{s:s, s:s, s:I, s:I, s:s, s:i}, s:o, s:i, s:i, s:i, s:i, s:o,"
	    " s:{s:b, s:s}, s:{s:b, s:s, s:I}, s:o}",
	    "ok", 1, "engine", "version", LIFEBOAT_VERSION, "instance", instance, "term",
	    (json_int_t)core_term(e->core), "uptime_ms",
	    (json_int_t)mono_since(now, e->started), "mode",
	    mode_name(core_mode(e->core)), "rules", CORE_VERSION, "hosts", hosts,
	    "guests", guests, "would_move", would_move, "stays", stays, "unwatched",
	    unwatched_count(e), "frames", frames(e), "store", "ok",
	    store_error(e->store)[0] == '\0', "error", store_error(e->store), "recording",
	    "on", record_is_on(e->record), "error", record_error(e->record), "bytes",
	    (json_int_t)record_bytes(e->record), "orders", orders);
}

static json_t *
answer_hosts(const struct engine *e, mono_t now)
{
	json_t *rows = json_array();

	for (int32_t i = 0; i < core_hosts(e->core); i++)
		json_array_append_new(rows, door_host_row(e, (host_t){ i }, now));
	return json_pack("{s:b, s:o}", "ok", 1, "hosts", rows);
}

static json_t *
answer_guests(const struct engine *e)
{
	json_t *rows = json_array();
	struct host_view v;

	for (int32_t i = 0; core_host(e->core, (host_t){ i }, &v); i++)
		for (int g = 0; g < v.xen->n_guests; g++)
			json_array_append_new(rows, door_guest_row(e, (host_t){ i }, g));
	return json_pack("{s:b, s:o}", "ok", 1, "guests", rows);
}

static json_t *
answer_why(const struct engine *e, const char *name, mono_t now)
{
	host_t host = core_find_host(e->core, name);
	struct host_view v;
	json_t *row;
	int guest;

	if (host.i >= 0) {
		row = door_host_row(e, host, now);
		json_object_set_new(row, "kind", json_string("host"));
		json_object_set_new(row, "readings", door_readings(e, host, now));
		json_object_set_new(row, "history", door_history(e, host, NULL, now));
	} else if (core_guest(e->core, name, &host, &guest)) {
		core_host(e->core, host, &v);
		row = door_guest_row(e, host, guest);
		json_object_set_new(row, "kind", json_string("guest"));
		json_object_set_new(row, "place", door_place(e, host, guest, HOST_NONE));
		json_object_set_new(
		    row, "orders", door_guest_orders(e, &v.xen->guests[guest].uuid));
		json_object_set_new(row, "history",
		    door_history(e, HOST_NONE, &v.xen->guests[guest].uuid, now));
	} else {
		return door_refuse("no host and no guest of that name");
	}
	json_object_set_new(row, "ok", json_true());
	return row;
}

static json_t *
answer_why_not(const struct engine *e, const struct door_request *q)
{
	host_t from, only = HOST_NONE;
	json_t *row, *out;
	int guest;

	if (!core_guest(e->core, q->guest, &from, &guest))
		return door_refuse("no guest of that name");
	if (q->host) {
		only = core_find_host(e->core, q->host);
		if (only.i < 0)
			return door_refuse("no host of that name");
	}
	row = door_guest_row(e, from, guest);
	out = json_pack("{s:b, s:O, s:O, s:O, s:o*}", "ok", 1, "guest",
	    json_object_get(row, "name"), "from", json_object_get(row, "host"), "stays",
	    json_object_get(row, "stays"), "place", door_place(e, from, guest, only));
	json_decref(row);
	return out;
}

static json_t *
answer(struct engine *e, const struct door_request *q, struct door_asker *asker)
{
	if (strcmp(q->op, "status") == 0)
		return answer_status(e, asker->now);
	if (strcmp(q->op, "hosts") == 0)
		return answer_hosts(e, asker->now);
	if (strcmp(q->op, "guests") == 0)
		return answer_guests(e);
	if (strcmp(q->op, "orders") == 0)
		return door_orders(e, q->which && strcmp(q->which, "all") == 0);
	if (strcmp(q->op, "why") == 0)
		return q->name ? answer_why(e, q->name, asker->now)
			       : door_refuse("\"name\" is missing");
	if (strcmp(q->op, "why-not") == 0)
		return q->guest ? answer_why_not(e, q)
				: door_refuse("\"guest\" is missing");
	if (strcmp(q->op, "watch") == 0) {
		asker->watch = true;
		asker->progress = q->which && strcmp(q->which, "progress") == 0;
		return json_pack("{s:b}", "ok", 1);
	}
	return door_operate(e, q, asker);
}

json_t *
door_answer(struct engine *e, const char *line, size_t len, struct door_asker *asker)
{
	struct door_request q = { .op = NULL };
	json_error_t error;
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	json_t *out;
	const char *bad;

	if (!json_is_object(object)) {
		json_decref(object);
		return door_refuse("a request is one JSON object on a line");
	}
	bad = read_request(&q, object);
	out = bad ? door_refuse(bad) : answer(e, &q, asker);
	json_decref(object);
	return out;
}

json_t *
door_news(
    const struct engine *e, const struct action *a, const char *id, const char *text)
{
	struct host_view v;
	bool guest = !uuid_is_nil(&a->guest);
	bool host = core_host(e->core, a->from, &v);

	return json_pack("{s:s, s:s, s:s?, s:s?}", "event", text, "id", id, "host",
	    host ? v.name : NULL, "guest", guest ? a->name : NULL);
}
