/*
 * monitor/daemon: the root parent: two groups of probes, one uplink, one loop.
 *
 * It opens and seals frames and owns the children.  It touches no network, and decodes
 * nothing that a probe wrote.
 */
#ifndef MONITOR_DAEMON_H
#define MONITOR_DAEMON_H

#include "base/err.h"
#include "monitor/conf.h"

/* Until SIGTERM or SIGINT.  0, or -errno with a sentence when it cannot start. */
int daemon_run(const struct monitor_conf *conf, struct err *err);

#endif
