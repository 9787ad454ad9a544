/*
 * policy/conf: the engine's configuration, /etc/lifeboat/policy.conf.
 *
 *   [engine]          keys, addresses, store, recording
 *   [rules]           every number of struct rules
 *   [hook]            a program that is told of what happens
 *   [host NAME]       the inventory, in order: a host's public key
 *   [sensor PATTERN]  limits of a site, for "chip/feature" or "host:chip/feature"
 *   [guest PATTERN]   move = no: a guest that is never moved
 *
 * The first pattern that matches wins, as with fnmatch(3).
 */
#ifndef POLICY_CONF_H
#define POLICY_CONF_H

#include <stdio.h>

#include "base/bus.h"
#include "base/seal.h"
#include "policy/core/event.h"

enum { CONF_MAX_HOSTS = 10000, CONF_MAX_PATTERNS = 256 };

struct conf_host {
	char name[NAME_SIZE];
	uint8_t key[SEAL_KEY];
};

struct conf_sensor {
	char pattern[160];
	int64_t limit[LIMITS]; /* NO_LIMIT: the chip's own stands */
	bool ignore;
	int lost; /* 0 suspect, 1 failing */
};

struct conf_guest {
	char pattern[NAME_SIZE];
	bool move;
};

struct policy_conf {
	char key_path[256];
	struct bus_address at;
	char door[100];
	char store[256];
	char recording[256];
	int64_t recording_kib;
	char hook[256]; /* a program, or "no" */
	int64_t hook_ms;
	struct rules rules;
	int64_t move_stall_ms;   /* without a byte or a phase: undefined */
	struct conf_host *hosts; /* owned, as are the two below */
	int n_hosts;
	struct conf_sensor *sensors;
	int n_sensors;
	struct conf_guest *guests;
	int n_guests;
};

/* 0, or -errno with a sentence.  *out is owned by the caller. */
int policy_conf_read(struct policy_conf **out, const char *path, struct err *err);
struct policy_conf *policy_conf_free(struct policy_conf *conf);
void policy_conf_print(FILE *f, const struct policy_conf *conf);
/* The manual page's part that follows from the table of keys. */
void policy_conf_print_mdoc(FILE *f);

/* Replace a sensor's limits by the site's; facts->name and kind are set. */
void policy_conf_sensor(
    const struct policy_conf *conf, const char *host, struct sensor_facts *facts);
/* May this guest be moved at all? */
bool policy_conf_guest(const struct policy_conf *conf, const char *name);

#endif
