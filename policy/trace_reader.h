/*
 * policy/trace_reader: one line being read, word by word.  Only for the trace's reader.
 */
#ifndef POLICY_TRACE_READER_H
#define POLICY_TRACE_READER_H

#include "policy/trace_internal.h"

struct reader {
	struct trace *t;
	const struct core *core;
	struct event *e;
	struct err *err;
	char *rest;
	char *saved; /* of strtok_r */
};

/* Says what is wrong with word; -EINVAL. */
int reader_bad(struct reader *r, const char *sentence, const char *word);
/* The next word, or NULL at the end. */
char *reader_next(struct reader *r);
/* Split "key=value": value, or NULL when there is no '='. */
char *reader_split(char *word);
bool reader_count(uint64_t *out, const char *text, uint64_t max);
bool reader_u32(uint32_t *out, const char *text);
bool reader_probe_state(enum probe_state *out, const char *word);
/* A name as it is written, or "#" and 16 hex digits. */
bool reader_id(struct reader *r, id64_t *out, const char *word);
/* "a,b,c" into ids; -1 when there are more than max or one is malformed. */
int reader_ids(struct reader *r, id64_t *ids, int max, char *list);

/* Bodies of the two large events, behind the host's name. */
int reader_xen(struct reader *r);
int reader_storage(struct reader *r);

#endif
