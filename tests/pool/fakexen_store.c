#include "fakexen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *path, *value; /* owned */
};

static struct entry *entries; /* sorted by path */
static size_t n_entries, room;
static unsigned built_for;

static void put(const char *value, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(const char *value, const char *fmt, ...)
{
	char path[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (n_entries == room) {
		struct entry *bigger = realloc(entries, (room + 1024) * sizeof(*entries));

		if (!bigger)
			abort();
		entries = bigger;
		room += 1024;
	}
	entries[n_entries++] = (struct entry){ strdup(path), strdup(value) };
}

/* One device: libxl's record of it, and one value of its backend. */
static void
put_device(unsigned domid, const char *kind, const char *backend_kind, unsigned number)
{
	char backend[128];

	snprintf(backend, sizeof(backend), "/local/domain/0/backend/%s/%u/%u",
	    backend_kind, domid, number);
	put(backend, "/libxl/%u/device/%s/%u/backend", domid, kind, number);
}

static void
put_disks(const struct fake_domain *d)
{
	char all[sizeof(d->disks)], *rest = all;
	unsigned number = 51712;

	memcpy(all, d->disks, sizeof(all));
	for (char *item; (item = strsep(&rest, ",")); number += 16) {
		const char *kind = *item == '/' ? "vbd" : "qdisk";

		if (*item == '\0')
			continue;
		put_device(d->id, "vbd", kind, number);
		put(item, "/local/domain/0/backend/%s/%u/%u/params", kind, d->id, number);
	}
}

static void
put_bridges(const struct fake_domain *d)
{
	char all[sizeof(d->bridges)], *rest = all;
	unsigned number = 0;

	memcpy(all, d->bridges, sizeof(all));
	for (char *item; (item = strsep(&rest, ","));) {
		if (*item == '\0')
			continue;
		put_device(d->id, "vif", "vif", number);
		put(item, "/local/domain/0/backend/vif/%u/%u/bridge", d->id, number);
		number++;
	}
}

static void
put_domain(const struct fake_domain *d)
{
	char text[64];

	put(d->name, "/local/domain/%u/name", d->id);
	if (d->uuid[0]) {
		snprintf(text, sizeof(text), "/vm/%s", d->uuid);
		put(text, "/local/domain/%u/vm", d->id);
	}
	if (d->id == 0)
		return;
	put(d->type, "/libxl/%u/type", d->id);
	if (strcmp(d->type, "hvm") == 0)
		put("running", "/local/domain/0/device-model/%u/state", d->id);
	put_disks(d);
	put_bridges(d);
	if (d->pci) {
		put_device(d->id, "pci", "pci", 0);
		snprintf(text, sizeof(text), "%u", d->pci);
		put(text, "/local/domain/0/backend/pci/%u/0/num_devs", d->id);
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static void
build(const struct fake_state *s)
{
	if (built_for == fake_state_generation())
		return;
	for (size_t i = 0; i < n_entries; i++) {
		free(entries[i].path);
		free(entries[i].value);
	}
	n_entries = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->domains[i].name[0])
			put_domain(&s->domains[i]);
	if (n_entries)
		qsort(entries, n_entries, sizeof(*entries), compare);
	built_for = fake_state_generation();
}

/* True for path itself and all below it. */
static bool
is_under(const char *entry, const char *path, size_t len)
{
	return strncmp(entry, path, len) == 0 &&
	       (entry[len] == '/' || entry[len] == '\0');
}

/* The first entry that does not sort before path. */
static size_t
lower_bound(const char *path)
{
	size_t low = 0, high = n_entries;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(entries[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first entry below path, or n_entries. */
static size_t
first_below(const char *path)
{
	char prefix[256];
	size_t at;

	snprintf(prefix, sizeof(prefix), "%s/", path);
	at = lower_bound(prefix);
	return at < n_entries && is_under(entries[at].path, path, strlen(path))
		   ? at
		   : n_entries;
}

const char *
fake_store_value(const struct fake_state *s, const char *path)
{
	size_t at;

	build(s);
	at = lower_bound(path);
	if (at < n_entries && strcmp(entries[at].path, path) == 0)
		return entries[at].value;
	return first_below(path) < n_entries ? "" : NULL;
}

/* What lies below path, a child once, as text that ends at "/" or NUL. */
static size_t
find_children(const char *path, const char **out, size_t *bytes)
{
	size_t len = strlen(path), n = 0, last = 0;
	const char *child;

	*bytes = 0;
	for (size_t i = first_below(path); i < n_entries; i++) {
		if (!is_under(entries[i].path, path, len))
			break;
		child = entries[i].path + len + 1;
		if (n > 0 && strcspn(child, "/") == last &&
		    strncmp(child, out[n - 1], last) == 0)
			continue;
		last = strcspn(child, "/");
		out[n++] = child;
		*bytes += last + 1;
	}
	return n;
}

char **
fake_store_list(const struct fake_state *s, const char *path, unsigned *n)
{
	const char **children;
	size_t found, bytes;
	char **list = NULL;

	if (!fake_store_value(s, path))
		return NULL;
	children = malloc((n_entries + 1) * sizeof(*children));
	if (!children)
		return NULL;
	found = find_children(path, children, &bytes);
	list = malloc(found * sizeof(*list) + bytes + 1);
	if (list) {
		char *text = (char *)(list + found);

		for (size_t i = 0; i < found; i++) {
			size_t len = strcspn(children[i], "/");

			list[i] = memcpy(text, children[i], len);
			text[len] = '\0';
			text += len + 1;
		}
		*n = (unsigned)found;
	}
	free(children);
	return list;
}
