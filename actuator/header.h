/*
 * actuator/header: the head of a migration stream, read before root's xl sees a byte.
 *
 * 32 bytes of magic, four u32 (byte order, two words of flags, length of what follows),
 * then a u32 length and the guest's configuration as libxl's JSON.  It must be about the
 * guest of the order, and may say nothing but what actuator/members knows, name no script
 * that this host's administrator has not put where such things belong, no kernel that
 * could be a secret here, no other disk or bridge, and take no more memory than its order
 * says.
 */
#ifndef ACTUATOR_HEADER_H
#define ACTUATOR_HEADER_H

#include "base/err.h"
#include "base/types.h"

enum { HEADER_MAX = 256 * 1024, HEADER_FIXED = 52 };

/* Of a kernel or ramdisk that base/public knows nothing good of. */
#define HEADER_SECRET                                                                    \
	"may not be read by everybody here, and could be a secret of this host"

/*
 * What it has to be about, where scripts may lie ("/etc/xen/scripts"), the identities
 * (base/disk) of the only disks and the names of the only bridges that it may have, and
 * the most memory (KiB) and vcpus.
 */
struct header_wish {
	struct uuid uuid;
	char name[NAME_SIZE];
	const char *scripts;
	const char (*disks)[DISK_SIZE];
	int n_disks;
	const char (*bridges)[NAME_SIZE];
	int n_bridges;
	uint64_t memory_kib;
	uint32_t vcpus;
};

/*
 * How many bytes the head has, once the first HEADER_FIXED are there: up to HEADER_MAX.
 * -EPROTO with a sentence: no stream that this Lifeboat knows.
 */
int header_length(const uint8_t *buf, size_t len, struct err *err);

/* The whole head.  0, or -EPERM, -EPROTO or -ENOENT (a file of it is not here, or not for
 * all) with a sentence. */
int header_check(
    const uint8_t *buf, size_t len, const struct header_wish *wish, struct err *err);

/* The same for the configuration alone, as JSON text. */
int header_check_config(
    const char *json, size_t len, const struct header_wish *wish, struct err *err);

#endif
