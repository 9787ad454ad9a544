/*
 * hostsim ENGINE-KEY REPORT-URL EXCHANGE-URL SECONDS: the monitors of many hosts at 1 Hz,
 * with real seals over real sockets.  Secret keys of the hosts, one a line, on stdin.  At
 * the end prints the reports sent and the replies got.  For load and for tests of the
 * engine under attack.
 */
#include <nanomsg/nn.h>
#include <nanomsg/pubsub.h>
#include <nanomsg/reqrep.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/seal.h"
#include "tests/lib/load_report.h"

enum { MAX_HOSTS = 10000, REPLY_MS = 5000, EVERY = 5 };

struct simulated {
	struct seal_pair pair;
	struct seal_peer engine;
	uint8_t session[SESSION_SIZE];
	uint64_t sequence;
};

static struct simulated *hosts;
static int n_hosts;
static uint64_t engine_id;
static uint8_t frame[FRAME_MAX], body[FRAME_MAX];
static struct wire_arena arena = WIRE_ARENA_NULL;

static size_t
seal(struct simulated *h, enum frame_kind kind, size_t len)
{
	struct frame_header header = { .role = ROLE_MONITOR, .kind = kind };

	header.sender = h->pair.id;
	header.recipient = engine_id;
	memcpy(header.session, h->session, SESSION_SIZE);
	header.sequence = ++h->sequence;
	return seal_close(frame, &h->engine, &header, body, len);
}

/* The nonce of the reply; UINT64_MAX without one. */
static uint64_t
ask(struct simulated *h, int req, uint64_t nonce)
{
	static uint8_t reply[FRAME_MAX];
	Lifeboat__Request q = LIFEBOAT__REQUEST__INIT;
	Lifeboat__Reply *answer;
	const char *what;
	uint8_t *opened;
	size_t len;
	int n;

	q.nonce = nonce;
	q.boot_id.data = (uint8_t *)(uintptr_t)load_boot.b;
	q.boot_id.len = sizeof(load_boot.b);
	len = seal(h, FRAME_REQUEST, lifeboat__request__pack(&q, body));
	if (nn_send(req, frame, len, 0) < 0 ||
	    (n = nn_recv(req, reply, sizeof(reply), 0)) <= 0 ||
	    !seal_open(reply, (size_t)n, &h->engine, &opened, &len) ||
	    wire_reply(&answer, &arena, opened, len, &what) != FRAME_OK)
		return UINT64_MAX;
	return answer->nonce;
}

static void
publish(struct simulated *h, int pub, int round, int index)
{
	/* What is large is spread over the hosts, and said twice at first, as one may be
	 * lost. */
	bool large = round % EVERY == index % EVERY;
	const struct load_part part = { .host = index,
		.round = round,
		.catalogue = large && (round < 2 * EVERY || round % 30 < EVERY),
		.facts = large };
	size_t len = seal(h, FRAME_REPORT, load_report(body, &part));

	nn_send(pub, frame, len, 0);
}

static int
read_hosts(const uint8_t engine_key[SEAL_KEY])
{
	char line[128];

	hosts = calloc(MAX_HOSTS, sizeof(*hosts));
	while (hosts && n_hosts < MAX_HOSTS && fgets(line, sizeof(line), stdin)) {
		struct simulated *h = &hosts[n_hosts];
		line[strcspn(line, "\n")] = '\0';
		if (!seal_parse(h->pair.secret_key, line))
			return -1;
		seal_derive(&h->pair);
		seal_random(h->session, sizeof(h->session));
		if (seal_peer_init(&h->engine, &h->pair, engine_key, false) < 0)
			return -1;
		n_hosts++;
	}
	return n_hosts > 0 ? 0 : -1;
}

static int
open_socket(int protocol, const char *url)
{
	int s = nn_socket(AF_SP, protocol), ms = REPLY_MS, buffer = 4 << 20;

	nn_setsockopt(s, NN_SOL_SOCKET, NN_RCVTIMEO, &ms, sizeof(ms));
	nn_setsockopt(s, NN_SOL_SOCKET, NN_SNDBUF, &buffer, sizeof(buffer));
	return s >= 0 && nn_connect(s, url) >= 0 ? s : -1;
}

static int
print_keys(int n)
{
	for (int i = 0; i < n; i++) {
		char secret[SEAL_TEXT], public[SEAL_TEXT];
		struct seal_pair pair;

		seal_generate(&pair);
		seal_format(secret, pair.secret_key);
		seal_format(public, pair.public_key);
		printf("%s %s\n", secret, public);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

static int
admit(int req)
{
	for (int i = 0; i < n_hosts; i++)
		if (ask(&hosts[i], req, ask(&hosts[i], req, 0)) != 0) {
			fprintf(stderr, "host %d is not admitted\n", i);
			return -1;
		}
	return 0;
}

static void
play(int pub, int req, int seconds)
{
	int64_t sent = 0, late_ms = 0;
	int replies = 0;
	mono_t began = clock_mono();

	for (int round = 0; round < seconds; round++)
		for (int i = 0; i < n_hosts; i++) {
			/* Spread over the second, as many hosts' own clocks would. */
			int64_t due = round * 1000 + i * 1000 / n_hosts;
			int64_t wait = due - mono_since(clock_mono(), began);
			if (wait > 0)
				poll(NULL, 0, (int)wait);
			if (-wait > late_ms)
				late_ms = -wait;
			publish(&hosts[i], pub, round, i);
			sent++;
			if (round % EVERY == EVERY - 1 && i % EVERY == 0)
				replies += ask(&hosts[i], req, 0) == 0;
		}
	printf("sent %lld reports of %d hosts, %d replies, at most %lld ms late\n",
	    (long long)sent, n_hosts, replies, (long long)late_ms);
}

int
main(int argc, char **argv)
{
	uint8_t engine_key[SEAL_KEY];
	int pub, req;

	if (argc == 3 && strcmp(argv[1], "--keys") == 0 && seal_start() == 0)
		return print_keys((int)strtol(argv[2], NULL, 10));
	if (argc != 5 || seal_start() < 0 || wire_arena_init(&arena) < 0 ||
	    !seal_parse(engine_key, argv[1]) || read_hosts(engine_key) < 0) {
		fputs("usage: hostsim ENGINE-KEY REPORT-URL EXCHANGE-URL SECONDS <keys\n"
		      "       hostsim --keys HOSTS\n",
		    stderr);
		return 2;
	}
	engine_id = seal_key_id(engine_key);
	pub = open_socket(NN_PUB, argv[2]);
	req = open_socket(NN_REQ, argv[3]);
	if (pub < 0 || req < 0 || admit(req) < 0)
		return 1;
	play(pub, req, (int)strtol(argv[4], NULL, 10));
	return 0;
}
