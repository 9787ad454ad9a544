#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/trace_reader.h"

static int
read_words(uint32_t *words, char *list)
{
	char *saved, *end;
	int n = 0;

	if (strcmp(list, "none") == 0)
		return 0;
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
	x->live_pv = strcmp(value, "pv") == 0 || strcmp(value, "pv,hvm") == 0;
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
read_version(struct xen_facts *x, char *word)
{
	char *dot = strchr(word, '.');

	if (!dot)
		return false;
	*dot = '\0';
	return reader_u32(&x->major, word) && reader_u32(&x->minor, dot + 1);
}

static bool
read_xen_word(struct reader *r, struct xen_facts *x, char *key, char *value)
{
	if (!value)
		return read_version(x, key);
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

static void
drop_guest(struct xen_facts *x, int i)
{
	x->n_guests--;
	memmove(&x->guests[i], &x->guests[i + 1],
	    (size_t)(x->n_guests - i) * sizeof(x->guests[0]));
}

/* "guest NAME", then words of it; or "gone NAME". */
static int
read_guest(struct reader *r, struct xen_facts *x, struct guest_facts **g)
{
	char name[NAME_SIZE];
	char *verb = reader_next(r), *word = reader_next(r);
	bool gone = verb && strcmp(verb, "gone") == 0;
	int i;

	*g = NULL;
	if (!verb || (!gone && strcmp(verb, "guest") != 0))
		return reader_bad(r, "'guest' or 'gone' belongs here", verb ? verb : ";");
	if (!word || !reader_text(name, sizeof(name), word))
		return reader_bad(r, "a guest's name belongs here", word ? word : verb);
	i = r->same ? trace_find_guest(x, name) : -1;
	if (gone) {
		if (i >= 0)
			drop_guest(x, i);
		return i < 0 ? reader_bad(r, "no such guest was there", word) : 0;
	}
	if (i < 0 && x->n_guests == MAX_GUESTS)
		return reader_bad(r, "too many guests", word);
	if (i < 0) {
		i = x->n_guests++;
		x->guests[i] = trace_guest(name);
	}
	*g = &x->guests[i];
	return 0;
}

/* What the facts begin with; the word behind it. */
static char *
read_xen_base(struct reader *r, struct xen_facts *x, char *word)
{
	struct host_view h;

	memset(x, 0, sizeof(*x));
	x->state = PROBE_OK;
	if (word && reader_probe_state(&x->state, word))
		return reader_next(r);
	r->same = word && strcmp(word, "same") == 0;
	if (!r->same)
		return word;
	if (core_host(r->core, r->e->host, &h))
		*x = *h.xen;
	x->state = PROBE_OK;
	return reader_next(r);
}

int
reader_xen(struct reader *r)
{
	struct xen_facts *x = &r->e->xen;
	struct guest_facts *g = NULL;
	bool in_guest = false;
	char *word = read_xen_base(r, x, reader_next(r));
	int ret;

	if (reader_claim(&x->n_guests, word, MAX_GUESTS))
		return 0;
	for (; word; word = reader_next(r)) {
		char *value;
		if (strcmp(word, ";") == 0) {
			in_guest = true;
			ret = read_guest(r, x, &g);
			if (ret < 0)
				return ret;
			continue;
		}
		if (!in_guest && strcmp(word, "empty") == 0) {
			x->n_guests = 0;
			continue;
		}
		value = reader_split(word);
		if (in_guest ? !g || !read_guest_word(r, g, word, value)
			     : !read_xen_word(r, x, word, value))
			return reader_bad(
			    r, in_guest ? "not of a guest" : "not of a host's Xen", word);
	}
	return 0;
}

static int
read_seen(struct reader *r, struct disk_facts *d, int max, char *list)
{
	char *saved;
	int n = 0;

	if (strcmp(list, "none") == 0)
		return 0;
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

static bool
read_storage_word(struct reader *r, struct storage_facts *s, const char *key, char *value)
{
	if (!value)
		return false;
	if (strcmp(key, "disks") == 0)
		return set_n(&s->n_disks, read_seen(r, s->disks, MAX_DISKS, value));
	if (strcmp(key, "sessions") == 0)
		return set_n(
		    &s->n_sessions, read_seen(r, s->sessions, MAX_SESSIONS, value));
	return false;
}

int
reader_storage(struct reader *r)
{
	struct storage_facts *s = &r->e->storage;
	struct host_view h;
	char *word = reader_next(r);

	memset(s, 0, sizeof(*s));
	if (word && reader_probe_state(&s->state, word))
		word = reader_next(r);
	if (word && strcmp(word, "same") == 0) {
		if (core_host(r->core, r->e->host, &h))
			*s = *h.storage;
		s->state = PROBE_OK;
		word = reader_next(r);
	}
	for (; word; word = reader_next(r)) {
		char *value = reader_split(word);
		if (!read_storage_word(r, s, word, value))
			return reader_bad(r,
			    "not disks= or sessions=, too many, or a mark that is not "
			    "!lost",
			    word);
	}
	return 0;
}
