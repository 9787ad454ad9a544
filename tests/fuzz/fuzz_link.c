/*
 * Any bytes at a berth: as a greeting, as records behind a good greeting, and as a change
 * to a good record.  A stranger's bytes are never taken for anybody's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/link.h"

enum { BODY = 100, ROOM = 60000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct link source, berth;
static struct link_keys source_keys, berth_keys;
static uint8_t id[LINK_ID];

static void
start(void)
{
	uint8_t a_public[LINK_KEY], a_secret[LINK_KEY], b_public[LINK_KEY],
	    b_secret[LINK_KEY];

	if (sodium_init() < 0 || link_init(&source) < 0 || link_init(&berth) < 0)
		abort();
	crypto_kx_keypair(a_public, a_secret);
	crypto_kx_keypair(b_public, b_secret);
	link_derive(&source_keys, a_public, a_secret, b_public, false);
	link_derive(&berth_keys, b_public, b_secret, a_public, true);
}

static void
greet(void)
{
	uint8_t hello[LINK_HELLO], answer[LINK_WELCOME];
	int pair[2];

	link_hello(hello, &source_keys, id, false);
	if (!link_take_hello(&berth, answer, &berth_keys, id, hello) ||
	    !link_take_welcome(&source, &source_keys, hello, answer) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	source.fd = pair[0];
	berth.fd = pair[1];
	link_drop(&berth);
	source.out_len = source.out_at = 0;
}

static void
part(void)
{
	close(source.fd);
	close(berth.fd);
}

static int
take(void)
{
	enum link_type type;
	uint8_t *body;
	size_t len;

	return link_take(&berth, &type, &body, &len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t body[BODY];
	uint8_t hello[LINK_HELLO] = { 0 }, answer[LINK_WELCOME];
	size_t at;

	if (!source.in)
		start();
	if (size < 3 || size > ROOM)
		return 0;
	memcpy(hello, data, size < sizeof(hello) ? size : sizeof(hello));
	if (link_take_hello(&berth, answer, &berth_keys, id, hello))
		abort();

	greet();
	if (send(source.fd, data, size, 0) != (ssize_t)size)
		abort();
	if (take() == 1)
		abort();
	part();

	greet();
	link_put(&source, LINK_DATA, body, sizeof(body));
	at = (data[0] | (size_t)data[1] << 8) % source.out_len;
	source.out[at] ^= data[2];
	if (link_flush(&source) < 0)
		abort();
	shutdown(source.fd, SHUT_WR);
	if ((take() == 1) != (data[2] == 0))
		abort();
	part();
	return 0;
}
