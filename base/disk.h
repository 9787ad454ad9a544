/*
 * base/disk: which shared disk lies under a block device.
 *
 * Two hosts see the same disk when these texts are equal.  A text is the LUN's VPD page
 * 0x83 designator, and the IQN and portal it is reached by: tgt and others give two
 * servers the same designator unless told otherwise.  A partition or volume on it has a
 * part of its own behind a '+'.
 */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include "base/err.h"
#include "base/types.h"

enum { DISK_NAME = 64 };

/* How a disk is reached; empty texts where it is not iSCSI. */
struct disk_path {
	char iqn[DISK_SIZE];
	char portal[DISK_SIZE];
	char session[DISK_NAME];
};

/*
 * The identity under a block device such as "sdb", "dm-3" or "sdb1", through partitions,
 * LVM and multipath.  0, or -ENODEV with a sentence when nothing shared lies under it.
 */
int disk_identify(
    char out[DISK_SIZE], const char *sysroot, const char *block_name, struct err *err);

/* The same, with the path that the text names; of several the smallest (IQN, portal). */
int disk_resolve(char out[DISK_SIZE], struct disk_path *path, const char *sysroot,
    const char *block_name, struct err *err);

/* "/dev/disk/by-path/..." -> "sdb".  A path that is no block device names the disk by its
 * last part, if there is such a one.  -ENODEV with a sentence. */
int disk_block_name(char out[DISK_NAME], const char *path, struct err *err);

/* The designator of a VPD page 0x83: NAA, else EUI, else T10.  False: none in it. */
bool disk_designator(char *out, size_t size, const uint8_t *page, size_t len);

/* The portal of an iSCSI session, which is called "session3": "192.0.2.5:3260". */
void disk_portal(char out[DISK_SIZE], const char *sysroot, const char *session);

#endif
