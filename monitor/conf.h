/*
 * monitor/conf: the monitor's configuration file, /etc/lifeboat/monitor.conf.
 *
 * Sections host, engine and monitor; the table in conf.c says which keys, and
 * "lifeboat-monitor --print-config" prints them.
 */
#ifndef MONITOR_CONF_H
#define MONITOR_CONF_H

#include <stdio.h>

#include "base/bus.h"
#include "base/conf.h"
#include "base/seal.h"

struct monitor_conf {
	char key_path[256];
	uint8_t engine_key[SEAL_KEY];
	struct bus_address engine;
	char user[32];
	int64_t sensors_every_ms;
	int64_t rest_every_ms;
	int64_t deadline_ms;
	char readings_file[256];
};

/* 0, or -errno with "file:line: key: sentence".  Nothing in *conf is owned. */
int monitor_conf_read(struct monitor_conf *conf, const char *path, struct err *err);
/* All defaults, no engine: for --once. */
void monitor_conf_default(struct monitor_conf *conf);
/* As a file that reads back to the same. */
void monitor_conf_print(FILE *f, const struct monitor_conf *conf);
/* The manual page's part that follows from the table of keys. */
void monitor_conf_print_mdoc(FILE *f);

#endif
