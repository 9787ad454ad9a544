/*
 * actuator/daemon: the root parent: the exchange with the engine, and movers started.
 */
#ifndef ACTUATOR_DAEMON_H
#define ACTUATOR_DAEMON_H

#include "actuator/conf.h"
#include "base/err.h"

#define ACTUATOR_PROGRAM "lifeboat-actuator"

/* Until SIGTERM or SIGINT; orders under way go on without it.  0, or -errno with a
 * sentence. */
int daemon_run(const struct actuator_conf *conf, struct err *err);

#endif
