/*
 * cli/files: files that are put in place whole, or not at all.
 *
 * A new text is written beside the old one and synced; only then does it take its place.
 * So several files can be prepared, looked at and then put in place together, and a full
 * disk or a loss of power leaves the old ones.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { FILES_MAX = 1 << 22 /* bytes of a configuration */ };

struct files_owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* One file that waits to be put in place. */
struct files_new {
	char path[PATH_MAX];     /* links resolved */
	char path_new[PATH_MAX]; /* "": nothing waits */
};

/*
 * Only one of us may write in a folder at a time: holds it until the descriptor is
 * closed. The descriptor, or -errno with a sentence.
 */
int files_lock(const char *folder, struct err *err);

/* The text, the caller's; of a file that is not there "" and *found false.  0 or -errno.
 */
int files_read(char **text, bool *found, const char *path, struct err *err);

/* Prepare it.  A file that stands keeps its owner and mode.  0 or -errno. */
int files_prepare(struct files_new *f, const char *path, const char *text,
    const struct files_owner *owner, struct err *err);

/* folder: from files_lock.  0 or -errno. */
int files_commit(struct files_new *f, int folder, struct err *err);

/* Throw away what was not put in place. */
void files_drop(struct files_new *f);

#endif
