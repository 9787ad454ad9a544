#include "actuator/preflight.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "actuator/need.h"
#include "base/balloon.h"

enum { KIB_PER_MIB = 1024 };

/* This host's own health, as far as a guest's arrival depends on it. */
static const char *
judge_rooms(const struct preflight_facts *f, char *s, size_t size)
{
	char text[128];

	for (size_t i = 0; i < PREFLIGHT_ROOMS; i++) {
		const struct preflight_room *room = &f->rooms[i];

		if (room->look == 0)
			continue;
		snprintf(s, size, "%" PRId64 " KiB cannot be written to %s here: %s",
		    room->kib, room->folder, err_text(text, sizeof(text), room->look));
		return "not-writable";
	}
	return NULL;
}

/* The source takes the link away only if it can be made here. */
static const char *
judge_autostart(
    const Lifeboat__Guest *g, const struct actuator_conf *conf, char *s, size_t size)
{
	if (g->master != MASTER_AUTO || conf->autostart == AUTOSTART_FOLLOW)
		return NULL;
	snprintf(s, size,
	    "its link under " AUTOSTART_AUTO " is to come along, and autostart = follow "
	    "is not set in actuator.conf here");
	return "autostart";
}

static const char *
judge_version(
    const struct preflight_facts *f, const Lifeboat__Xen *source, char *s, size_t size)
{
	if (f->xen_major > source->major ||
	    (f->xen_major == source->major && f->xen_minor >= source->minor))
		return NULL;
	snprintf(s, size, "Xen %u.%u here is older than the source's %u.%u", f->xen_major,
	    f->xen_minor, source->major, source->minor);
	return "older-xen";
}

static const char *
judge_names(
    const struct preflight_facts *f, const Lifeboat__Guest *g, char *s, size_t size)
{
	char incoming[XL_NAME_SIZE];
	struct uuid uuid;

	memcpy(uuid.b, g->uuid.data, sizeof(uuid.b));
	snprintf(incoming, sizeof(incoming), "%s" XL_INCOMING, g->name);
	for (int i = 0; i < f->n_domains; i++) {
		const struct xl_domain *d = &f->domains[i];
		if (strcmp(d->name, incoming) == 0) {
			snprintf(s, size,
			    "%s is left here by an earlier move (domain %u)", d->name,
			    d->domid);
			return "leftover";
		}
		if (uuid_equal(&d->uuid, &uuid)) {
			snprintf(s, size,
			    "a domain with its UUID is here already: %s (%u)", d->name,
			    d->domid);
			return "name-taken";
		}
		if (strcmp(d->name, g->name) == 0) {
			snprintf(s, size,
			    "another guest has the name %s here (domain %u)", d->name,
			    d->domid);
			return "name-taken";
		}
	}
	return NULL;
}

static const char *
judge_memory(const struct preflight_facts *f, const Lifeboat__Guest *g,
    const struct actuator_conf *conf, char *s, size_t size)
{
	uint64_t need = need_free(g);
	uint64_t kept = (uint64_t)conf->reserve_kib + f->promised.kib;
	uint64_t given = f->autoballoon ? balloon_gives(f->dom0_kib) : 0;
	uint64_t all = f->free_kib + given, have = all > kept ? all - kept : 0;

	if (f->autoballoon && f->promised.arriving > 0) {
		snprintf(s, size,
		    "another guest is arriving, and with autoballoon xl takes one at a "
		    "time: boot Xen with dom0_mem=");
		return "autoballoon";
	}
	if (f->promised.arriving >= conf->berths) {
		snprintf(s, size, "all %" PRId64 " berths are taken", conf->berths);
		return "busy";
	}
	if (have >= need)
		return NULL;
	snprintf(s, size,
	    "it needs %" PRIu64 " MiB and %" PRIu64 " MiB are to be had: %" PRIu64
	    " free, %" PRIu64 " that dom0 may give back, %" PRIu64 " promised, %" PRId64
	    " in reserve",
	    need / KIB_PER_MIB, have / KIB_PER_MIB, f->free_kib / KIB_PER_MIB,
	    given / KIB_PER_MIB, f->promised.kib / KIB_PER_MIB,
	    conf->reserve_kib / KIB_PER_MIB);
	return "memory";
}

static const char *
judge_disks(
    const struct preflight_facts *f, const Lifeboat__Order *o, char *s, size_t size)
{
	for (size_t i = 0; i < o->n_disks; i++) {
		const Lifeboat__Disk *want = o->disks[i];
		const struct preflight_disk *have = &f->disks[i];

		if (!have->present) {
			snprintf(s, size, "disk %s is not here", want->identity);
			return "disks";
		}
		if (have->size_kib != want->size_kib) {
			snprintf(s, size,
			    "disk %s has %" PRIu64 " KiB here and %" PRIu64
			    " KiB at the source",
			    want->identity, have->size_kib, want->size_kib);
			return "disks";
		}
		if (have->read < 0) {
			char text[128];
			snprintf(s, size, "disk %s cannot be read here: %s",
			    want->identity, err_text(text, sizeof(text), have->read));
			return "disks";
		}
	}
	return NULL;
}

/* What Xen calls the interface of such guests.  As with features, where it does not tell,
 * the engine's own look has to do. */
static const char *
judge_type(const struct preflight_facts *f, enum guest_type type, char *s, size_t size)
{
	const char *need = type == GUEST_PV ? "xen-3.0-x86_64" : "hvm-3.0-x86_64";

	if (*f->capabilities && !info_has_word(f->capabilities, need)) {
		snprintf(s, size,
		    "this host's Xen runs no %s guests: %s is not among its capabilities",
		    guest_type_name(type), need);
		return "not-live";
	}
	if (type == GUEST_PV || f->hap)
		return NULL;
	snprintf(s, size, "this host's Xen cannot live-migrate %s guests: no hap",
	    guest_type_name(type));
	return "not-live";
}

static const char *
judge_guest(
    const struct preflight_facts *f, const Lifeboat__Order *o, char *s, size_t size)
{
	const Lifeboat__Guest *g = o->guest;
	const char *why = g->type == GUEST_UNKNOWN
			      ? NULL
			      : judge_type(f, (enum guest_type)g->type, s, size);

	if (why)
		return why;
	for (size_t i = 0; i < g->n_bridges; i++)
		if (!f->bridges[i]) {
			snprintf(s, size, "bridge %s is not here", g->bridges[i]);
			return "bridges";
		}
	if (o->n_disks < g->n_disks) {
		snprintf(s, size, "%zu of its %zu disks are not shared",
		    g->n_disks - o->n_disks, g->n_disks);
		return "disks";
	}
	return NULL;
}

static const char *
judge_file(const char *what, const char *path, int look, char *s, size_t size)
{
	char text[128];

	if (look == 0)
		return NULL;
	if (look == -ENOENT)
		snprintf(s, size, "%s %s is not here", what, path);
	else if (look == -EISDIR)
		snprintf(s, size, "%s %s is no file here", what, path);
	else if (look == -EACCES)
		snprintf(s, size, "%s %s " HEADER_SECRET, what, path);
	else
		snprintf(s, size, "%s %s cannot be seen here: %s", what, path,
		    err_text(text, sizeof(text), look));
	return "no-file";
}

/* libxl puts the guest into its cpupool, where Xen refuses a binding to processors that
 * are all outside. */
static const char *
judge_cpus(
    const struct preflight_facts *f, const Lifeboat__Guest *g, char *s, size_t size)
{
	const char *pool = *g->cpupool ? g->cpupool : XL_CPUPOOL_FIRST;
	char here[PIN_SIZE * 2];
	struct cpus pin;

	if (!f->cpupool) {
		snprintf(s, size, "cpupool %s is not here", pool);
		return "cpupool";
	}
	for (size_t i = 0; f->cpus_known && i < g->n_pinned; i++) {
		if (!cpus_parse(&pin, g->pinned[i]) || cpus_meet(&pin, &f->cpus))
			continue;
		if (!cpus_format(here, sizeof(here), &f->cpus))
			snprintf(here, sizeof(here), "none of them");
		snprintf(s, size,
		    "it is bound to processors %s, and cpupool %s here has %s",
		    g->pinned[i], pool, here);
		return "pinned";
	}
	return NULL;
}

/* The engine asked the same of what was reported; where Xen does not tell now, that has
 * to do. */
static const char *
judge_features(
    const struct preflight_facts *f, const Lifeboat__Order *o, char *s, size_t size)
{
	bool pv = o->guest->type == GUEST_PV;
	const uint32_t *need = pv ? o->source->features_pv : o->source->features_hvm;
	size_t n = pv ? o->source->n_features_pv : o->source->n_features_hvm;

	for (size_t i = 0; f->n_features > 0 && i < n; i++) {
		uint32_t have = i < f->n_features ? f->features[i] : 0;

		if ((need[i] & ~have) == 0)
			continue;
		snprintf(s, size,
		    "the processor here lacks features that the guest may have seen: "
		    "%08" PRIx32 " of %08" PRIx32 " in word %zu",
		    need[i] & ~have, need[i], i);
		return "features";
	}
	return NULL;
}

static const char *
judge_config(
    const struct preflight_facts *f, const Lifeboat__Order *o, char *s, size_t size)
{
	const Lifeboat__Guest *g = o->guest;
	const char *why = judge_features(f, o, s, size);

	if (!why)
		why = judge_file("kernel", g->kernel, f->kernel, s, size);
	if (!why)
		why = judge_file("ramdisk", g->ramdisk, f->ramdisk, s, size);
	return why ? why : judge_cpus(f, g, s, size);
}

const char *
preflight_judge(const struct preflight_facts *facts, const Lifeboat__Order *order,
    const struct actuator_conf *conf, char *sentence, size_t size)
{
	const char *why = judge_rooms(facts, sentence, size);

	if (!why)
		why = judge_autostart(order->guest, conf, sentence, size);
	if (!why)
		why = judge_version(facts, order->source, sentence, size);
	if (!why)
		why = judge_names(facts, order->guest, sentence, size);
	if (!why)
		why = judge_guest(facts, order, sentence, size);
	if (!why)
		why = judge_config(facts, order, sentence, size);
	if (!why)
		why = judge_memory(facts, order->guest, conf, sentence, size);
	if (!why)
		why = judge_disks(facts, order, sentence, size);
	return why;
}
