#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_internal.h"

static void
put_word(FILE *f, const char *text)
{
	char word[4 * DISK_SIZE];

	fputs(text_escape(word, sizeof(word), text), f);
}

static void
put_id(FILE *f, const struct trace *t, id64_t id)
{
	char buf[DISK_SIZE];
	const char *name = trace_named(t, id, buf);

	if (id.v == 0)
		fputc('-', f);
	else if (name == buf)
		fputs(buf, f);
	else
		put_word(f, name);
}

static void
put_host(FILE *f, const struct core *core, host_t host)
{
	struct host_view v;

	fputc(' ', f);
	if (core_host(core, host, &v))
		put_word(f, v.name);
	else
		fputc('?', f);
}

static void
put_quantity(FILE *f, enum sensor_kind kind, int64_t milli)
{
	char text[40];

	fputs(text_quantity(text, sizeof(text), kind, milli), f);
}

static void
put_memory(FILE *f, const char *key, uint64_t kib)
{
	char text[40];

	fprintf(f, " %s=%s", key, text_memory(text, sizeof(text), kib));
}

static void
write_rules(FILE *f, const struct rules *rules)
{
	struct rules usual = rules_default();
	char text[40];

	for (size_t i = 0; i < trace_n_rules; i++) {
		const struct rule_field *r = &trace_rules[i];
		int64_t value, before;
		memcpy(&value, (const char *)rules + r->offset, sizeof(value));
		memcpy(&before, (const char *)&usual + r->offset, sizeof(before));
		if (value == before)
			continue;
		fprintf(f, " %s=", r->name);
		if (r->type == RULE_DURATION)
			fputs(text_duration(text, sizeof(text), value), f);
		else if (r->type == RULE_TEMP)
			put_quantity(f, SENSOR_TEMP, value);
		else if (r->type == RULE_MEMORY)
			fputs(text_memory(text, sizeof(text), (uint64_t)value), f);
		else
			fprintf(f, "%" PRId64 "%s", value,
			    r->type == RULE_PERCENT ? "%" : "");
	}
}

static void
write_limit(FILE *f, const char *key, enum sensor_kind kind, int64_t milli)
{
	if (milli == NO_LIMIT)
		return;
	fprintf(f, " %s=", key);
	put_quantity(f, kind, milli);
}

static void
write_catalogue(FILE *f, const struct event *e)
{
	for (int i = 0; i < e->catalogue.n; i++) {
		const struct sensor_facts *s = &e->catalogue.sensor[i];
		fputs(i ? " ; " : " ", f);
		put_word(f, s->name);
		fprintf(f, " %s", sensor_kind_name(s->kind));
		for (int l = 0; l < LIMITS; l++) {
			write_limit(f, trace_limits[l], s->kind, s->limit[l]);
			write_limit(f, trace_clears[l], s->kind, s->clear[l]);
		}
		fputs(s->ignored ? " ignored" : "", f);
		fputs(s->lost_fails ? " lost-fails" : "", f);
	}
}

static void
write_reading(FILE *f, const struct sensor_facts *facts, const struct reading *r)
{
	fputc(' ', f);
	put_word(f, facts->name);
	fputc('=', f);
	put_quantity(f, facts->kind, r->value);
	if (r->quality != QUALITY_GOOD)
		fprintf(f, "!%s", quality_name((enum quality)r->quality));
	fputs(r->flags & FLAG_ALARM ? "!alarm" : "", f);
	fputs(r->flags & FLAG_CRIT_ALARM ? "!crit-alarm" : "", f);
	fputs(r->flags & FLAG_FAULT ? "!fault" : "", f);
}

static void
write_readings(FILE *f, const struct core *core, const struct event *e)
{
	struct host_view h;
	struct sensor_view s;

	if (!core_host(core, e->host, &h))
		return;
	if (e->readings.first != 0 || e->readings.n != h.n_sensors)
		fprintf(f, " @%u+%u", e->readings.first, e->readings.n);
	for (int i = 0; i < e->readings.n; i++) {
		const struct reading *r = &e->readings.reading[i];
		if (!core_sensor(core, e->host, e->readings.first + i, &s))
			continue;
		if (s.ever_read && s.reading.value == r->value &&
		    s.reading.quality == r->quality && s.reading.flags == r->flags)
			continue;
		write_reading(f, s.facts, r);
	}
}

static void
write_ids(FILE *f, const struct trace *t, const char *key, const id64_t *ids, int n)
{
	for (int i = 0; i < n; i++) {
		fprintf(f, i ? "," : " %s=", key);
		put_id(f, t, ids[i]);
	}
}

static void
write_words(FILE *f, const char *key, const uint32_t *words, int n)
{
	for (int i = 0; i < n; i++) {
		fprintf(f, i ? "," : " %s=", key);
		fprintf(f, "%08" PRIx32, words[i]);
	}
}

static void
write_guest(FILE *f, const struct trace *t, const struct guest_facts *g)
{
	struct guest_facts usual = trace_guest(g->name);
	char uuid[UUID_TEXT_SIZE];

	fputs(" ; guest ", f);
	put_word(f, g->name);
	if (!uuid_equal(&g->uuid, &usual.uuid)) {
		uuid_format(uuid, &g->uuid);
		fprintf(f, " uuid=%s", uuid);
	}
	if (g->domid)
		fprintf(f, " domid=%" PRIu32, g->domid);
	if (g->type != usual.type)
		fprintf(f, " type=%s", guest_type_name(g->type));
	if (g->state != usual.state)
		fprintf(f, " state=%s", guest_state_name(g->state));
	if (g->master != MASTER_NONE)
		fprintf(f, " master=%s", master_name(g->master));
	put_memory(f, "memory", g->memory_kib);
	if (g->vcpus != usual.vcpus)
		fprintf(f, " vcpus=%" PRIu32, g->vcpus);
	if (g->cpu_permille)
		fprintf(f, " load=%" PRIu32, g->cpu_permille);
	if (g->pci_devices)
		fprintf(f, " pci=%u", g->pci_devices);
	write_ids(f, t, "disks", g->disks, g->n_disks);
	write_ids(f, t, "bridges", g->bridges, g->n_bridges);
	fputs(g->move ? "" : " move=no", f);
}

static void
write_xen(FILE *f, const struct trace *t, const struct xen_facts *x)
{
	if (x->state != PROBE_OK) {
		fprintf(f, " %s", probe_state_name(x->state));
		return;
	}
	fprintf(f, " %" PRIu32 ".%" PRIu32, x->major, x->minor);
	put_memory(f, "memory", x->total_kib);
	put_memory(f, "free", x->free_kib);
	fprintf(f, " cpus=%" PRIu32 " load=%" PRIu32, x->cpus, x->cpu_permille);
	fprintf(f, " live=%s",
	    x->live_pv && x->live_hvm ? "pv,hvm"
	    : x->live_pv              ? "pv"
	    : x->live_hvm             ? "hvm"
				      : "none");
	write_words(f, "features-pv", x->features_pv, x->n_features_pv);
	write_words(f, "features-hvm", x->features_hvm, x->n_features_hvm);
	write_ids(f, t, "bridges", x->bridges, x->n_bridges);
	for (int i = 0; i < x->n_guests; i++)
		write_guest(f, t, &x->guests[i]);
}

static void
write_seen(
    FILE *f, const struct trace *t, const char *key, const struct disk_facts *d, int n)
{
	for (int i = 0; i < n; i++) {
		fprintf(f, i ? "," : " %s=", key);
		put_id(f, t, d[i].disk);
		fputs(d[i].lost ? "!lost" : "", f);
	}
}

static void
write_storage(FILE *f, const struct trace *t, const struct storage_facts *s)
{
	if (s->state != PROBE_OK) {
		fprintf(f, " %s", probe_state_name(s->state));
		return;
	}
	write_seen(f, t, "disks", s->disks, s->n_disks);
	write_seen(f, t, "sessions", s->sessions, s->n_sessions);
}

static void
write_outcome(FILE *f, const struct event *e)
{
	fprintf(f, " %" PRIu64 ".%" PRIu32 " %s", e->outcome.order.term,
	    e->outcome.order.number, outcome_name(e->outcome.outcome));
	if (e->outcome.why != WHY_NONE)
		fprintf(f, " why=%s", why_word(e->outcome.why));
}

static bool
names_a_host(enum event_kind kind)
{
	return kind == EVENT_CATALOGUE || kind == EVENT_READINGS ||
	       kind == EVENT_PROBES || kind == EVENT_XEN || kind == EVENT_STORAGE ||
	       kind == EVENT_CORDON || kind == EVENT_UNCORDON || kind == EVENT_DRAIN ||
	       kind == EVENT_UNDRAIN || kind == EVENT_OUTCOME;
}

void
trace_event(struct trace *t, FILE *f, const struct core *core, mono_t origin,
    const struct event *e)
{
	char at[40];

	if ((unsigned int)e->kind >= EVENT_KINDS)
		return;
	text_milli(at, sizeof(at), mono_since(e->now, origin));
	fprintf(f, "@%ss %s", at, trace_events[e->kind]);
	if (names_a_host(e->kind))
		put_host(f, core, e->host);
	switch (e->kind) {
	case EVENT_RULES:
		write_rules(f, &e->rules);
		break;
	case EVENT_HOST:
		fputc(' ', f);
		put_word(f, e->host_name);
		break;
	case EVENT_RESTART:
		fprintf(f, " term=%" PRIu64, e->term);
		break;
	case EVENT_MODE:
		fprintf(f, " %s", mode_name(e->mode));
		break;
	case EVENT_CATALOGUE:
		write_catalogue(f, e);
		break;
	case EVENT_READINGS:
		write_readings(f, core, e);
		break;
	case EVENT_PROBES:
		for (int p = 0; p < PROBES; p++)
			fprintf(f, " %s=%s", probe_name((enum probe_id)p),
			    probe_state_name((enum probe_state)e->probes[p]));
		break;
	case EVENT_XEN:
		write_xen(f, t, &e->xen);
		break;
	case EVENT_STORAGE:
		write_storage(f, t, &e->storage);
		break;
	case EVENT_OUTCOME:
		write_outcome(f, e);
		break;
	default:
		break;
	}
	fputc('\n', f);
}
