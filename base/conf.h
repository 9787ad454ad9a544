/*
 * base/conf: strict configuration files, read with inih.
 *
 * A table of keys drives reading, checking, printing back and the man page's table.
 * Refused with "file:line: key: sentence": unknown section or key, a key twice in a
 * section, a bad section header, a line over 190 bytes, an indented line, an empty or
 * out-of-range value, a value without its unit.  Nothing is applied unless all is good.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum conf_type {
	CONF_STRING,   /* char[size] */
	CONF_BOOL,     /* bool: yes, no */
	CONF_INT,      /* int64_t */
	CONF_DURATION, /* int64_t ms: "30s" */
	CONF_MEMORY,   /* int64_t KiB: "512MiB" */
	CONF_PERCENT,  /* int64_t: "80%" */
	CONF_MILLI,    /* int64_t: "1.5", or with any sensor unit: "75C" */
	CONF_WORD,     /* int (an enum): one of words[] */
	CONF_KEY,      /* uint8_t[32]: base64 of a public key */
};

struct conf_key {
	const char *section; /* "engine"; with named sections "host *" */
	const char *name;
	enum conf_type type;
	size_t offset;        /* in the struct filled; in the entry for named sections */
	size_t size;          /* of a string's array */
	const char *fallback; /* default as text, "": none; NULL: must be given */
	int64_t min, max;     /* of numbers, in the unit of their type; both 0: any */
	const char *const *words; /* NULL-ended, for CONF_WORD */
	const char *doc;          /* one sentence, for --print-config and the man page */
};

struct conf {
	const struct conf_key *keys; /* ended by a NULL section */
	void *out;                   /* filled with defaults, then values */
	/*
	 * A named section ("[host xen01]") begins: return the address of its entry, the
	 * caller's own and zeroed, or NULL with a sentence.  NULL function: no named
	 * sections.  Defaults are filled in by conf_read.
	 */
	void *(*entry)(void *out, const char *kind, const char *name, struct err *err);
};

/*
 * 0, or -EINVAL with "file:line: key: sentence", or -errno when it cannot be read.  What
 * is in *conf->out after a failure is of no use to anybody.
 */
int conf_read(const struct conf *conf, const char *path, struct err *err);

/*
 * Print a section so that it parses back to the same values.  section: as the keys have
 * it, "host *"; heading: as the file is to have it, "host xen01"; in: the struct that was
 * filled, or the entry.
 */
void conf_print(FILE *f, const struct conf_key *keys, const char *section,
    const char *heading, const void *in);

/*
 * One section as it stands in section 5 of the manual: a subsection with the list of its
 * keys, in mdoc: sentence, range, default.  tests/manuals.py holds the pages against it.
 */
void conf_print_mdoc(FILE *f, const struct conf_key *keys, const char *section);

#endif
