#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "monitor/once.h"

enum { CELL = 128 };

void
once_plain(char *buf, size_t size, const char *text)
{
	size_t len = 0;

	for (; text[len] && len + 1 < size; len++) {
		buf[len] = text[len];
		if (text[len] < ' ' || text[len] > '~')
			buf[len] = '?';
	}
	buf[len] = '\0';
}

bool
once_reading(const Lifeboat__Report *report, const Lifeboat__Catalogue *catalogue,
    size_t i, int64_t *value, uint32_t *state)
{
	for (size_t j = 0; j < report->n_readings; j++) {
		const Lifeboat__Readings *r = report->readings[j];

		if (r->probe != catalogue->probe ||
		    r->generation != catalogue->generation || i >= r->n_values)
			continue;
		*value = r->values[i];
		*state = r->states[i];
		return true;
	}
	return false;
}

const char *
once_stays(const Lifeboat__Xen *xen, const Lifeboat__Guest *guest)
{
	if (guest->type == GUEST_UNKNOWN)
		return "its type is not known";
	if (guest->type == GUEST_PV && !xen->live_pv)
		return "this Xen cannot live-migrate PV guests";
	if (guest->type != GUEST_PV && !xen->live_hvm)
		return "this Xen cannot live-migrate HVM and PVH guests";
	if (guest->state > GUEST_PAUSED)
		return "it is not running";
	if (guest->pci_devices > 0)
		return "it has a PCI device of this host";
	for (size_t i = 0; i < guest->n_disks; i++) {
		if (guest->disks[i][0] == '\0')
			return "it has a disk that is not shared";
	}
	if (guest->master == MASTER_AUTO)
		return "/etc/xen/auto starts it here";
	if (guest->master == MASTER_LIBVIRT)
		return "libvirt manages it";
	return NULL;
}

const char *
once_session_state(uint32_t state)
{
	static const char *const words[] = { "logged-in", "failed", "free" };

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : "?";
}

const char *
once_disk_state(uint32_t state)
{
	static const char *const words[] = { "running", "blocked", "offline" };

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : "?";
}

static void
print_probes(FILE *f, const struct once *once)
{
	fprintf(f, "%-9s %s\n", "PROBE", "STATE");
	for (enum probe_id id = 0; id < PROBES; id++)
		fprintf(f, "%-9s %s%s%s\n", probe_name(id),
		    probe_state_name(once->state[id]), once->why[id][0] ? ": " : "",
		    once->why[id]);
}

static void
append(char *cell, const char *name, const char *value)
{
	size_t len = strlen(cell);

	snprintf(cell + len, CELL - len, "%s%s%s%s", len > 0 ? " " : "", name,
	    value[0] ? "=" : "", value);
}

static void
put_limits(char cell[CELL], const Lifeboat__Sensor *s)
{
	const struct {
		uint32_t bit;
		const char *name;
		int64_t value;
	} limits[] = {
		{ HAS_LOW_CRITICAL, "low-critical", s->low_critical },
		{ HAS_LOW, "low", s->low },
		{ HAS_HIGH, "high", s->high },
		{ HAS_HIGH_CRITICAL, "high-critical", s->high_critical },
	};
	char value[48];

	cell[0] = '\0';
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (s->limits & limits[i].bit)
			append(cell, limits[i].name,
			    text_quantity(value, sizeof(value), (enum sensor_kind)s->kind,
				limits[i].value));
	}
}

static void
put_state(char cell[CELL], uint32_t state)
{
	cell[0] = '\0';
	if ((state >> 4) & FLAG_ALARM)
		append(cell, "ALARM", "");
	if ((state >> 4) & FLAG_CRIT_ALARM)
		append(cell, "CRITICAL-ALARM", "");
	if ((state >> 4) & FLAG_FAULT)
		append(cell, "FAULT", "");
}

static void
print_sensor(
    FILE *f, const Lifeboat__Report *report, const Lifeboat__Catalogue *c, size_t i)
{
	const Lifeboat__Sensor *s = c->sensors[i];
	char name[CELL], label[CELL], value[48] = "?", limits[CELL], state[CELL] = "";
	int64_t number;
	uint32_t bits;

	if (once_reading(report, c, i, &number, &bits)) {
		put_state(state, bits);
		if ((bits & 15) == QUALITY_GOOD)
			text_quantity(
			    value, sizeof(value), (enum sensor_kind)s->kind, number);
		else
			snprintf(value, sizeof(value), "%s",
			    quality_name((enum quality)(bits & 15)));
	}
	put_limits(limits, s);
	once_plain(label, sizeof(label), s->label);
	fprintf(f, "%-32s %-20s %12s  %s%s%s\n", text_escape(name, sizeof(name), s->name),
	    label, value, limits, limits[0] && state[0] ? "  " : "", state);
}

static void
print_sensors(FILE *f, const Lifeboat__Report *report)
{
	for (size_t i = 0; i < report->n_catalogues; i++) {
		const Lifeboat__Catalogue *c = report->catalogues[i];

		fprintf(
		    f, "\n%-32s %-20s %12s  %s\n", "SENSOR", "LABEL", "VALUE", "LIMITS");
		for (size_t j = 0; j < c->n_sensors; j++)
			print_sensor(f, report, c, j);
	}
}

static void
print_guest(FILE *f, const Lifeboat__Xen *xen, const Lifeboat__Guest *guest)
{
	const char *stays = once_stays(xen, guest);
	char name[CELL], memory[32];

	fprintf(f, "%-24s %5u %-7s %-9s %10s %5u  %s%s\n",
	    text_escape(name, sizeof(name), guest->name), guest->domid,
	    guest_type_name((enum guest_type)guest->type),
	    guest_state_name((enum guest_state)guest->state),
	    text_memory(memory, sizeof(memory), guest->memory_kib), guest->vcpus,
	    stays ? "no: " : "yes", stays ? stays : "");
}

static void
print_xen(FILE *f, const Lifeboat__Xen *xen)
{
	char total[32], unused[32], dom0[32], text[1024];

	once_plain(text, sizeof(text), xen->extra);
	fprintf(f, "\nXen %u.%u%s, %u CPUs\n", xen->major, xen->minor, text, xen->cpus);
	once_plain(text, sizeof(text), xen->capabilities);
	fprintf(f, "  capabilities    %s\n", text);
	fprintf(f, "  memory          %s, free %s, dom0 %s%s\n",
	    text_memory(total, sizeof(total), xen->total_kib),
	    text_memory(unused, sizeof(unused), xen->free_kib),
	    text_memory(dom0, sizeof(dom0), xen->dom0_kib),
	    xen->autoballoon ? ", xl may shrink dom0" : "");
	fprintf(f, "  live migration  HVM and PVH: %s; PV: %s\n",
	    xen->live_hvm ? "yes" : "no", xen->live_pv ? "yes" : "no");
	fprintf(f, "  bridges        ");
	for (size_t i = 0; i < xen->n_bridges; i++)
		fprintf(f, " %s", text_escape(text, sizeof(text), xen->bridges[i]));
	fprintf(f, "%s\n", xen->n_bridges == 0 ? " none" : "");
	if (xen->n_guests == 0) {
		fprintf(f, "  no guests\n");
		return;
	}
	fprintf(f, "\n%-24s %5s %-7s %-9s %10s %5s  %s\n", "GUEST", "DOMID", "TYPE",
	    "STATE", "MEMORY", "VCPUS", "LIVE-MIGRATABLE");
	for (size_t i = 0; i < xen->n_guests; i++)
		print_guest(f, xen, xen->guests[i]);
}

static void
print_storage(FILE *f, const Lifeboat__Storage *storage)
{
	char text[DISK_SIZE * 4], device[CELL], size[32];

	if (storage->n_sessions > 0)
		fprintf(f, "\n%-24s %-10s %s\n", "PORTAL", "SESSION", "TARGET");
	for (size_t i = 0; i < storage->n_sessions; i++) {
		const Lifeboat__Session *s = storage->sessions[i];

		fprintf(f, "%-24s ", text_escape(text, sizeof(text), s->portal));
		fprintf(f, "%-10s %s\n", once_session_state(s->state),
		    text_escape(text, sizeof(text), s->iqn));
	}
	if (storage->n_disks > 0)
		fprintf(f, "\n%-10s %-10s %12s %8s  %s\n", "DISK", "STATE", "SIZE",
		    "ERRORS", "IDENTITY");
	for (size_t i = 0; i < storage->n_disks; i++) {
		const Lifeboat__Disk *d = storage->disks[i];

		fprintf(f, "%-10s %-10s %12s %8llu  %s%s\n",
		    text_escape(device, sizeof(device), d->device),
		    once_disk_state(d->state),
		    text_memory(size, sizeof(size), d->size_kib),
		    (unsigned long long)d->errors,
		    text_escape(text, sizeof(text), d->identity),
		    d->stuck ? "  STUCK" : "");
	}
}

void
once_print_text(FILE *f, const struct once *once)
{
	print_probes(f, once);
	for (enum probe_id id = 0; id < PROBES; id++) {
		const Lifeboat__Report *report = once->report[id];

		if (!report)
			continue;
		print_sensors(f, report);
		if (report->xen)
			print_xen(f, report->xen);
		if (report->storage)
			print_storage(f, report->storage);
	}
	if (once->heat)
		fprintf(f, "\n%s\n", once->heat);
}
