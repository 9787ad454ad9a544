#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actuator/info.h"
#include "actuator/ledger.h"
#include "actuator/look.h"
#include "actuator/preflight.h"
#include "base/balloon.h"
#include "base/disk.h"
#include "base/sysfs.h"

#define XL_CONF "/etc/xen/xl.conf"

enum {
	INFO_SIZE = 32 * 1024,
	BLOCKS = 512,
};

static int
gather_info(struct preflight_facts *f, const struct actuator_conf *conf, struct err *err)
{
	static struct info info;
	const char *const argv[] = { conf->xl, "info", NULL };
	char *text;
	int r = xl_say(&text, INFO_SIZE, argv, err);
	bool told;

	if (r < 0)
		return r;
	told = info_parse(&info, text);
	free(text);
	if (!told)
		return err_set(err, -EPROTO, "%s info: no Xen version in it", conf->xl);
	f->xen_major = info.major;
	f->xen_minor = info.minor;
	f->free_kib = info.free_kib;
	f->hap = info.hap;
	memcpy(f->capabilities, info.capabilities, sizeof(f->capabilities));
	f->autoballoon = balloon_is_on(XL_CONF, info.command_line);
	return 0;
}

/* Of several paths to one disk the smallest name counts: they are one disk. */
static void
gather_disks(struct preflight_facts *f, const Lifeboat__Order *o)
{
	static char names[BLOCKS][64];
	int n = sysfs_list(names, BLOCKS, "", "/sys/class/block");

	for (int i = 0; i < n; i++) {
		char identity[DISK_SIZE];
		struct err err;

		if (disk_identify(identity, "", names[i], &err) < 0)
			continue;
		for (size_t k = 0; k < o->n_disks; k++) {
			struct preflight_disk *d = &f->disks[k];
			if (d->present || strcmp(o->disks[k]->identity, identity) != 0)
				continue;
			d->present = true;
			d->size_kib =
			    sysfs_number(0, "", "/sys/class/block/%s/size", names[i]) / 2;
			d->read = look_disk(names[i]);
		}
	}
}

/* The guest's configuration and the state of its devices, xl's log of it, the order's own
 * folder, and what starts it at boot, if that comes along. */
static void
gather_rooms(struct preflight_facts *f, const struct actuator_conf *conf, bool autostarts)
{
	const struct preflight_room rooms[PREFLIGHT_ROOMS] = {
		{ "/var/lib/xen", 8192, 0 },
		{ "/var/log/xen", 64, 0 },
		{ conf->run, 128, 0 },
		{ AUTOSTART_XEN, autostarts ? 64 : 0, 0 },
	};

	for (size_t i = 0; i < PREFLIGHT_ROOMS; i++) {
		f->rooms[i] = rooms[i];
		if (rooms[i].kib > 0)
			f->rooms[i].look = look_room(rooms[i].folder, rooms[i].kib);
	}
}

static void
gather_files(struct preflight_facts *f, const Lifeboat__Guest *g)
{
	f->kernel = *g->kernel ? look_file(g->kernel) : 0;
	f->ramdisk = *g->ramdisk ? look_file(g->ramdisk) : 0;
}

/* A guest that asks for nothing gets it on any host. */
static int
gather_cpus(
    struct preflight_facts *f, const Lifeboat__Guest *g, const char *xl, struct err *err)
{
	bool named = *g->cpupool != '\0';
	int r;

	f->cpupool = true;
	if (!named && g->n_pinned == 0)
		return 0;
	r = xl_cpupool(xl, named ? g->cpupool : XL_CPUPOOL_FIRST, &f->cpus, err);
	f->cpus_known = r == 0;
	f->cpupool = !named || r == 0;
	return r == -ENOENT ? 0 : r;
}

static uint64_t
dom0_kib(const struct preflight_facts *f)
{
	for (int i = 0; i < f->n_domains; i++)
		if (f->domains[i].domid == 0)
			return f->domains[i].memory_kib;
	return 0;
}

bool
preflight(struct mover *m)
{
	static struct preflight_facts f;
	const Lifeboat__Guest *g = m->order->guest;
	char sentence[DETAIL_SIZE];
	const char *why;
	struct err err;

	/* Before what is free is asked: memory that a guest gets in between counts twice,
	 * and never not at all. */
	f.n_domains = xl_list(m->conf.xl, f.domains, &err);
	if (f.n_domains < 0) {
		mover_why(m, "no-list", "%s", err.text);
		return false;
	}
	if (gather_info(&f, &m->conf, &err) < 0 ||
	    gather_cpus(&f, g, m->conf.xl, &err) < 0) {
		mover_why(m, "no-xen", "%s", err.text);
		return false;
	}
	f.dom0_kib = dom0_kib(&f);
	ledger_sum(&f.promised, m->conf.run, m->folder, f.domains, f.n_domains);
	for (size_t i = 0; i < g->n_bridges; i++)
		f.bridges[i] =
		    sysfs_exists("", "/sys/class/net/%s/bridge", g->bridges[i]);
	gather_rooms(&f, &m->conf,
	    g->master == MASTER_AUTO && m->conf.autostart == AUTOSTART_FOLLOW);
	gather_disks(&f, m->order);
	gather_files(&f, g);
	f.n_features = look_features(f.features, (enum guest_type)g->type, f.xen_minor);
	why = preflight_judge(&f, m->order, &m->conf, sentence, sizeof(sentence));
	if (why)
		mover_why(m, why, "%s", sentence);
	return why == NULL;
}
