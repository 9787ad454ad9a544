#include "policy/core/storage.h"

#include <string.h>

static struct path *
find_path(struct core *core, int32_t host, id64_t id, bool session)
{
	for (int i = 0; i < core->host[host].n_paths; i++) {
		struct path *p = &core->paths[host].path[i];

		if (p->id.v == id.v && p->session == session)
			return p;
	}
	return NULL;
}

/* A slot for a new path; when the table is full, of one that is there no longer. */
static int
free_slot(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];

	if (h->n_paths < MAX_PATHS)
		return h->n_paths++;
	for (int i = 0; i < MAX_PATHS; i++) {
		if (!core->paths[host].path[i].present)
			return i;
	}
	return -1;
}

static struct path *
add_path(struct core *core, int32_t host, id64_t id, bool session)
{
	int slot = free_slot(core, host);

	if (slot < 0)
		return NULL;
	core->paths[host].path[slot] = (struct path){ .id = id, .session = session };
	return &core->paths[host].path[slot];
}

static void
set_lost(struct path *p, bool lost, mono_t now)
{
	if (lost && !p->lost)
		p->since = now;
	if (!lost)
		p->verdict = WHY_NONE;
	p->lost = lost;
}

static void
take_all(
    struct core *core, int32_t host, const struct disk_facts *facts, int n, bool session)
{
	for (int i = 0; i < n; i++) {
		struct path *p = find_path(core, host, facts[i].disk, session);

		if (!p)
			p = add_path(core, host, facts[i].disk, session);
		if (!p)
			continue;
		p->present = true;
		set_lost(p, facts[i].lost != 0, core->now);
	}
}

/* What vanished is lost, and forgotten after the cooldown: it was taken away. */
static void
sweep(struct core *core, int32_t host)
{
	struct host *h = &core->host[host];
	struct path *path = core->paths[host].path;
	uint16_t kept = 0;

	for (int i = 0; i < h->n_paths; i++) {
		if (!path[i].present) {
			set_lost(&path[i], true, core->now);
			if (mono_since(core->now, path[i].since) >=
			    core->rules.cooldown_ms)
				continue;
		}
		path[kept++] = path[i];
	}
	h->n_paths = kept;
}

void
storage_take(struct core *core, int32_t host, const struct storage_facts *facts)
{
	struct host *h = &core->host[host];
	struct storage_facts *own = &core->storage[host];
	uint16_t disks = facts->n_disks, sessions = facts->n_sessions;

	disks = disks > MAX_DISKS ? MAX_DISKS : disks;
	sessions = sessions > MAX_SESSIONS ? MAX_SESSIONS : sessions;
	own->state = facts->state;
	if ((unsigned)own->state > PROBE_HUNG)
		own->state = PROBE_FAILED;
	own->n_disks = disks;
	own->n_sessions = sessions;
	memcpy(own->disks, facts->disks, disks * sizeof(own->disks[0]));
	memcpy(own->sessions, facts->sessions, sessions * sizeof(own->sessions[0]));
	h->storage_in = true;
	h->storage_at = core->now;
	if (own->state != PROBE_OK)
		return;

	for (int i = 0; i < h->n_paths; i++)
		core->paths[host].path[i].present = false;
	take_all(core, host, own->disks, disks, false);
	take_all(core, host, own->sessions, sessions, true);
	sweep(core, host);
	/* Others may have lost it too meanwhile, or found it again. */
	for (int i = 0; i < h->n_paths; i++)
		core->paths[host].path[i].verdict = WHY_NONE;
}

void
storage_forget(struct core *core, int32_t host)
{
	core->host[host].n_paths = 0;
}

static bool
alive_elsewhere(struct core *core, int32_t host, const struct path *lost)
{
	for (int32_t i = 0; i < core->n_hosts; i++) {
		const struct path *p;

		if (i == host || !core->host[i].heard || !storage_fresh(core, i) ||
		    core->storage[i].state != PROBE_OK)
			continue;
		p = find_path(core, i, lost->id, lost->session);
		if (p && !p->lost)
			return true;
	}
	return false;
}

static void
fill(const struct core *core, struct reason *r, const struct path *p)
{
	if (r->why != WHY_NONE && r->since.ms <= p->since.ms)
		return;
	*r = reason_plain((enum why)p->verdict, p->since);
	r->held_ms = mono_since(core->now, p->since);
}

void
storage_judge(struct core *core, int32_t host, struct reason *session,
    struct reason *sick, mono_t *due)
{
	for (int i = 0; i < core->host[host].n_paths; i++) {
		struct path *p = &core->paths[host].path[i];
		mono_t ripe = mono_add(p->since, core->rules.hold_ms);

		if (!p->lost)
			continue;
		if (mono_since(core->now, ripe) < 0) {
			*due = mono_min(*due, ripe);
			continue;
		}
		if (p->verdict == WHY_NONE)
			p->verdict =
			    (uint8_t)(alive_elsewhere(core, host, p) ? WHY_SESSION_LOST
								     : WHY_STORAGE_SICK);
		fill(core, p->verdict == WHY_SESSION_LOST ? session : sick, p);
	}
}

bool
storage_pending(const struct core *core, int32_t host)
{
	for (int i = 0; i < core->host[host].n_paths; i++) {
		if (core->paths[host].path[i].lost)
			return true;
	}
	return false;
}
