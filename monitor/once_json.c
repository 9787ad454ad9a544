#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "monitor/once.h"

/* A member that could not be made is left out by jansson; json_dumpf then fails at the
 * latest, so that the makers below need no check of their own. */

static void
put_number(json_t *o, const char *name, bool has, int64_t value)
{
	json_object_set_new(o, name, has ? json_integer(value) : json_null());
}

static json_t *
make_sensor(const Lifeboat__Report *report, const Lifeboat__Catalogue *c, size_t i)
{
	const Lifeboat__Sensor *s = c->sensors[i];
	int64_t value = 0;
	uint32_t bits = QUALITY_GONE;
	bool read = once_reading(report, c, i, &value, &bits);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b}", "name", s->name,
	    "label", s->label, "kind", sensor_kind_name((enum sensor_kind)s->kind),
	    "unit", sensor_kind_unit((enum sensor_kind)s->kind), "quality",
	    quality_name((enum quality)(bits & 15)), "alarm",
	    (bits >> 4 & FLAG_ALARM) != 0, "critical_alarm",
	    (bits >> 4 & FLAG_CRIT_ALARM) != 0, "fault", (bits >> 4 & FLAG_FAULT) != 0);

	put_number(o, "value", read && (bits & 15) == QUALITY_GOOD, value);
	put_number(o, "low_critical", s->limits & HAS_LOW_CRITICAL, s->low_critical);
	put_number(o, "low", s->limits & HAS_LOW, s->low);
	put_number(o, "high", s->limits & HAS_HIGH, s->high);
	put_number(o, "high_critical", s->limits & HAS_HIGH_CRITICAL, s->high_critical);
	return o;
}

static void
put_sensors(json_t *sensors, const Lifeboat__Report *report)
{
	for (size_t i = 0; i < report->n_catalogues; i++) {
		const Lifeboat__Catalogue *c = report->catalogues[i];

		for (size_t j = 0; j < c->n_sensors; j++)
			json_array_append_new(sensors, make_sensor(report, c, j));
	}
}

static json_t *
make_texts(char *const *texts, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(texts[i]));
	return a;
}

static json_t *
make_guest(const Lifeboat__Xen *xen, const Lifeboat__Guest *g)
{
	const char *stays = once_stays(xen, g);
	struct uuid uuid;
	char text[UUID_TEXT_SIZE];

	memcpy(uuid.b, g->uuid.data, sizeof(uuid.b));
	uuid_format(text, &uuid);
	return json_pack(
	    "{s:s, s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:o, s:o, s:b, s:s?}",
	    "name", g->name, "uuid", text, "domid", (int)g->domid, "type",
	    guest_type_name((enum guest_type)g->type), "state",
	    guest_state_name((enum guest_state)g->state), "master",
	    master_name((enum master)g->master), "memory_kib", (json_int_t)g->memory_kib,
	    "max_kib", (json_int_t)g->max_kib, "vcpus", (int)g->vcpus, "pci_devices",
	    (int)g->pci_devices, "disks", make_texts(g->disks, g->n_disks), "bridges",
	    make_texts(g->bridges, g->n_bridges), "live_migratable", stays == NULL,
	    "stays", stays);
}

static json_t *
make_xen(const Lifeboat__Xen *x)
{
	json_t *guests = json_array();

	for (size_t i = 0; i < x->n_guests; i++)
		json_array_append_new(guests, make_guest(x, x->guests[i]));
	return json_pack(
	    "{s:i, s:i, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:b, s:i, s:o, s:o}", "major",
	    (int)x->major, "minor", (int)x->minor, "extra", x->extra, "capabilities",
	    x->capabilities, "total_kib", (json_int_t)x->total_kib, "free_kib",
	    (json_int_t)x->free_kib, "dom0_kib", (json_int_t)x->dom0_kib, "autoballoon",
	    x->autoballoon, "live_pv", x->live_pv, "live_hvm", x->live_hvm, "cpus",
	    (int)x->cpus, "bridges", make_texts(x->bridges, x->n_bridges), "guests",
	    guests);
}

static json_t *
make_disk(const Lifeboat__Disk *d)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:I, s:b, s:s, s:s}", "identity",
	    d->identity, "size_kib", (json_int_t)d->size_kib, "device", d->device,
	    "state", once_disk_state(d->state), "errors", (json_int_t)d->errors,
	    "await_us", (json_int_t)d->await_us, "stuck", d->stuck, "portal", d->portal,
	    "iqn", d->iqn);
}

static json_t *
make_storage(const Lifeboat__Storage *s)
{
	json_t *disks = json_array(), *sessions = json_array();

	for (size_t i = 0; i < s->n_disks; i++)
		json_array_append_new(disks, make_disk(s->disks[i]));
	for (size_t i = 0; i < s->n_sessions; i++) {
		const Lifeboat__Session *e = s->sessions[i];

		json_array_append_new(
		    sessions, json_pack("{s:s, s:s, s:s, s:i}", "iqn", e->iqn, "portal",
				  e->portal, "state", once_session_state(e->state),
				  "recovery_s", (int)e->recovery_s));
	}
	return json_pack("{s:o, s:o}", "disks", disks, "sessions", sessions);
}

static json_t *
make_probe(const struct once *once, enum probe_id id)
{
	const Lifeboat__Report *report = once->report[id];

	return json_pack("{s:s, s:s?, s:o}", "state", probe_state_name(once->state[id]),
	    "why", once->why[id][0] ? once->why[id] : NULL, "took_ms",
	    report ? json_integer(report->probes[0]->took_ms) : json_null());
}

int
once_print_json(FILE *f, const struct once *once)
{
	json_t *probes = json_object(), *sensors = json_array();
	json_t *xen = json_null(), *storage = json_null(), *all;
	int r = 0;

	for (enum probe_id id = 0; id < PROBES; id++) {
		const Lifeboat__Report *report = once->report[id];

		json_object_set_new(probes, probe_name(id), make_probe(once, id));
		if (!report)
			continue;
		put_sensors(sensors, report);
		if (report->xen)
			xen = make_xen(report->xen);
		if (report->storage)
			storage = make_storage(report->storage);
	}
	all = json_pack("{s:o, s:o, s:o, s:o, s:s?}", "probes", probes, "sensors",
	    sensors, "xen", xen, "storage", storage, "heat", once->heat);
	if (!all)
		return -ENOMEM;
	if (json_dumpf(all, f, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0)
		r = -EIO;
	fputc('\n', f);
	json_decref(all);
	return r;
}
