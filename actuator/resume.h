/*
 * actuator/resume: bring back a guest that xl left suspended.
 */
#ifndef ACTUATOR_RESUME_H
#define ACTUATOR_RESUME_H

#include "base/err.h"
#include "base/types.h"

/*
 * Give domid the name that belongs to it and resume it where it is.  The caller knows
 * that it runs nowhere else.  0, or -errno with a sentence.
 */
int resume_domain(const char *xl, uint32_t domid, const char *name, struct err *err);

/*
 * The whole life of the process that does it: libxenlight of the running Xen, by dlopen,
 * as `xl resume` is missing before Xen 4.20.  Its exit status.
 */
int resume_run(const char *domid);

#endif
