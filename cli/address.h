/*
 * cli/address: where the engine and this host are to be found.
 */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"

enum { ADDRESS_SIZE = 100 };

/* Of a name or a numeric address, by IPv4 as the daemons reach the engine.  0, or -EINVAL
 * with a sentence. */
int address_resolve(struct in_addr *out, const char *text, struct err *err);

bool address_is_loopback(struct in_addr address);

/* The numeric address from which this host reaches that one.  0 or -errno. */
int address_towards(char out[ADDRESS_SIZE], struct in_addr to);

/* Is it numeric (of either family) and this machine's own?  0, or -EINVAL with a
 * sentence. */
int address_check_own(const char *text, struct err *err);

#endif
