/*
 * actuator/self: where this program is, for a command line that another one executes.
 *
 * It does not know whether what is there now is the same file: after an upgrade it is the
 * new one.
 */
#ifndef ACTUATOR_SELF_H
#define ACTUATOR_SELF_H

#include <stddef.h>

#include "base/err.h"

/* Its path, also when that file has been replaced since.  0, or -errno with a sentence.
 */
int self_path(char *out, size_t size, struct err *err);

#endif
