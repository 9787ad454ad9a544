/*
 * base/notify: telling the service manager that we are ready and alive (sd_notify(3)
 * protocol).  Without NOTIFY_SOCKET nothing is sent.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdint.h>

/* "READY=1", "WATCHDOG=1", "STOPPING=1".  0, or -errno. */
int notify_send(const char *state);

/* How often the manager wants to hear WATCHDOG=1: half its limit; 0: never. */
int64_t notify_watchdog_ms(void);

#endif
