/*
 * monitor/conf: the monitor's configuration file, /etc/lifeboat/monitor.conf.
 *
 *   [host]     key = /etc/lifeboat/host.key
 *   [engine]   public-key = ...   report = tcp://192.0.2.1:7801  exchange =
 * tcp://...:7802 [monitor]  user = lifeboat  sensors-every = 1s  rest-every = 5s deadline
 * = 4s readings-file = (empty: no file probe)
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

int monitor_conf_read(struct monitor_conf *conf, const char *path, struct err *err);
/* All defaults, no engine: for --once. */
void monitor_conf_default(struct monitor_conf *conf);
void monitor_conf_print(FILE *f, const struct monitor_conf *conf);

#endif
