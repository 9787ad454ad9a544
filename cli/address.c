#include "cli/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"

int
address_resolve(struct in_addr *out, const char *text, struct err *err)
{
	static const struct addrinfo hints = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	struct sockaddr_in in;
	int r;

	if (strlen(text) >= ADDRESS_SIZE || !*text ||
	    strspn(text, NAME_CHARACTERS) != strlen(text))
		return err_set(
		    err, -EINVAL, "'%s' is neither an IPv4 address nor a name", text);
	r = getaddrinfo(text, NULL, &hints, &found);
	if (r != 0)
		return err_set(err, -EINVAL, "no IPv4 address is known for '%s': %s",
		    text, gai_strerror(r));
	memcpy(&in, found->ai_addr, sizeof(in));
	*out = in.sin_addr;
	freeaddrinfo(found);
	return 0;
}

bool
address_is_loopback(struct in_addr address)
{
	return ntohl(address.s_addr) >> 24 == 127;
}

int
address_towards(char out[ADDRESS_SIZE], struct in_addr to)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr = to, .sin_port = htons(9)
	};
	socklen_t size = sizeof(in);
	int r = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* Nothing is sent: a datagram socket only chooses its route. */
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&in, &size) < 0 ||
	    !inet_ntop(AF_INET, &in.sin_addr, out, ADDRESS_SIZE))
		r = -errno;
	close(fd);
	return r;
}

static int
try_bind(int family, const struct sockaddr *address, socklen_t size)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 || bind(fd, address, size) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

int
address_check_own(const char *text, struct err *err)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	int r;

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		r = try_bind(AF_INET, (struct sockaddr *)&in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		r = try_bind(AF_INET6, (struct sockaddr *)&in6, sizeof(in6));
	else
		return err_set(err, -EINVAL, "'%s' is no numeric address", text);
	if (r == 0 && in.sin_addr.s_addr == 0 && IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr))
		r = -EADDRNOTAVAIL;
	if (r < 0)
		return err_set(err, -EINVAL, "%s is no address of this host", text);
	return 0;
}
