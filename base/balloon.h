/*
 * base/balloon: whether xl takes memory from dom0 for a guest, and how much it can.
 */
#ifndef BASE_BALLOON_H
#define BASE_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

/*
 * As xl decides it: the word that the file xl_conf ("/etc/xen/xl.conf") gives to
 * autoballoon, and with "auto" or none, unless Xen's command line fixes dom0's memory.
 * A command line that is not known, NULL, fixes nothing.
 */
bool balloon_is_on(const char *xl_conf, const char *command_line);

/* True where Xen's command line fixes dom0's memory, as xl reads it. */
bool balloon_is_fixed(const char *command_line);

/* What dom0 may give back of what it has, in KiB: what is needed there stays. */
uint64_t balloon_gives(uint64_t dom0_kib);

#endif
