/*
 * actuator/journal: a target's one line of whose the guest is, from here on.
 *
 * The only commit record of a move.  Its carrier writes it, the mover reads it once that
 * carrier is gone.  It says go-taken when that is its only line, whole; whatever else is
 * there means aborted.
 */
#ifndef ACTUATOR_JOURNAL_H
#define ACTUATOR_JOURNAL_H

#include <stdbool.h>

#define JOURNAL_GO_TAKEN "go-taken"
#define JOURNAL_ABORTED  "aborted"

/*
 * Append one of the words as a line.  True once the whole line is in the file, as a mover
 * will read it: the other word must never follow.  That the disk has it too is tried, and
 * changes nothing: what outlives this boot is thrown away.  False: the line is not
 * there, or torn, and reads as aborted.
 */
bool journal_write(int fd, const char *word);

/* Whether an order's folder says go-taken, and nothing else. */
bool journal_has_gone(const char *folder);

#endif
