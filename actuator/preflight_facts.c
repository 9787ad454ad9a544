#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actuator/ledger.h"
#include "actuator/look.h"
#include "actuator/preflight.h"
#include "base/disk.h"
#include "base/sysfs.h"

enum {
	XL_MS = 60000,
	INFO_SIZE = 32 * 1024,
	BLOCKS = 512,
};

/* The value of a line of `xl info`, in place; "" when there is none. */
static const char *
info_value(const char *info, const char *key, char *value, size_t size)
{
	size_t len = strlen(key);

	value[0] = '\0';
	for (const char *line = info; line && *line; line = strchr(line, '\n')) {
		const char *colon;
		line += *line == '\n';
		if (strncmp(line, key, len) != 0 ||
		    (line[len] != ' ' && line[len] != ':'))
			continue;
		colon = strchr(line, ':');
		if (colon)
			snprintf(value, size, "%.*s", (int)strcspn(colon + 1, "\n"),
			    colon + 1);
		break;
	}
	return value + strspn(value, " ");
}

/* As xl decides it: the key in xl.conf, else whether Xen was booted with dom0_mem=. */
static bool
is_autoballoon(const char *commandline)
{
	char line[256];
	FILE *f = fopen("/etc/xen/xl.conf", "re");
	bool fixed = strstr(commandline, "dom0_mem=") != NULL;

	while (f && fgets(line, sizeof(line), f)) {
		const char *at = line + strspn(line, " \t");
		if (strncmp(at, "autoballoon", 11) != 0)
			continue;
		at += 11 + strspn(at + 11, " \t=\"'");
		if (*at == 'o' || *at == '0' || *at == '1')
			fixed = strncmp(at, "off", 3) == 0 || *at == '0';
	}
	if (f)
		fclose(f);
	return !fixed;
}

static int
gather_xen(struct preflight_facts *f, const struct actuator_conf *conf, struct err *err)
{
	const char *const argv[] = { conf->xl, "info", NULL };
	char *info = malloc(INFO_SIZE), value[1024];
	int r = info ? run_output(argv, info, INFO_SIZE, XL_MS, err) : -ENOMEM;

	if (r != 0) {
		free(info);
		return r < 0 ? r
			     : err_set(err, -EIO, "%s info: exit status %d", conf->xl, r);
	}
	f->xen_major = (uint32_t)strtoul(
	    info_value(info, "xen_major", value, sizeof(value)), NULL, 10);
	f->xen_minor = (uint32_t)strtoul(
	    info_value(info, "xen_minor", value, sizeof(value)), NULL, 10);
	f->free_kib =
	    1024 *
	    strtoull(info_value(info, "free_memory", value, sizeof(value)), NULL, 10);
	f->hap =
	    strstr(info_value(info, "virt_caps", value, sizeof(value)), "hap") != NULL;
	f->autoballoon =
	    is_autoballoon(info_value(info, "xen_commandline", value, sizeof(value)));
	free(info);
	if (f->xen_major == 0)
		return err_set(err, -EPROTO, "%s info: no Xen version in it", conf->xl);
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

bool
preflight(struct mover *m)
{
	static struct preflight_facts f;
	const Lifeboat__Guest *g = m->order->guest;
	char sentence[DETAIL_SIZE];
	const char *why;
	struct err err;

	if (gather_xen(&f, &m->conf, &err) < 0 ||
	    gather_cpus(&f, g, m->conf.xl, &err) < 0) {
		mover_why(m, "no-xen", "%s", err.text);
		return false;
	}
	f.n_domains = xl_list(m->conf.xl, f.domains, &err);
	if (f.n_domains < 0) {
		mover_why(m, "no-list", "%s", err.text);
		return false;
	}
	ledger_sum(m->conf.run, m->folder, &f.arriving, &f.promised_kib);
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
