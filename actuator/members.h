/*
 * actuator/members: which members of a guest's configuration, as libxl's JSON, may be
 * said by another host.
 *
 * A table of what libxl 4.17 to 4.22 makes nothing of that this host would have to trust:
 * no program, no file, no word that QEMU's command line would take for more than one.
 * Whatever is not in it may be there, but not be given.
 */
#ifndef ACTUATOR_MEMBERS_H
#define ACTUATOR_MEMBERS_H

#include <jansson.h>

#include "base/err.h"

/* 0, or -EPERM with a sentence that names the member. */
int members_check(const json_t *config, struct err *err);

#endif
