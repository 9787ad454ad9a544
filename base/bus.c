#include <arpa/inet.h>
#include <errno.h>
#include <nanomsg/nn.h>
#include <nanomsg/pubsub.h>
#include <nanomsg/reqrep.h>
#include <nanomsg/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/bus.h"

static void
set_int(int socket, int level, int option, int value)
{
	nn_setsockopt(socket, level, option, &value, sizeof(value));
}

static int
bind_socket(int *socket, int *fd, int protocol, const char *at, struct err *err)
{
	size_t size = sizeof(*fd);

	*socket = nn_socket(AF_SP, protocol);
	if (*socket < 0)
		return err_set(err, -errno, "no socket: %s", nn_strerror(errno));
	set_int(*socket, NN_SOL_SOCKET, NN_RCVMAXSIZE, FRAME_MAX);
	set_int(*socket, NN_TCP, NN_TCP_NODELAY, 1);
	set_int(*socket, NN_SOL_SOCKET, NN_IPV4ONLY, !bus_is_ipv6(at));
	if (protocol == NN_SUB &&
	    nn_setsockopt(*socket, NN_SUB, NN_SUB_SUBSCRIBE, "", 0) < 0)
		return err_set(err, -errno, "cannot subscribe: %s", nn_strerror(errno));
	if (nn_bind(*socket, at) < 0)
		return err_set(
		    err, -errno, "cannot listen at %s: %s", at, nn_strerror(errno));
	if (nn_getsockopt(*socket, NN_SOL_SOCKET, NN_RCVFD, fd, &size) < 0)
		return err_set(
		    err, -errno, "no descriptor for %s: %s", at, nn_strerror(errno));
	return 0;
}

int
bus_server_init(struct bus_server *s, const struct bus_address *at, struct err *err)
{
	int r;

	*s = (struct bus_server)BUS_SERVER_NULL;
	r = bind_socket(&s->sub, &s->sub_fd, NN_SUB, at->report, err);
	if (r == 0)
		r = bind_socket(&s->rep, &s->rep_fd, NN_REP, at->exchange, err);
	if (r < 0)
		bus_server_deinit(s);
	return r;
}

void
bus_server_deinit(struct bus_server *s)
{
	if (s->sub >= 0)
		nn_close(s->sub);
	if (s->rep >= 0)
		nn_close(s->rep);
	*s = (struct bus_server)BUS_SERVER_NULL;
}

int
bus_server_take(int socket, uint8_t *buf, size_t size)
{
	int n = nn_recv(socket, buf, size, NN_DONTWAIT);

	return n < 0 ? -errno : n;
}

int
bus_server_reply(struct bus_server *s, const uint8_t *buf, size_t len)
{
	return nn_send(s->rep, buf, len, NN_DONTWAIT) < 0 ? -errno : 0;
}

bool
bus_is_ipv6(const char *address)
{
	return strstr(address, "://[") != NULL;
}

static bool
is_port(const char *text)
{
	const long port = strtol(text, NULL, 10);

	return strspn(text, "0123456789") == strlen(text) && port > 0 &&
	       port <= UINT16_MAX;
}

bool
bus_is_address(const char *text)
{
	static const char scheme[] = "tcp://";
	const char *from = text + sizeof(scheme) - 1, *colon = strrchr(text, ':');
	char address[INET6_ADDRSTRLEN + 2] = "";
	struct in6_addr any;
	size_t len;

	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0 || colon <= from ||
	    !is_port(colon + 1))
		return false;
	len = (size_t)(colon - from);
	if (len >= sizeof(address))
		return false;
	memcpy(address, from, len);
	if (address[0] != '[')
		return inet_pton(AF_INET, address, &any) == 1;
	if (address[len - 1] != ']')
		return false;
	address[len - 1] = '\0';
	return inet_pton(AF_INET6, address + 1, &any) == 1;
}
