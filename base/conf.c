#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/seal.h"
#include "base/text.h"

/* inih cuts lines at 200 bytes without a word; these are refused before it sees them. */
enum { LINE_MAX_BYTES = 190, MAX_SEEN = 32768, VALUE_SIZE = 200, NUMBER_SIZE = 64 };

struct seen {
	const char *section;        /* owned */
	const struct conf_key *key; /* NULL: the section itself, which has none */
};

struct reading_state {
	const struct conf *conf;
	const char *path;
	struct err *err;
	FILE *file;
	int line;
	int r; /* the first refusal; nothing after it counts */
	struct seen *seen;
	size_t n_seen;
	char section[VALUE_SIZE]; /* that entry belongs to */
	void *entry;
	char heading[VALUE_SIZE]; /* the last section's, until a key of it is met */
	int heading_line;
};

static int
refuse(struct reading_state *s, const char *key, const char *sentence)
{
	if (s->r == 0)
		s->r = err_set(s->err, -EINVAL, "%s:%d: %s%s%s", s->path, s->line, key,
		    *key ? ": " : "", sentence);
	return 0;
}

/* A number as the key's type writes it; a quantity with the unit that its default has. */
static char *
number_text(char *buf, size_t size, const struct conf_key *key, int64_t n)
{
	char number[NUMBER_SIZE];
	const char *unit = key->type == CONF_PERCENT ? "%" : "";

	switch (key->type) {
	case CONF_DURATION:
		return text_duration(buf, size, n);
	case CONF_MEMORY:
		return text_memory(buf, size, (uint64_t)n);
	case CONF_MILLI:
		text_milli(number, sizeof(number), n);
		if (key->fallback)
			unit = key->fallback + strspn(key->fallback, "0123456789.-");
		break;
	default:
		snprintf(number, sizeof(number), "%" PRId64, n);
	}
	snprintf(buf, size, "%s%s", number, unit);
	return buf;
}

static bool
has_range(const struct conf_key *key)
{
	return key->min != 0 || key->max != 0;
}

/* The sentence, and what may be given instead. */
static int
refuse_value(struct reading_state *s, const struct conf_key *key, const char *sentence)
{
	char text[256], least[NUMBER_SIZE], most[NUMBER_SIZE];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", sentence);

	if (has_range(key))
		snprintf(text + len, sizeof(text) - len, " (%s to %s)",
		    number_text(least, sizeof(least), key, key->min),
		    number_text(most, sizeof(most), key, key->max));
	for (int i = 0; key->type == CONF_WORD && key->words[i] && len < sizeof(text);
	     i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? ": " : ", ", key->words[i]);
	return refuse(s, key->name, text);
}

static const char *
parse_number(int64_t *out, const struct conf_key *key, const char *value)
{
	static const enum sensor_kind kinds[] = { SENSOR_OTHER, SENSOR_TEMP, SENSOR_FAN,
		SENSOR_IN, SENSOR_CURR, SENSOR_POWER, SENSOR_ENERGY, SENSOR_HUMIDITY };
	uint64_t kib;
	char *end;

	switch (key->type) {
	case CONF_DURATION:
		return text_parse_duration(out, value) ? NULL
						       : "needs a duration, such as 30s";
	case CONF_MEMORY:
		if (!text_parse_memory(&kib, value))
			return "needs an amount of memory, such as 512MiB";
		*out = (int64_t)kib;
		return NULL;
	case CONF_PERCENT:
		return text_parse_percent(out, value) ? NULL
						      : "needs a percentage, such as 80%";
	case CONF_MILLI:
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (text_parse_quantity(out, kinds[i], value))
				return NULL;
		return "needs a number with its unit, such as 75C, 300RPM or 3.3V";
	default:
		errno = 0;
		*out = strtoll(value, &end, 10);
		return errno || end == value || *end ? "needs a whole number" : NULL;
	}
}

static const char *
set_number(void *at, const struct conf_key *key, const char *value)
{
	int64_t n;
	const char *bad = parse_number(&n, key, value);

	if (bad)
		return bad;
	if (has_range(key) && (n < key->min || n > key->max))
		return "is out of its range";
	memcpy(at, &n, sizeof(n));
	return NULL;
}

/* NULL, or the sentence why value will not do. */
static const char *
set_value(void *base, const struct conf_key *key, const char *value)
{
	void *at = (char *)base + key->offset;
	bool yes;

	switch (key->type) {
	case CONF_STRING:
		return text_copy(at, key->size, value) ? NULL : "is too long";
	case CONF_BOOL:
		yes = strcmp(value, "yes") == 0;
		if (!yes && strcmp(value, "no") != 0)
			return "is yes or no";
		memcpy(at, &yes, sizeof(yes));
		return NULL;
	case CONF_WORD:
		for (int i = 0; key->words[i]; i++)
			if (strcmp(value, key->words[i]) == 0) {
				memcpy(at, &i, sizeof(i));
				return NULL;
			}
		return "is not one of the words it may be";
	case CONF_KEY:
		return seal_parse(at, value)
			   ? NULL
			   : "needs a public key, as 'lifeboat pubkey' prints it";
	default:
		return set_number(at, key, value);
	}
}

/* "host *" stands for every section of that kind. */
static bool
is_named(const char *pattern)
{
	size_t len = strlen(pattern);

	return len > 2 && strcmp(pattern + len - 2, " *") == 0;
}

static bool
is_section(const char *pattern, const char *section)
{
	size_t len = strlen(pattern);

	if (is_named(pattern))
		return strncmp(section, pattern, len - 1) == 0 &&
		       section[len - 1] != '\0';
	return strcmp(pattern, section) == 0;
}

static bool
has_section(const struct conf *conf, const char *section)
{
	for (const struct conf_key *k = conf->keys; k->section; k++)
		if (is_section(k->section, section))
			return true;
	return false;
}

static const struct conf_key *
find_key(const struct conf *conf, const char *section, const char *name)
{
	for (const struct conf_key *k = conf->keys; k->section; k++)
		if (is_section(k->section, section) && strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

static void
fill_default(void *base, const struct conf_key *key)
{
	if (key->fallback && *key->fallback)
		set_value(base, key, key->fallback);
}

static int
enter_section(struct reading_state *s, const char *section)
{
	char kind[VALUE_SIZE];
	struct err why = { "" };
	char *blank;

	if (strcmp(s->section, section) == 0)
		return 1;
	text_copy(s->section, sizeof(s->section), section);
	s->entry = s->conf->out;
	text_copy(kind, sizeof(kind), section);
	blank = strchr(kind, ' ');
	if (!blank)
		return 1;
	*blank = '\0';
	s->entry =
	    s->conf->entry ? s->conf->entry(s->conf->out, kind, blank + 1, &why) : NULL;
	if (!s->entry)
		return refuse(s, section, *why.text ? why.text : "no such section");
	for (const struct conf_key *k = s->conf->keys; k->section; k++)
		if (is_section(k->section, section))
			fill_default(s->entry, k);
	return 1;
}

static bool
was_seen(const struct reading_state *s, const char *section, const struct conf_key *key)
{
	for (size_t i = 0; i < s->n_seen; i++)
		if (s->seen[i].key == key && strcmp(s->seen[i].section, section) == 0)
			return true;
	return false;
}

static int
remember(struct reading_state *s, const char *section, const struct conf_key *key)
{
	const char *name = key ? key->name : section;

	if (key && was_seen(s, section, key))
		return refuse(s, name, "is given twice in this section");
	if (s->n_seen == MAX_SEEN)
		return refuse(s, name, "too many lines");
	s->seen[s->n_seen].section = strdup(section);
	s->seen[s->n_seen].key = key;
	if (!s->seen[s->n_seen].section)
		return refuse(s, name, "out of memory");
	s->n_seen++;
	return 1;
}

/* inih tells nothing of a section without a key; it is held to the same rules. */
static void
end_section(struct reading_state *s)
{
	const int line = s->line;

	if (!*s->heading)
		return;
	s->line = s->heading_line;
	if (!has_section(s->conf, s->heading))
		refuse(s, s->heading, "no such section");
	else if (enter_section(s, s->heading))
		remember(s, s->heading, NULL);
	s->line = line;
	s->heading[0] = '\0';
}

/* Of a line that begins a section. */
static void
begin_section(struct reading_state *s, const char *line)
{
	const size_t len = strcspn(line + 1, "]");

	end_section(s);
	memcpy(s->heading, line + 1, len);
	s->heading[len] = '\0';
	s->heading_line = s->line;
}

static int
on_key(void *user, const char *section, const char *name, const char *value)
{
	struct reading_state *s = user;
	const struct conf_key *key;
	const char *bad;

	if (s->r)
		return 0;
	s->heading[0] = '\0';
	if (!has_section(s->conf, section))
		return refuse(s, section,
		    *section ? "no such section" : "a key before any section");
	key = find_key(s->conf, section, name);
	if (!key)
		return refuse(s, name, "no such key in this section");
	if (!enter_section(s, section) || !remember(s, section, key))
		return 0;
	if (*value == '\0' && !(key->fallback && !*key->fallback))
		return refuse(s, name, "has no value");
	if (*value == '\0')
		return 1;
	bad = set_value(s->entry, key, value);
	return bad ? refuse_value(s, key, bad) : 1;
}

/* What inih would take in silence: each is refused with its line. */
static const char *
bad_line(const char *line, size_t len)
{
	size_t end = strcspn(line, "\r\n");

	if (len > LINE_MAX_BYTES)
		return "a line is at most 190 bytes";
	if (strlen(line) != len)
		return "a line with a NUL byte";
	if (end > 0 && (line[0] == ' ' || line[0] == '\t') && strspn(line, " \t") < end)
		return "a line must not be indented";
	while (end > 0 && strchr(" \t", line[end - 1]))
		end--;
	if (line[0] == '[' && (end < 3 || line[end - 1] != ']' || strchr("[ ", line[1])))
		return "not a section: [name] or [kind name]";
	return NULL;
}

static void
refuse_file(struct reading_state *s)
{
	char why[128];

	s->r = -errno;
	err_set(s->err, s->r, "%s: cannot read: %s", s->path,
	    err_text(why, sizeof(why), s->r));
}

/* inih's line reader: NULL ends the file, and so does a refusal. */
static char *
next_line(char *str, int num, void *stream)
{
	struct reading_state *s = stream;
	char line[LINE_MAX_BYTES + 8];
	size_t len = 0;
	int c = EOF;
	const char *bad;

	if (s->r)
		return NULL;
	while (len < sizeof(line) - 1 && (c = getc(s->file)) != EOF) {
		line[len++] = (char)c;
		if (c == '\n')
			break;
	}
	if (ferror(s->file)) {
		refuse_file(s);
		return NULL;
	}
	if (len == 0)
		return NULL;
	line[len] = '\0';
	s->line++;
	bad = bad_line(line, len);
	if (bad) {
		refuse(s, "", bad);
		return NULL;
	}
	if (line[0] == '[')
		begin_section(s, line);
	if (!text_copy(str, (size_t)num, line)) {
		refuse(s, "", "a line is at most 190 bytes");
		return NULL;
	}
	return str;
}

static void
check_given(struct reading_state *s, const char *section, const struct conf_key *key)
{
	char sentence[VALUE_SIZE + 32];

	if (was_seen(s, section, key))
		return;
	snprintf(sentence, sizeof(sentence), "must be given in [%s]", section);
	refuse(s, key->name, sentence);
}

/* Keys without a default must be there: in plain sections, and in every named one met. */
static void
check_missing(struct reading_state *s)
{
	for (const struct conf_key *k = s->conf->keys; k->section && !s->r; k++) {
		if (k->fallback)
			continue;
		if (!is_named(k->section))
			check_given(s, k->section, k);
		for (size_t i = 0; i < s->n_seen && !s->r; i++)
			if (is_section(k->section, s->seen[i].section))
				check_given(s, s->seen[i].section, k);
	}
}

int
conf_read(const struct conf *conf, const char *path, struct err *err)
{
	struct reading_state s = { .conf = conf, .path = path, .err = err };
	int bad;

	for (const struct conf_key *k = conf->keys; k->section; k++)
		if (!is_named(k->section))
			fill_default(conf->out, k);
	s.entry = conf->out;
	s.seen = calloc((size_t)MAX_SEEN, sizeof(*s.seen));
	s.file = fopen(path, "re");
	if (!s.file || !s.seen) {
		refuse_file(&s);
		goto out;
	}
	bad = ini_parse_stream(next_line, &s, on_key, &s);
	if (!s.r && bad)
		s.r = err_set(err, -EINVAL, "%s:%d: neither a section nor key = value",
		    path, bad > 0 ? bad : s.line);
	if (!s.r)
		end_section(&s);
	if (!s.r)
		check_missing(&s);
out:
	for (size_t i = 0; s.seen && i < s.n_seen; i++)
		free((void *)(uintptr_t)s.seen[i].section);
	free(s.seen);
	if (s.file)
		fclose(s.file);
	return s.r;
}

static char *
value_text(char *buf, size_t size, const struct conf_key *key, const void *in)
{
	const void *at = (const char *)in + key->offset;
	int64_t n = 0;
	int word = 0;
	bool yes;

	switch (key->type) {
	case CONF_STRING:
		snprintf(buf, size, "%s", (const char *)at);
		return buf;
	case CONF_BOOL:
		memcpy(&yes, at, sizeof(yes));
		snprintf(buf, size, "%s", yes ? "yes" : "no");
		return buf;
	case CONF_WORD:
		memcpy(&word, at, sizeof(word));
		snprintf(buf, size, "%s", key->words[word]);
		return buf;
	case CONF_KEY:
		seal_format(buf, at);
		return buf;
	default:
		memcpy(&n, at, sizeof(n));
		return number_text(buf, size, key, n);
	}
}

void
conf_print(FILE *f, const struct conf_key *keys, const char *section, const char *heading,
    const void *in)
{
	char text[512];

	fprintf(f, "[%s]\n", heading);
	for (const struct conf_key *k = keys; k->section; k++) {
		if (strcmp(k->section, section) != 0)
			continue;
		value_text(text, sizeof(text), k, in);
		if (*text) /* nothing is what an empty value stands for */
			fprintf(f, "%s = %s\n", k->name, text);
	}
}

/* What may be given: the words, or the least and the largest with their unit. */
static void
print_mdoc_range(FILE *f, const struct conf_key *key)
{
	char least[NUMBER_SIZE], most[NUMBER_SIZE];

	if (key->type == CONF_WORD || key->type == CONF_BOOL) {
		fprintf(f, "One of\n.Li %s", key->type == CONF_BOOL ? "yes , no" : "");
		for (int i = 0; key->type == CONF_WORD && key->words[i]; i++)
			fprintf(f, "%s%s", i > 0 ? " , " : "", key->words[i]);
		fprintf(f, " .\n");
	}
	if (has_range(key))
		fprintf(f, "From\n.Li %s\nto\n.Li %s .\n",
		    number_text(least, sizeof(least), key, key->min),
		    number_text(most, sizeof(most), key, key->max));
}

/* In lines of mdoc, which are of at most 80 bytes. */
static void
print_mdoc_text(FILE *f, const char *text)
{
	enum { WIDTH = 80 };

	while (strlen(text) > WIDTH) {
		const char *blank = memrchr(text, ' ', WIDTH + 1);

		if (!blank)
			break;
		fprintf(f, "%.*s\n", (int)(blank - text), text);
		text = blank + 1;
	}
	fprintf(f, "%s\n", text);
}

void
conf_print_mdoc(FILE *f, const struct conf_key *keys, const char *section)
{
	fprintf(f, ".Ss [%s]\\&\n.Bl -tag -width Ds\n", section);
	for (const struct conf_key *k = keys; k->section; k++) {
		if (strcmp(k->section, section) != 0)
			continue;
		fprintf(f, ".It Cm %s\n", k->name);
		print_mdoc_text(f, k->doc);
		print_mdoc_range(f, k);
		if (!k->fallback)
			fprintf(f, "Must be given.\n");
		else if (*k->fallback)
			fprintf(f, "Default:\n.Li %s .\n", k->fallback);
	}
	fprintf(f, ".El\n");
}
