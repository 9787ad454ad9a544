/*
 * actuator/need: how much memory a guest takes of a host.
 */
#ifndef ACTUATOR_NEED_H
#define ACTUATOR_NEED_H

#include "base/wire.h"

/* The most memory that a guest may have as it is now (KiB). */
uint64_t need_most(const Lifeboat__Guest *guest);
/* What Xen takes for the page tables of a guest that may once have so much (KiB). */
uint64_t need_shadow(uint64_t kib, uint64_t vcpus);
/* What a target must have free for a guest, shadow and Xen's own included (KiB). */
uint64_t need_free(const Lifeboat__Guest *guest);

#endif
