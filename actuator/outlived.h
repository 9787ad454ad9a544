/*
 * actuator/outlived: an xl that may live on after the mover that started it.
 *
 * Whoever starts xl marks the file that takes its stderr.  The mark lasts as long as
 * anybody has that file open by inheritance: xl itself, its save helper, its way to the
 * other host.  So it says without a process's number that all of them are gone.
 */
#ifndef ACTUATOR_OUTLIVED_H
#define ACTUATOR_OUTLIVED_H

#include <stdbool.h>
#include <stdint.h>

#define OUTLIVED_STDERR "xl.err"
#define OUTLIVED_PID    "xl.pid"

/* Mark an open file; xl is to inherit it, and the caller to close its own. */
void outlived_mark(int fd);
/* Whether neither the xl of an order's folder lives nor anything that it has started. */
bool outlived_is_gone(const char *folder);
/* The same, within that time. */
bool outlived_wait(const char *folder, int64_t limit_ms);
/* SIGKILL the xl of an order's folder if it lives.  False: there is none to be found. */
bool outlived_kill(const char *folder);

#endif
