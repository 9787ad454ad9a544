/*
 * base/boot: which boot of this machine it is.
 */
#ifndef BASE_BOOT_H
#define BASE_BOOT_H

#include "base/types.h"

/* New at each boot.  0 or -errno. */
int boot_id_read(struct uuid *out);

#endif
