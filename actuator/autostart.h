/*
 * actuator/autostart: a guest's file under /etc/xen and its link under /etc/xen/auto,
 * which makes Xen start it at boot, follow the guest.
 *
 * The source takes its link away before it lets go of the guest, and puts it back only if
 * the guest has stayed; the target makes one only once the guest runs there.  So however
 * movers and hosts die there are never two links, at worst there is none.
 */
#ifndef ACTUATOR_AUTOSTART_H
#define ACTUATOR_AUTOSTART_H

#include "base/err.h"
#include "base/types.h"

enum { AUTOSTART_NAME = 128, AUTOSTART_FILE_MAX = 48 * 1024 };

struct autostart {
	char entry[AUTOSTART_NAME]; /* its name under /etc/xen/auto; "": there is none */
	char *text;                 /* owned: what the file says */
	size_t len;
};

/* What starts this guest at boot of the system below root ("" in production).  0, also
 * when nothing does, or -errno with a sentence. */
int autostart_find(struct autostart *a, const char *root, const char *name,
    const struct uuid *uuid, struct err *err);
void autostart_deinit(struct autostart *a);

/* Source: take the link away, noted in the order's folder first; put it back; or let its
 * file go, now NAME.moved.  Without a note the last two do nothing.  0 or -errno. */
int autostart_take(const char *root, const char *folder, const char *entry);
int autostart_put_back(const char *root, const char *folder);
int autostart_let_go(const char *root, const char *folder);

/*
 * Target: write the file /etc/xen/NAME.cfg, unless one is there that will do, and link to
 * it.  -EPERM with a sentence for a file that names programs of its own.
 */
int autostart_make(
    const char *root, const char *name, const char *text, size_t len, struct err *err);

#endif
