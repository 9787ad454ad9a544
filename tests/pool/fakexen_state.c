#include "fakexen.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 8192 };

static struct fake_state current;
static struct stat seen;
static unsigned generation;

unsigned
fake_state_generation(void)
{
	return generation;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copy one word up to the end given, undoing \xNN and quotes. */
static void
unescape(char *out, size_t size, const char *word, const char *end)
{
	size_t n = 0;

	while (word < end && n + 1 < size) {
		if (end - word >= 4 && word[0] == '\\' && word[1] == 'x' &&
		    hex(word[2]) >= 0 && hex(word[3]) >= 0) {
			out[n++] = (char)(hex(word[2]) * 16 + hex(word[3]));
			word += 4;
		} else if (*word == '"') {
			word++;
		} else {
			out[n++] = *word++;
		}
	}
	out[n] = '\0';
}

static const char *
word_end(const char *word)
{
	bool quoted = false;

	for (; *word && (quoted || !isspace((unsigned char)*word)); word++)
		quoted ^= *word == '"';
	return word;
}

/* The value of key in a line of key=value words, into out; false and "" without it. */
static bool
get(const char *line, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);
	const char *end;

	out[0] = '\0';
	for (; *line; line = end) {
		line += strspn(line, " \t");
		end = word_end(line);
		if (end == line)
			return false;
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			unescape(out, size, line + len + 1, end);
			return true;
		}
	}
	return false;
}

static uint64_t
get_number(const char *line, const char *key, uint64_t fallback)
{
	char text[32];

	return get(line, key, text, sizeof(text)) ? strtoull(text, NULL, 10) : fallback;
}

static uint64_t
get_kib(const char *line, const char *key, uint64_t fallback)
{
	char text[32], *unit;
	uint64_t n;

	if (!get(line, key, text, sizeof(text)))
		return fallback;
	n = strtoull(text, &unit, 10);
	if (strcmp(unit, "GiB") == 0)
		return n * 1024 * 1024;
	return strcmp(unit, "KiB") == 0 ? n : n * 1024;
}

static bool
get_yes(const char *line, const char *key, const char *fallback)
{
	char text[8];

	return strcmp(get(line, key, text, sizeof(text)) ? text : fallback, "yes") == 0;
}

static void
get_features(const char *line, const char *key, struct fake_features *f)
{
	char text[512], *rest = text;

	f->n = 0;
	get(line, key, text, sizeof(text));
	while (*rest && f->n < FAKE_FEATURES) {
		f->words[f->n++] = (uint32_t)strtoul(rest, &rest, 16);
		rest += *rest == ',';
	}
}

static void
parse_host(struct fake_state *s, const char *line)
{
	char version[32], *rest;

	s->good = true;
	s->cpus = (unsigned)get_number(line, "cpus", 1);
	s->mem_kib = get_kib(line, "mem", 0);
	s->free_kib = get_kib(line, "free", 0);
	s->hvm = get_yes(line, "hvm", "yes");
	s->shadow = get_yes(line, "pv", "no");
	if (!get(line, "xen", version, sizeof(version)))
		snprintf(version, sizeof(version), "4.17.7");
	s->major = (unsigned)strtoul(version, &rest, 10);
	s->minor = (unsigned)strtoul(rest + (*rest == '.'), &rest, 10);
	snprintf(s->extra, sizeof(s->extra), "%s", rest);
	if (!get(line, "caps", s->caps, sizeof(s->caps)))
		snprintf(s->caps, sizeof(s->caps),
		    "xen-3.0-x86_64 hvm-3.0-x86_32 "
		    "hvm-3.0-x86_32p hvm-3.0-x86_64 ");
	get(line, "cmdline", s->cmdline, sizeof(s->cmdline));
	get_features(line, "features", &s->hvm_features);
	get_features(line, "features-pv", &s->pv_features);
}

static void
parse_domain(struct fake_state *s, const char *line)
{
	struct fake_domain *d = realloc(s->domains, (s->n + 1) * sizeof(*d));
	char text[32], *slash;

	if (!d)
		abort();
	s->domains = d;
	d += s->n++;
	d->id = (unsigned)strtoul(line, NULL, 10);
	get(line, "name", d->name, sizeof(d->name));
	get(line, "uuid", d->uuid, sizeof(d->uuid));
	if (!get(line, "type", d->type, sizeof(d->type)))
		snprintf(d->type, sizeof(d->type), "pv");
	if (!get(line, "state", text, sizeof(text)))
		text[0] = 'b';
	d->state = text[0];
	d->mem_kib = get_kib(line, "mem", 0);
	d->max_kib = get_kib(line, "max", d->mem_kib);
	d->vcpus = (unsigned)get_number(line, "vcpus", 1);
	d->pci = (unsigned)get_number(line, "pci", 0);
	d->cpu_ns = get_number(line, "cpu", 0) * 1000000000u;
	d->cpu_permille = 0;
	if (get(line, "cpu+", text, sizeof(text))) {
		uint64_t share = strtoull(text, &slash, 10);
		uint64_t whole = *slash == '/' ? strtoull(slash + 1, NULL, 10) : 1000;

		d->cpu_permille = whole ? share * 1000 / whole : 0;
	}
	get(line, "disks", d->disks, sizeof(d->disks));
	get(line, "bridges", d->bridges, sizeof(d->bridges));
}

static void
parse_line(struct fake_state *s, const char *line)
{
	if (strncmp(line, "host ", 5) == 0)
		parse_host(s, line + 5);
	else if (strncmp(line, "domain ", 7) == 0)
		parse_domain(s, line + 7);
	else if (strncmp(line, "xenstored dead", 14) == 0)
		s->xenstored_dead = true;
	else if (strncmp(line, "hang", 4) == 0)
		s->hang = true;
	else if (strncmp(line, "crash", 5) == 0)
		s->crash = true;
}

static int
compare(const void *a, const void *b)
{
	const struct fake_domain *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static void
parse(FILE *f)
{
	static char line[LINE];
	struct fake_state incoming = { .n = 0 };

	while (fgets(line, sizeof(line), f))
		parse_line(&incoming, line);
	if (!incoming.good) {
		free(incoming.domains);
		return;
	}
	if (incoming.n)
		qsort(incoming.domains, incoming.n, sizeof(incoming.domains[0]), compare);
	free(current.domains);
	current = incoming;
	generation++;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

const struct fake_state *
fake_state_read(void)
{
	/* Nobody sets it while the program runs. */
	const char *path = getenv("FAKEXEN_STATE"); /* NOLINT(concurrency-mt-unsafe) */
	struct stat now;
	FILE *f;

	if (!path || stat(path, &now) != 0)
		return NULL;
	if (is_same(&now, &seen))
		return current.good ? &current : NULL;
	f = fopen(path, "re");
	if (!f)
		return NULL;
	flock(fileno(f), LOCK_SH);
	fstat(fileno(f), &seen);
	parse(f);
	fclose(f);
	return current.good ? &current : NULL;
}
