/*
 * tests/unit/head_rig: the head of a stream that a real xl sent, a folder for what it
 * names, and a host with one shared disk (all of /dev/disk and /dev/sdb) and one of its
 * own.
 */
#ifndef TESTS_UNIT_HEAD_RIG_H
#define TESTS_UNIT_HEAD_RIG_H

#include <jansson.h>

#include "actuator/header.h"

/* The ordered guest's. */
#define HEAD_UUID "4c1feb0a-0000-4000-8000-000000000001"

struct head_rig {
	uint8_t head[2048];
	size_t len, length; /* of the file; of the head itself */
	char folder[64], scripts[80];
	struct header_wish wish; /* what was ordered: all that the head has */
	json_t *config;          /* of the head, to be spoiled */
	struct err err;
};

extern struct head_rig t;

int head_setup(void **state);
int head_teardown(void **state);

/* An empty file in the rig's folder, for all to read. */
void head_make_file(const char *name);
/* Member key of that object of the configuration, NULL for itself; the value is taken
 * over. */
void head_set(const char *object, const char *key, json_t *value);
/* Member key of b_info: a path in the rig's folder. */
void head_set_path(const char *key, const char *path);

/* header_check_config() of the configuration as it is now. */
int head_check(void);
/* Fails the test unless it is refused with a sentence that has this part. */
void head_refuses(const char *part);

#endif
