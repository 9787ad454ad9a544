/*
 * monitor/xen_config: what libxl keeps of a guest's configuration, and would ask of a new
 * host too.
 *
 * It is told and never judged: a file that is missing, too large or not understood says
 * nothing, and the guest is one like any other.
 */
#ifndef MONITOR_XEN_CONFIG_H
#define MONITOR_XEN_CONFIG_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/types.h"

struct xen_config {
	/* Which file was read. */
	unsigned domid;
	struct uuid uuid;
	ino_t inode;
	off_t size;
	struct timespec changed;
	/* What it says; "" and 0 for nothing, as for what does not fit. */
	char kernel[FILE_SIZE], ramdisk[FILE_SIZE];
	char cpupool[NAME_SIZE];         /* a name, never a number */
	char pinned[MAX_PINS][PIN_SIZE]; /* each set of processors once */
	size_t n_pinned;
};

/*
 * Bring c, all zero at first, up to date: a file that has not changed is not read again.
 * root is "" but in tests.
 */
void xen_config_read(
    struct xen_config *c, const char *root, unsigned domid, const struct uuid *uuid);

/* What a text says goes to c, which says nothing yet. */
void xen_config_parse(struct xen_config *c, const char *text, size_t len);

#endif
