/*
 * base/xen_features: the CPU features that guests may see on this host, asked of Xen.
 *
 * The libraries of the running Xen are opened by name, and nothing of it is linked.
 */
#ifndef BASE_XEN_FEATURES_H
#define BASE_XEN_FEATURES_H

#include "base/types.h"

/* Xen's own numbers, XEN_SYSCTL_cpu_featureset_pv and _hvm. */
enum xen_featureset { XEN_FEATURES_PV = 2, XEN_FEATURES_HVM = 3 };

/*
 * As words, by an open handle of libxenctrl (NULL: one of its own) of Xen 4.minor.  0
 * words where the libraries are missing or Xen does not tell.  A hypercall: it may hang.
 */
size_t xen_features(
    void *xc, unsigned minor, enum xen_featureset which, uint32_t words[MAX_FEATURES]);

#endif
