/*
 * base/bus: nanomsg, kept out of privileged processes.
 *
 * A host's daemon forks a bus child (base/bus_child) that owns the sockets and neither
 * root nor keys: sealed frames go through it as records on a socket pair.  nanomsg
 * aborts the process on some errors; then only that child dies and is started again.
 * The engine, unprivileged itself, binds its sockets in its own process.
 */
#ifndef BASE_BUS_H
#define BASE_BUS_H

#include "base/err.h"
#include "base/frame.h"

/* Tags of records between a daemon and its bus child. */
enum bus_tag {
	BUS_PUBLISH = 'P', /* daemon -> child: a sealed report */
	BUS_ASK = 'Q',     /* daemon -> child: a sealed request; cancels the one before */
	BUS_REPLY = 'A',   /* child -> daemon */
	BUS_REDIAL = 'D',  /* daemon -> child: shut the sockets and dial again */
};

enum { BUS_MAX_ENGINES = 4 };

struct bus_address {
	char report[128];   /* "tcp://192.0.2.1:7801": the engine's SUB; "": none */
	char exchange[128]; /* "tcp://192.0.2.1:7802": the engine's REP */
};

/*
 * "tcp://ADDRESS:PORT" of something to dial, and nothing nanomsg would read in another
 * way.  A name is none: the engine is to be found while name servers are down.
 */
bool bus_is_address(const char *text);
/* Of such an address: "tcp://[2001:db8::1]:7801". */
bool bus_is_ipv6(const char *address);

/*
 * The child's whole life: dial every engine with a PUB and a REQ socket, move records
 * between fd and the sockets until fd ends.  Drops root for user (NULL: stays) first.
 * Returns the process's exit status.
 */
int bus_child(int fd, const struct bus_address *engines, size_t n, const char *user);

/* The engine's two bound sockets. */
struct bus_server {
	int sub, rep;       /* nanomsg sockets, -1 */
	int sub_fd, rep_fd; /* readable when there is something to take; never read */
};
#define BUS_SERVER_NULL                                                                  \
	{                                                                                \
		-1, -1, -1, -1                                                           \
	}

int bus_server_init(struct bus_server *s, const struct bus_address *at, struct err *err);
void bus_server_deinit(struct bus_server *s);
/* One message into buf.  Its length (may be over size: it was cut), -EAGAIN, -errno. */
int bus_server_take(int socket, uint8_t *buf, size_t size);
/* Answer the request that was taken last.  0 or -errno. */
int bus_server_reply(struct bus_server *s, const uint8_t *buf, size_t len);

#endif
