/*
 * cli/address: where the engine and this host are to be found.
 */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"

enum { ADDRESS_SIZE = 100, ADDRESS_URL = ADDRESS_SIZE + 16 };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	char text[INET6_ADDRSTRLEN]; /* numeric */
};

/*
 * Of a numeric address or a name; where a name has both, by IPv4, at which the engine
 * listens of itself.  One that leads no other machine here (unspecified, a group's, or of
 * one link alone) is refused.  0, or -EINVAL with a sentence.
 */
int address_resolve(struct address *out, const char *text, struct err *err);

bool address_is_ipv6(const struct address *a);
bool address_is_loopback(const struct address *a);

/* "tcp://192.0.2.1:", "tcp://[2001:db8::1]:": what a port completes.  Its length. */
int address_url(char url[ADDRESS_URL], const struct address *a);

/* The address from which this host reaches that one.  0 or -errno. */
int address_towards(struct address *out, const struct address *to);

/* Is it numeric (of either family) and this machine's own?  0, or -EINVAL with a
 * sentence. */
int address_check_own(const char *text, struct err *err);

#endif
