#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_internal.h"

/*
 * Each of these writes " key=value" when the value is another than before.
 */

static void
put_number(FILE *f, const char *key, uint64_t v, uint64_t was)
{
	if (v != was)
		fprintf(f, " %s=%" PRIu64, key, v);
}

static void
put_memory(FILE *f, const char *key, uint64_t kib, uint64_t was)
{
	char text[40];

	/* The core takes no more either. */
	if (kib > INT64_MAX)
		kib = INT64_MAX;
	if (kib != was)
		fprintf(f, " %s=%s", key, text_memory(text, sizeof(text), kib));
}

static void
put_name(FILE *f, const char *key, const char *v, const char *was)
{
	if (strcmp(v, was) != 0)
		fprintf(f, " %s=%s", key, v);
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
		trace_put_word(f, name);
}

/* A list, of which no more than max are looked at. */
struct ids {
	const id64_t *id;
	int n;
};

static struct ids
ids_of(const id64_t *id, int n, int max)
{
	return (struct ids){ id, n < max ? n : max };
}

static void
put_ids(FILE *f, const struct trace *t, const char *key, struct ids ids, struct ids was)
{
	if (ids.n == was.n &&
	    memcmp(ids.id, was.id, (size_t)ids.n * sizeof(ids.id[0])) == 0)
		return;
	fprintf(f, " %s=%s", key, ids.n ? "" : "none");
	for (int i = 0; i < ids.n; i++) {
		fputs(i ? "," : "", f);
		put_id(f, t, ids.id[i]);
	}
}

struct features {
	const uint32_t *word;
	int n;
};

static struct features
features_of(const uint32_t *word, int n)
{
	return (struct features){ word, n < MAX_FEATURES ? n : MAX_FEATURES };
}

static void
put_features(FILE *f, const char *key, struct features v, struct features was)
{
	if (v.n == was.n &&
	    memcmp(v.word, was.word, (size_t)v.n * sizeof(v.word[0])) == 0)
		return;
	fprintf(f, " %s=%s", key, v.n ? "" : "none");
	for (int i = 0; i < v.n; i++)
		fprintf(f, "%s%08" PRIx32, i ? "," : "", v.word[i]);
}

/*
 * Xen
 */

static const char *
live_name(const struct xen_facts *x)
{
	if (x->live_pv)
		return x->live_hvm ? "pv,hvm" : "pv";
	return x->live_hvm ? "hvm" : "none";
}

static void
write_facts(FILE *f, const struct trace *t, const struct xen_facts *x,
    const struct xen_facts *was)
{
	if (x->major != was->major || x->minor != was->minor)
		fprintf(f, " %" PRIu32 ".%" PRIu32, x->major, x->minor);
	put_memory(f, "memory", x->total_kib, was->total_kib);
	put_memory(f, "free", x->free_kib, was->free_kib);
	put_number(f, "cpus", x->cpus, was->cpus);
	put_number(f, "load", x->cpu_permille, was->cpu_permille);
	put_name(f, "live", live_name(x), live_name(was));
	put_features(f, "features-pv", features_of(x->features_pv, x->n_features_pv),
	    features_of(was->features_pv, was->n_features_pv));
	put_features(f, "features-hvm", features_of(x->features_hvm, x->n_features_hvm),
	    features_of(was->features_hvm, was->n_features_hvm));
	put_ids(f, t, "bridges", ids_of(x->bridges, x->n_bridges, MAX_BRIDGES),
	    ids_of(was->bridges, was->n_bridges, MAX_BRIDGES));
}

static void
write_guest(FILE *f, const struct trace *t, const struct guest_facts *g,
    const struct guest_facts *was)
{
	char uuid[UUID_TEXT_SIZE];

	if (!uuid_equal(&g->uuid, &was->uuid)) {
		uuid_format(uuid, &g->uuid);
		fprintf(f, " uuid=%s", uuid);
	}
	put_number(f, "domid", g->domid, was->domid);
	put_name(f, "type", guest_type_name(g->type), guest_type_name(was->type));
	put_name(f, "state", guest_state_name(g->state), guest_state_name(was->state));
	put_name(f, "master", master_name(g->master), master_name(was->master));
	put_memory(f, "memory", g->memory_kib, was->memory_kib);
	put_number(f, "vcpus", g->vcpus, was->vcpus);
	put_number(f, "load", g->cpu_permille, was->cpu_permille);
	put_number(f, "pci", g->pci_devices, was->pci_devices);
	put_ids(f, t, "disks", ids_of(g->disks, g->n_disks, MAX_GUEST_DISKS),
	    ids_of(was->disks, was->n_disks, MAX_GUEST_DISKS));
	put_ids(f, t, "bridges", ids_of(g->bridges, g->n_bridges, MAX_GUEST_BRIDGES),
	    ids_of(was->bridges, was->n_bridges, MAX_GUEST_BRIDGES));
	put_name(f, "move", g->move ? "yes" : "no", was->move ? "yes" : "no");
}

static void
write_named(FILE *f, const char *verb, const struct guest_facts *g)
{
	fprintf(f, " ; %s ", verb);
	trace_put_word(f, g->name);
}

static bool
is_same_id(const id64_t *a, const id64_t *b, int n)
{
	return memcmp(a, b, (size_t)n * sizeof(a[0])) == 0;
}

static bool
is_same_guest(const struct guest_facts *a, const struct guest_facts *b)
{
	return uuid_equal(&a->uuid, &b->uuid) && a->domid == b->domid &&
	       a->type == b->type && a->state == b->state && a->master == b->master &&
	       a->memory_kib == b->memory_kib && a->vcpus == b->vcpus &&
	       a->cpu_permille == b->cpu_permille && a->pci_devices == b->pci_devices &&
	       a->move == b->move && a->n_disks == b->n_disks &&
	       a->n_bridges == b->n_bridges && a->n_disks <= MAX_GUEST_DISKS &&
	       a->n_bridges <= MAX_GUEST_BRIDGES &&
	       is_same_id(a->disks, b->disks, a->n_disks) &&
	       is_same_id(a->bridges, b->bridges, a->n_bridges);
}

/* Guests in their order: those that stay, then those that came. */
static void
write_news(FILE *f, const struct trace *t, const struct xen_facts *x,
    const struct xen_facts *was)
{
	int before[MAX_GUESTS] = { 0 }, k = 0;

	for (int i = 0; i < x->n_guests; i++) {
		while (k < was->n_guests &&
		       strcmp(was->guests[k].name, x->guests[i].name) != 0)
			write_named(f, "gone", &was->guests[k++]);
		before[i] = k < was->n_guests ? k++ : -1;
	}
	while (k < was->n_guests)
		write_named(f, "gone", &was->guests[k++]);
	for (int i = 0; i < x->n_guests; i++) {
		const struct guest_facts *g = &x->guests[i];
		struct guest_facts base = trace_guest(g->name);
		if (before[i] >= 0 && is_same_guest(g, &was->guests[before[i]]))
			continue;
		write_named(f, "guest", g);
		write_guest(f, t, g, before[i] < 0 ? &base : &was->guests[before[i]]);
	}
}

static bool
has_namesakes(const struct xen_facts *x)
{
	for (int i = 0; i < x->n_guests; i++) {
		if (trace_find_guest(x, x->guests[i].name) != i)
			return true;
	}
	return false;
}

/* What is known of that host, when news can be told as a change of it. */
static const struct xen_facts *
facts_before(const struct core *core, const struct event *e)
{
	struct host_view h;

	if (e->xen.state != PROBE_OK || !core_host(core, e->host, &h) ||
	    h.xen->state != PROBE_OK || h.xen->cpus == 0)
		return NULL;
	return has_namesakes(h.xen) || has_namesakes(&e->xen) ? NULL : h.xen;
}

void
trace_put_xen(
    FILE *f, const struct trace *t, const struct core *core, const struct event *e)
{
	static const struct xen_facts nothing;
	const struct xen_facts *x = &e->xen, *was;

	if (x->n_guests > MAX_GUESTS) {
		fprintf(f, " claims=%u", x->n_guests);
		return;
	}
	was = facts_before(core, e);
	if (was) {
		fputs(" same", f);
		write_facts(f, t, x, was);
		write_news(f, t, x, was);
		return;
	}
	if (x->state != PROBE_OK)
		fprintf(f, " %s",
		    probe_state_name(
			(unsigned int)x->state <= PROBE_HUNG ? x->state : PROBE_FAILED));
	write_facts(f, t, x, &nothing);
	for (int i = 0; i < x->n_guests; i++) {
		struct guest_facts base = trace_guest(x->guests[i].name);
		write_named(f, "guest", &x->guests[i]);
		write_guest(f, t, &x->guests[i], &base);
	}
}

/*
 * Storage
 */

struct seen {
	const struct disk_facts *disk;
	int n;
};

static struct seen
seen_of(const struct disk_facts *disk, int n, int max)
{
	return (struct seen){ disk, n < max ? n : max };
}

static bool
is_same_seen(struct seen a, struct seen b)
{
	if (a.n != b.n)
		return false;
	for (int i = 0; i < a.n; i++) {
		if (a.disk[i].disk.v != b.disk[i].disk.v ||
		    (a.disk[i].lost != 0) != (b.disk[i].lost != 0))
			return false;
	}
	return true;
}

static void
put_seen(FILE *f, const struct trace *t, const char *key, struct seen v, struct seen was)
{
	if (is_same_seen(v, was))
		return;
	fprintf(f, " %s=%s", key, v.n ? "" : "none");
	for (int i = 0; i < v.n; i++) {
		fputs(i ? "," : "", f);
		put_id(f, t, v.disk[i].disk);
		fputs(v.disk[i].lost ? "!lost" : "", f);
	}
}

void
trace_put_storage(
    FILE *f, const struct trace *t, const struct core *core, const struct event *e)
{
	static const struct storage_facts nothing;
	const struct storage_facts *s = &e->storage, *was = &nothing;
	struct host_view h;

	if (s->state != PROBE_OK) {
		fprintf(f, " %s",
		    probe_state_name(
			(unsigned int)s->state <= PROBE_HUNG ? s->state : PROBE_FAILED));
	} else if (core_host(core, e->host, &h) && h.storage->state == PROBE_OK &&
		   h.storage->n_disks + h.storage->n_sessions > 0) {
		fputs(" same", f);
		was = h.storage;
	}
	put_seen(f, t, "disks", seen_of(s->disks, s->n_disks, MAX_DISKS),
	    seen_of(was->disks, was->n_disks, MAX_DISKS));
	put_seen(f, t, "sessions", seen_of(s->sessions, s->n_sessions, MAX_SESSIONS),
	    seen_of(was->sessions, was->n_sessions, MAX_SESSIONS));
}
