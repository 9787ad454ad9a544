#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/disk.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "monitor/probe.h"
#include "monitor/probe_iscsi.h"

enum { MAX_BLOCKS = 1024 };

/* What /sys/block/X/stat counted at the last sweep. */
struct counted {
	char device[DISK_NAME];
	uint64_t done, ticks, in_flight;
};

struct iscsi {
	const char *sysroot;
	Lifeboat__Storage storage;
	Lifeboat__Disk disk[MAX_DISKS], *disks[MAX_DISKS];
	Lifeboat__Session session[MAX_SESSIONS], *sessions[MAX_SESSIONS];
	char disk_text[MAX_DISKS][4][DISK_SIZE]; /* identity, device, portal, iqn */
	char session_text[MAX_SESSIONS][2][DISK_SIZE];
	struct counted now[MAX_DISKS], before[MAX_DISKS];
	int n_before;
	char names[MAX_BLOCKS][64];
};

void *
probe_iscsi_start(const char *sysroot)
{
	struct iscsi *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sysroot = sysroot;
	lifeboat__storage__init(&s->storage);
	s->storage.disks = s->disks;
	s->storage.sessions = s->sessions;
	return s;
}

static void *
start(const struct monitor_conf *conf, struct err *err)
{
	void *s = probe_iscsi_start("");

	(void)conf;
	if (!s)
		err_set(err, -ENOMEM, "out of memory");
	return s;
}

static void
stop(void *state)
{
	free(state);
}

static uint32_t
session_state(const char *word)
{
	if (strcmp(word, "LOGGED_IN") == 0)
		return 0;
	return strcmp(word, "FREE") == 0 ? 2 : 1;
}

static void
sweep_sessions(struct iscsi *s)
{
	static char names[MAX_SESSIONS][64];
	int n = sysfs_list(names, MAX_SESSIONS, s->sysroot, "/sys/class/iscsi_session");

	for (int i = 0; i < n; i++) {
		Lifeboat__Session *e = &s->session[i];
		char state[32];
		lifeboat__session__init(e);
		s->sessions[i] = e;
		e->iqn = s->session_text[i][0];
		e->portal = s->session_text[i][1];
		if (!sysfs_text(e->iqn, DISK_SIZE, s->sysroot,
			"/sys/class/iscsi_session/%s/targetname", names[i]) ||
		    e->iqn[0] == '\0')
			text_copy(e->iqn, DISK_SIZE, names[i]);
		disk_portal(e->portal, s->sysroot, names[i]);
		sysfs_text(state, sizeof(state), s->sysroot,
		    "/sys/class/iscsi_session/%s/state", names[i]);
		e->state = session_state(state);
		e->recovery_s = (uint32_t)sysfs_number(
		    0, s->sysroot, "/sys/class/iscsi_session/%s/recovery_tmo", names[i]);
	}
	s->storage.n_sessions = (size_t)n;
}

/* A LUN that a multipath map holds is seen as that map. */
static bool
is_held_by_multipath(const struct iscsi *s, const char *name)
{
	char holders[16][64], uuid[16];
	int n = sysfs_list(holders, 16, s->sysroot, "/sys/class/block/%s/holders", name);

	for (int i = 0; i < n; i++)
		if (sysfs_text(uuid, sizeof(uuid), s->sysroot,
			"/sys/class/block/%s/dm/uuid", holders[i]) &&
		    strncmp(uuid, "mpath-", 6) == 0)
			return true;
	return false;
}

static uint32_t
lun_state(const struct iscsi *s, const char *name)
{
	char word[32];

	if (!sysfs_text(
		word, sizeof(word), s->sysroot, "/sys/class/block/%s/device/state", name))
		return 0; /* a map or partition: what it lies on is looked at itself */
	if (strcmp(word, "running") == 0)
		return 0;
	return strcmp(word, "blocked") == 0 ? 1 : 2;
}

/* A map works while one of its paths does; a partition as its disk does. */
static uint32_t
disk_state(const struct iscsi *s, const char *name)
{
	char slaves[32][64];
	uint32_t best = 2, one;
	int n = sysfs_list(slaves, 32, s->sysroot, "/sys/class/block/%s/slaves", name);

	for (int i = 0; i < n; i++) {
		one = lun_state(s, slaves[i]);
		best = one < best ? one : best;
	}
	return n > 0 ? best : lun_state(s, name);
}

static const struct counted *
counted_before(const struct iscsi *s, const char *device)
{
	for (int i = 0; i < s->n_before; i++)
		if (strcmp(s->before[i].device, device) == 0)
			return &s->before[i];
	return NULL;
}

static void
measure(struct iscsi *s, size_t i, const char *name)
{
	struct counted *now = &s->now[i];
	const struct counted *was = counted_before(s, name);
	unsigned long long f[9] = { 0 };
	char text[256];

	text_copy(now->device, sizeof(now->device), name);
	if (!sysfs_text(
		text, sizeof(text), s->sysroot, "/sys/class/block/%s/stat", name) ||
	    /* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
	    sscanf(text, "%llu %llu %llu %llu %llu %llu %llu %llu %llu", f, f + 1, f + 2,
		f + 3, f + 4, f + 5, f + 6, f + 7, f + 8) != 9)
		return;
	now->done = f[0] + f[4];
	now->ticks = f[3] + f[7];
	now->in_flight = f[8];
	if (!was || now->done < was->done || now->ticks < was->ticks)
		return;
	if (now->done > was->done)
		s->disk[i].await_us = (uint32_t)((now->ticks - was->ticks) * 1000 /
						 (now->done - was->done));
	else
		s->disk[i].stuck = now->in_flight > 0 && was->in_flight > 0;
}

static bool
is_listed(const struct iscsi *s, const char *identity)
{
	for (size_t i = 0; i < s->storage.n_disks; i++)
		if (strcmp(s->disk[i].identity, identity) == 0)
			return true;
	return false;
}

static void
sweep_disk(struct iscsi *s, const char *name)
{
	size_t i = s->storage.n_disks;
	char(*text)[DISK_SIZE] = s->disk_text[i];
	Lifeboat__Disk *d = &s->disk[i];
	struct disk_path path;
	struct err err;

	if (is_held_by_multipath(s, name) ||
	    disk_resolve(text[0], &path, s->sysroot, name, &err) < 0 ||
	    *path.session == '\0' || is_listed(s, text[0]))
		return;
	lifeboat__disk__init(d);
	s->disks[i] = d;
	d->identity = text[0];
	d->device = text[1];
	d->portal = text[2];
	d->iqn = text[3];
	text_copy(d->device, NAME_SIZE, name);
	text_copy(d->portal, DISK_SIZE, path.portal);
	text_copy(d->iqn, DISK_SIZE, path.iqn);
	d->size_kib = sysfs_number(0, s->sysroot, "/sys/class/block/%s/size", name) / 2;
	d->errors =
	    sysfs_number(0, s->sysroot, "/sys/class/block/%s/device/ioerr_cnt", name);
	d->state = disk_state(s, name);
	measure(s, i, name);
	s->storage.n_disks++;
}

static enum probe_state
sweep(void *state, Lifeboat__Report *report, bool with_catalogue, bool *urgent,
    struct err *err)
{
	struct iscsi *s = state;
	int n;

	(void)with_catalogue;
	(void)urgent;
	sweep_sessions(s);
	if (s->storage.n_sessions == 0 && s->n_before == 0) {
		err_set(err, 0, "no iSCSI session on this host");
		return PROBE_ABSENT;
	}
	s->storage.n_disks = 0;
	n = sysfs_list(s->names, MAX_BLOCKS, s->sysroot, "/sys/class/block");
	for (int i = 0; i < n && s->storage.n_disks < MAX_DISKS; i++)
		sweep_disk(s, s->names[i]);
	memcpy(s->before, s->now, s->storage.n_disks * sizeof(s->now[0]));
	s->n_before = (int)s->storage.n_disks;
	report->storage = &s->storage;
	return PROBE_OK;
}

const struct probe probe_iscsi = { PROBE_ISCSI, start, sweep, stop };
