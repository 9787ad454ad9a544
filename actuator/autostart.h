/*
 * actuator/autostart: a guest's file under /etc/xen and its link under /etc/xen/auto,
 * which makes Xen start it at boot, follow the guest.
 *
 * The source takes its link away before it lets go of the guest, and puts it back only if
 * the guest has stayed; the target makes one only once the guest runs there.  Each step
 * is on the disk before the next.  So however movers and hosts die there are never two
 * links, at worst there is none.
 */
#ifndef ACTUATOR_AUTOSTART_H
#define ACTUATOR_AUTOSTART_H

#include "actuator/header.h"
#include "base/err.h"
#include "base/types.h"

#define AUTOSTART_XEN  "/etc/xen"
#define AUTOSTART_AUTO AUTOSTART_XEN "/auto"

enum { AUTOSTART_NAME = 128, AUTOSTART_FILE_MAX = 48 * 1024 };

struct autostart {
	char entry[AUTOSTART_NAME]; /* its name under /etc/xen/auto; "": there is none */
	char *text;                 /* owned: what the file says, with a NUL behind it */
	size_t len;
};

/* What starts this guest at boot of the system below root ("" in production).  0, also
 * when nothing does, or -errno with a sentence: -ENOTUNIQ when two links do. */
int autostart_find(struct autostart *a, const char *root, const char *name,
    const struct uuid *uuid, struct err *err);
void autostart_deinit(struct autostart *a);

/* Whether a configuration's text is about that guest, by name or UUID. */
bool autostart_is_about(const char *text, const char *name, const struct uuid *uuid);
/* A file of up to AUTOSTART_FILE_MAX bytes, with a NUL behind it, or NULL.  The caller
 * frees it. */
char *autostart_read(const char *path, size_t *len);

/*
 * Source: take the link away, noted in the folder run first; put it back; or let its file
 * go, now NAME.moved if the link led to one inside /etc/xen.  The note is the guest's and
 * not the order's, as a guest that is left suspended is resumed by another order; the
 * last two remove it, and do nothing without it.  On the disk when they return.  0 or
 * -errno; -EEXIST: something else has the link's name.
 */
int autostart_take(
    const char *root, const char *run, const struct uuid *uuid, const char *entry);
int autostart_put_back(const char *root, const char *run, const struct uuid *uuid);
int autostart_let_go(const char *root, const char *run, const struct uuid *uuid);
/* A note of an earlier move says nothing any more. */
void autostart_forget(const char *run, const struct uuid *uuid);
bool autostart_is_taken(const char *run, const struct uuid *uuid);

/*
 * Target: whether a text from another host may be what starts the guest here.  xl parses
 * it, and what it understood has to pass the check of a stream's head.  The file that xl
 * is given is left in folder.  0, or -EPERM or another -errno with a sentence.
 */
int autostart_check(const char *xl, const char *folder, const struct autostart *a,
    const struct header_wish *wish, struct err *err);

/* A file about the guest that says something else was there, and is linked. */
enum { AUTOSTART_E_KEPT = 1 };

/*
 * Target: write the text to /etc/xen/NAME.cfg and link to it, unless a link for the guest
 * is there; a file about it that is there stays as it is.  0 or AUTOSTART_E_KEPT, on the
 * disk, or -errno with a sentence: -EEXIST for a file about something else.
 */
int autostart_make(const char *root, const struct autostart *a, const char *name,
    const struct uuid *uuid, struct err *err);

#endif
