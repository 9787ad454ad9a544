#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_reader.h"

static int
read_words(uint32_t *words, char *list)
{
	char *saved, *end;
	int n = 0;

	for (char *w = strtok_r(list, ",", &saved); w; w = strtok_r(NULL, ",", &saved)) {
		unsigned long v = strtoul(w, &end, 16);
		if (n == MAX_FEATURES || *end || v > UINT32_MAX)
			return -1;
		words[n++] = (uint32_t)v;
	}
	return n;
}

static bool
read_guest_list(struct reader *r, struct guest_facts *g, const char *key, char *value)
{
	bool disks = strcmp(key, "disks") == 0;
	int n = disks ? reader_ids(r, g->disks, MAX_GUEST_DISKS, value)
		      : reader_ids(r, g->bridges, MAX_GUEST_BRIDGES, value);

	if (n < 0)
		return false;
	*(disks ? &g->n_disks : &g->n_bridges) = (uint16_t)n;
	return true;
}

static bool
read_guest_word(struct reader *r, struct guest_facts *g, const char *key, char *value)
{
	uint64_t n;

	if (!value)
		return false;
	if (strcmp(key, "uuid") == 0)
		return uuid_parse(&g->uuid, value);
	if (strcmp(key, "domid") == 0)
		return reader_u32(&g->domid, value);
	if (strcmp(key, "type") == 0)
		return guest_type_parse(&g->type, value);
	if (strcmp(key, "state") == 0)
		return guest_state_parse(&g->state, value);
	if (strcmp(key, "master") == 0)
		return master_parse(&g->master, value);
	if (strcmp(key, "memory") == 0)
		return text_parse_memory(&g->memory_kib, value);
	if (strcmp(key, "vcpus") == 0)
		return reader_u32(&g->vcpus, value);
	if (strcmp(key, "load") == 0)
		return reader_u32(&g->cpu_permille, value);
	if (strcmp(key, "disks") == 0 || strcmp(key, "bridges") == 0)
		return read_guest_list(r, g, key, value);
	if (strcmp(key, "pci") == 0 && reader_count(&n, value, UINT16_MAX)) {
		g->pci_devices = (uint16_t)n;
		return true;
	}
	g->move = strcmp(value, "no") != 0;
	return strcmp(key, "move") == 0;
}

static bool
read_live(struct xen_facts *x, const char *value)
{
	x->live_pv = strncmp(value, "pv", 2) == 0;
	x->live_hvm = strcmp(value, "hvm") == 0 || strcmp(value, "pv,hvm") == 0;
	return x->live_pv || x->live_hvm || strcmp(value, "none") == 0;
}

static bool
set_n(uint16_t *to, int n)
{
	if (n >= 0)
		*to = (uint16_t)n;
	return n >= 0;
}

static bool
read_xen_word(struct reader *r, struct xen_facts *x, const char *key, char *value)
{
	if (!value) /* Bounded widths. NOLINTNEXTLINE(cert-err34-c) */
		return sscanf(key, "%4u.%4u", &x->major, &x->minor) == 2;
	if (strcmp(key, "memory") == 0)
		return text_parse_memory(&x->total_kib, value);
	if (strcmp(key, "free") == 0)
		return text_parse_memory(&x->free_kib, value);
	if (strcmp(key, "cpus") == 0)
		return reader_u32(&x->cpus, value);
	if (strcmp(key, "load") == 0)
		return reader_u32(&x->cpu_permille, value);
	if (strcmp(key, "live") == 0)
		return read_live(x, value);
	if (strcmp(key, "features-pv") == 0)
		return set_n(&x->n_features_pv, read_words(x->features_pv, value));
	if (strcmp(key, "features-hvm") == 0)
		return set_n(&x->n_features_hvm, read_words(x->features_hvm, value));
	if (strcmp(key, "bridges") == 0)
		return set_n(
		    &x->n_bridges, reader_ids(r, x->bridges, MAX_BRIDGES, value));
	return false;
}

static int
read_guest(struct reader *r, struct xen_facts *x, struct guest_facts **g)
{
	char name[NAME_SIZE];
	char *word = reader_next(r);

	if (!word || strcmp(word, "guest") != 0)
		return reader_bad(r, "'guest' belongs here", word ? word : ";");
	word = reader_next(r);
	if (!word || !text_unescape(name, sizeof(name), word) ||
	    x->n_guests == MAX_GUESTS)
		return reader_bad(r, "a guest's name belongs here", word ? word : ";");
	*g = &x->guests[x->n_guests++];
	**g = trace_guest(name);
	return 0;
}

/* The first word: a state other than ok ends the line, "same" repeats the last facts. */
static char *
begin_xen(struct reader *r, struct xen_facts *x)
{
	struct host_view h;
	char *word = reader_next(r);

	memset(x, 0, sizeof(*x));
	if (word && reader_probe_state(&x->state, word))
		return NULL;
	if (word && strcmp(word, "same") == 0) {
		core_host(r->core, r->e->host, &h);
		*x = *h.xen;
		word = reader_next(r);
	}
	x->state = PROBE_OK;
	return word;
}

/* "key=value" of the guest under way, or of the host before the first guest. */
static int
read_word(struct reader *r, struct guest_facts *g, char *word)
{
	char *value = reader_split(word);

	if (g)
		return read_guest_word(r, g, word, value)
			   ? 0
			   : reader_bad(r, "not of a guest", word);
	return read_xen_word(r, &r->e->xen, word, value)
		   ? 0
		   : reader_bad(r, "not of a host's Xen", word);
}

int
reader_xen(struct reader *r)
{
	struct xen_facts *x = &r->e->xen;
	struct guest_facts *g = NULL;
	int ret = 0;

	for (char *word = begin_xen(r, x); word && ret == 0; word = reader_next(r)) {
		bool empty = strcmp(word, "empty") == 0;
		bool guest = strcmp(word, ";") == 0;
		if (empty || (guest && !g))
			x->n_guests = 0;
		if (guest)
			ret = read_guest(r, x, &g);
		else if (!empty)
			ret = read_word(r, g, word);
	}
	return ret;
}

static int
read_seen(struct reader *r, struct disk_facts *d, int max, char *list)
{
	char *saved;
	int n = 0;

	for (char *w = strtok_r(list, ",", &saved); w; w = strtok_r(NULL, ",", &saved)) {
		char *mark = strchr(w, '!');
		if (n == max || (mark && strcmp(mark, "!lost") != 0))
			return -1;
		d[n].lost = mark != NULL;
		if (mark)
			*mark = '\0';
		if (!reader_id(r, &d[n].disk, w))
			return -1;
		n++;
	}
	return n;
}

int
reader_storage(struct reader *r)
{
	struct storage_facts *s = &r->e->storage;
	char *word = reader_next(r);
	int n;

	memset(s, 0, sizeof(*s));
	if (word && reader_probe_state(&s->state, word))
		return 0;
	for (; word; word = reader_next(r)) {
		char *value = reader_split(word);
		if (value && strcmp(word, "disks") == 0) {
			n = read_seen(r, s->disks, MAX_DISKS, value);
			s->n_disks = (uint16_t)(n < 0 ? 0 : n);
		} else if (value && strcmp(word, "sessions") == 0) {
			n = read_seen(r, s->sessions, MAX_SESSIONS, value);
			s->n_sessions = (uint16_t)(n < 0 ? 0 : n);
		} else {
			return reader_bad(r, "disks= or sessions= belongs here", word);
		}
		if (n < 0)
			return reader_bad(
			    r, "too many, or a mark that is not !lost", word);
	}
	return 0;
}
