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
	bool same;   /* the facts are a change of those before */
};

/* Says what is wrong with word; -EINVAL. */
int reader_bad(struct reader *r, const char *sentence, const char *word);
/* The next word, or NULL at the end. */
char *reader_next(struct reader *r);
/* Split "key=value": value, or NULL when there is no '='. */
char *reader_split(char *word);
bool reader_count(uint64_t *out, const char *text, uint64_t max);
/* A name as trace_put_word() writes it. */
bool reader_text(char *buf, size_t size, const char *word);
/* "claims=300": more than max, and none of them told. */
bool reader_claim(uint16_t *n, const char *word, int max);
bool reader_u32(uint32_t *out, const char *text);
bool reader_probe_state(enum probe_state *out, const char *word);
/* A name as it is written, or "#" and 16 hex digits. */
bool reader_id(struct reader *r, id64_t *out, const char *word);
/* "a,b,c" or "none" into ids; -1 when there are more than max or one is malformed. */
int reader_ids(struct reader *r, id64_t *ids, int max, char *list);

/* With its unit, or "~" and milli-units: what its unit cannot express. */
bool reader_quantity(int64_t *milli, enum sensor_kind kind, const char *text);

/* Bodies of the large events, behind the host's name. */
int reader_catalogue(struct reader *r);
int reader_readings(struct reader *r);
int reader_xen(struct reader *r);
int reader_storage(struct reader *r);
int reader_order(struct reader *r);

#endif
