/*
 * actuator/info: what `xl info` says of this host.
 */
#ifndef ACTUATOR_INFO_H
#define ACTUATOR_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INFO_VALUE = 1024 }; /* Xen's own limit of its command line and capabilities */

struct info {
	uint32_t major, minor;
	uint64_t free_kib; /* Xen's, less what is claimed */
	bool hap;          /* hardware-assisted paging */
	/* "xen-3.0-x86_64 hvm-3.0-x86_64 "; "": not told */
	char capabilities[INFO_VALUE];
	char command_line[INFO_VALUE]; /* Xen's */
};

/* False: no Xen version is in the text. */
bool info_parse(struct info *out, const char *text);

/* The value of the line of that key, without the blanks before it, cut to size; "" where
 * there is none. */
void info_value(char *value, size_t size, const char *text, const char *key);

/* Whether a word stands among others, between blanks. */
bool info_has_word(const char *words, const char *word);

#endif
