/*
 * actuator/look: one look each at what of this host may hang, a disk, a file system, the
 * hypervisor, in a process of its own with a time limit.
 */
#ifndef ACTUATOR_LOOK_H
#define ACTUATOR_LOOK_H

#include "base/types.h"

/* All return 0 or -errno: -ETIMEDOUT when nothing came of it in 10 s. */

/* One direct read of a block device, by its name under /dev; -EIO however it failed. */
int look_disk(const char *name);
/* Whether path is a plain file, for everybody to read: see base/public. */
int look_file(const char *path);
/* Whether kib can be written to a folder, where nothing is left of it. */
int look_room(const char *folder, int64_t kib);

/* The CPU features of guests of that type on Xen 4.minor, as many words as returned; 0
 * where nobody tells. */
size_t look_features(uint32_t words[MAX_FEATURES], enum guest_type type, uint32_t minor);
/* The words of a line "178bfbff f6f83203"; 0 where it is anything else. */
size_t look_parse_features(uint32_t words[MAX_FEATURES], const char *line);

/* In the process of its own: "disk:...".  Its exit status: 0 or an errno. */
int look_run(const char *what);

#endif
