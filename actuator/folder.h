/*
 * actuator/folder: where an order lives while it is carried out.
 *
 * One folder an order under the run folder, root's alone.  Everything a mover must know
 * and everything it has to say is in files there, so that neither the actuator's nor the
 * mover's death loses it.  They are bound to the boot: what an earlier boot left is void.
 *
 *   order    the order, packed, as it was taken
 *   conf     actuator_conf_record, so that an edited file changes nothing under way
 *   state    what is said of it: an OrderState, packed, replaced as a whole
 *   journal  target: "go-taken" or "aborted", the one commit record
 *   cancel   there once the engine has asked to stop it
 *   lock     flock: held while its mover lives
 *   xl.err   what xl said; as long as it lives, or what it has started, it holds a flock
 *            on it
 *   xl.pid   its number
 *   shim     source: the socket at which xl's pipes are handed to the carrier
 *   autostart-file autostart.cfg  target: what came with the guest to start it at boot,
 *            and that as xl is given it to be checked
 *
 * Beside them in the run folder: boot-id of the boot that it is of; engine and term, the
 * last ones that were heard; carrier.key; and autostart.UUID, what was taken away of a
 * guest's own start at boot.
 */
#ifndef ACTUATOR_FOLDER_H
#define ACTUATOR_FOLDER_H

#include "base/err.h"
#include "base/wire.h"

enum { FOLDER_SIZE = 192, FOLDER_NAME = 80, FOLDER_FILE_MAX = FRAME_BODY_MAX };

/* "12.3-0123456789abcdef0123456789abcdef": term, number, engine. */
void folder_name(char out[FOLDER_NAME], const Lifeboat__OrderId *id);

/* The run folder itself: made if need be, emptied when it is of another boot, and rid of
 * what was half made or half removed.  0, or -errno with a sentence. */
int folder_start(const char *run, const struct uuid *boot_id, struct err *err);

/* Made complete or not at all: the files order and conf, then the name.  0, or -errno
 * with a sentence; -EEXIST or -ENOTEMPTY when the order has one. */
int folder_make(const char *run, const Lifeboat__Order *order, const void *conf,
    size_t conf_size, struct err *err);
/* Remove it with its files: gone at once from under its name, and what a death half-way
 * leaves goes at the next folder_start().  0 or -errno. */
int folder_remove(const char *run, const char *name);

/* Whole files.  folder_read: length or -errno (-E2BIG over size). */
int folder_read(const char *folder, const char *file, void *buf, size_t size);
/* The last size bytes of it, or as many as it has: length or -errno. */
int folder_read_end(const char *folder, const char *file, void *buf, size_t size);
/* Replaced as a whole, its bytes on the disk when this returns; its name is after
 * folder_sync().  0 or -errno. */
int folder_write(const char *folder, const char *file, const void *data, size_t len);
/* Make the names in a folder of any kind durable.  0 or -errno. */
int folder_sync(const char *folder);
bool folder_has(const char *folder, const char *file);

/* The lock's descriptor, or -EWOULDBLOCK while a mover lives, or -errno. */
int folder_lock(const char *folder);

#endif
