/*
 * actuator/source_checks: what on the source forbids a move, looked at once more before
 * xl is started: another master, devices that cannot travel.
 */
#ifndef ACTUATOR_SOURCE_CHECKS_H
#define ACTUATOR_SOURCE_CHECKS_H

#include "actuator/mover.h"

/* False, with a why in the state.  root: "", or what stands before the host's paths. */
bool source_checks(struct mover *m, const char *root, const struct xl_domain *guest);

#endif
