#include "cli/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME_CHARACTERS                                                                  \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:"

bool
address_is_ipv6(const struct address *a)
{
	return a->any.sa_family == AF_INET6;
}

static socklen_t
size_of(const struct address *a)
{
	return address_is_ipv6(a) ? sizeof(a->v6) : sizeof(a->v4);
}

static void
write_text(struct address *a)
{
	const void *number = address_is_ipv6(a) ? (const void *)&a->v6.sin6_addr
						: (const void *)&a->v4.sin_addr;

	inet_ntop(a->any.sa_family, number, a->text, sizeof(a->text));
}

/* The first by IPv4, else the first. */
static void
choose(struct address *out, const struct addrinfo *found)
{
	const struct addrinfo *chosen = found;

	for (const struct addrinfo *at = found; at; at = at->ai_next)
		if (at->ai_family == AF_INET && chosen->ai_family != AF_INET)
			chosen = at;
	*out = (struct address){ .v4 = { .sin_family = AF_UNSPEC } };
	memcpy(&out->v6, chosen->ai_addr,
	    chosen->ai_family == AF_INET ? sizeof(out->v4) : sizeof(out->v6));
	write_text(out);
}

/* Could it be a machine's, as others reach it? */
static bool
leads_here(const struct address *a)
{
	const struct in6_addr *six = &a->v6.sin6_addr;
	in_addr_t four = ntohl(a->v4.sin_addr.s_addr);

	if (address_is_ipv6(a))
		return !IN6_IS_ADDR_UNSPECIFIED(six) && !IN6_IS_ADDR_MULTICAST(six) &&
		       !IN6_IS_ADDR_LINKLOCAL(six) && !IN6_IS_ADDR_V4MAPPED(six);
	return four >> 24 != 0 && four >> 28 < 14 && four >> 16 != 0xa9fe;
}

int
address_resolve(struct address *out, const char *text, struct err *err)
{
	static const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int r;

	if (strlen(text) >= ADDRESS_SIZE || !*text ||
	    strspn(text, NAME_CHARACTERS) != strlen(text))
		return err_set(
		    err, -EINVAL, "'%s' is neither an IP address nor a name", text);
	r = getaddrinfo(text, NULL, &hints, &found);
	if (r == 0 && !found)
		r = EAI_NONAME;
	if (r != 0)
		return err_set(err, -EINVAL, "no address is known for '%s': %s", text,
		    gai_strerror(r));
	choose(out, found);
	freeaddrinfo(found);
	if (!leads_here(out))
		return err_set(err, -EINVAL,
		    "%s is no address at which other machines could find one", out->text);
	return 0;
}

bool
address_is_loopback(const struct address *a)
{
	return address_is_ipv6(a) ? IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr)
				  : ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
}

int
address_url(char url[ADDRESS_URL], const struct address *a)
{
	return snprintf(
	    url, ADDRESS_URL, address_is_ipv6(a) ? "tcp://[%s]:" : "tcp://%s:", a->text);
}

int
address_towards(struct address *out, const struct address *to)
{
	struct address far = *to;
	socklen_t size = sizeof(out->v6);
	int r = 0;
	int fd = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (address_is_ipv6(to))
		far.v6.sin6_port = htons(9);
	else
		far.v4.sin_port = htons(9);
	/* Nothing is sent: a datagram socket only chooses its route. */
	if (connect(fd, &far.any, size_of(&far)) < 0 ||
	    getsockname(fd, &out->any, &size) < 0)
		r = -errno;
	else
		write_text(out);
	close(fd);
	return r;
}

static int
try_bind(const struct address *a)
{
	int fd = socket(a->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = fd < 0 || bind(fd, &a->any, size_of(a)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

int
address_check_own(const char *text, struct err *err)
{
	struct address a = { .v6 = { .sin6_family = AF_INET6 } };
	bool unspecified;

	if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
		if (IN6_IS_ADDR_LINKLOCAL(&a.v6.sin6_addr))
			return err_set(err, -EINVAL,
			    "%s is a link-local address, which other hosts cannot dial",
			    text);
		unspecified = IN6_IS_ADDR_UNSPECIFIED(&a.v6.sin6_addr);
	} else {
		a = (struct address){ .v4 = { .sin_family = AF_INET } };
		if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1)
			return err_set(err, -EINVAL, "'%s' is no numeric address", text);
		unspecified = a.v4.sin_addr.s_addr == 0;
	}
	if (unspecified || try_bind(&a) < 0)
		return err_set(err, -EINVAL, "%s is no address of this host", text);
	return 0;
}
