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
#include "base/wire.h"

enum { MAX_HOSTS = 10000, SENSORS = 76, GUESTS = 8, REPLY_MS = 5000 };

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

static Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
static Lifeboat__Probe probe[3], *probes[3];
static Lifeboat__Catalogue catalogue = LIFEBOAT__CATALOGUE__INIT,
			   *catalogues[1] = { &catalogue };
static Lifeboat__Readings readings = LIFEBOAT__READINGS__INIT,
			  *readings_list[1] = { &readings };
static Lifeboat__Sensor sensor[SENSORS], *sensors[SENSORS];
static Lifeboat__Xen xen = LIFEBOAT__XEN__INIT;
static Lifeboat__Guest guest[GUESTS], *guests[GUESTS];
static int64_t values[SENSORS];
static uint32_t states[SENSORS];
static uint8_t boot[16], uuids[GUESTS][16];
static char names[SENSORS][32], guest_names[GUESTS][32];

static void
fill_report(void)
{
	for (int i = 0; i < SENSORS; i++) {
		lifeboat__sensor__init(&sensor[i]);
		snprintf(
		    names[i], sizeof(names[i]), "chip-isa-%04d/temp%d", i / 8, i % 8 + 1);
		sensor[i].name = names[i];
		sensor[i].kind = SENSOR_TEMP;
		sensor[i].limits = HAS_HIGH | HAS_HIGH_CRITICAL;
		sensor[i].high = 80000;
		sensor[i].high_critical = 90000;
		sensors[i] = &sensor[i];
	}
	for (int i = 0; i < GUESTS; i++) {
		lifeboat__guest__init(&guest[i]);
		snprintf(guest_names[i], sizeof(guest_names[i]), "guest%d", i);
		guest[i].name = guest_names[i];
		guest[i].uuid.data = uuids[i];
		guest[i].uuid.len = 16;
		guest[i].type = GUEST_PVH;
		guest[i].memory_kib = 524288;
		guest[i].vcpus = 2;
		guests[i] = &guest[i];
	}
	for (int i = 0; i < 3; i++) {
		lifeboat__probe__init(&probe[i]);
		probe[i].id = (uint32_t)i;
		probes[i] = &probe[i];
	}
	probe[PROBE_ISCSI].state = PROBE_ABSENT;
	catalogue.generation = readings.generation = 1;
	catalogue.n_sensors = readings.n_values = readings.n_states = SENSORS;
	catalogue.sensors = sensors;
	readings.values = values;
	readings.states = states;
	xen.major = 4;
	xen.minor = 17;
	xen.total_kib = 16777216;
	xen.free_kib = 8388608;
	xen.cpus = 8;
	xen.live_hvm = true;
	xen.n_guests = GUESTS;
	xen.guests = guests;
	report.boot_id.data = boot;
	report.boot_id.len = sizeof(boot);
	report.n_probes = 3;
	report.probes = probes;
	report.n_readings = 1;
	report.readings = readings_list;
	report.catalogues = catalogues;
}

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
	q.boot_id = report.boot_id;
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
	size_t len;

	for (int i = 0; i < SENSORS; i++)
		values[i] = 45000 + 250 * ((round + i) % 7);
	report.n_catalogues = round % 30 == 0;
	report.xen = round % 5 == index % 5 || round == 0 ? &xen : NULL;
	for (int i = 0; i < GUESTS; i++) {
		memcpy(uuids[i], &index, sizeof(index));
		uuids[i][15] = (uint8_t)i;
		guest[i].cpu_ns = (uint64_t)round * 100000000;
	}
	len = seal(h, FRAME_REPORT, lifeboat__report__pack(&report, body));
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

int
main(int argc, char **argv)
{
	uint8_t engine_key[SEAL_KEY];
	int pub, req, seconds, replies = 0;
	int64_t sent = 0;
	mono_t began;

	if (argc != 5 || seal_start() < 0 || wire_arena_init(&arena) < 0 ||
	    !seal_parse(engine_key, argv[1]) || read_hosts(engine_key) < 0) {
		fputs("usage: hostsim ENGINE-KEY REPORT-URL EXCHANGE-URL SECONDS <keys\n",
		    stderr);
		return 2;
	}
	engine_id = seal_key_id(engine_key);
	seconds = (int)strtol(argv[4], NULL, 10);
	pub = open_socket(NN_PUB, argv[2]);
	req = open_socket(NN_REQ, argv[3]);
	if (pub < 0 || req < 0)
		return 1;
	fill_report();
	for (int i = 0; i < n_hosts; i++)
		if (ask(&hosts[i], req, ask(&hosts[i], req, 0)) != 0) {
			fprintf(stderr, "host %d is not admitted\n", i);
			return 1;
		}
	began = clock_mono();
	for (int round = 0; round < seconds; round++)
		for (int i = 0; i < n_hosts; i++) {
			/* Spread over the second, as many hosts' own clocks would. */
			int64_t due = round * 1000 + i * 1000 / n_hosts;
			int64_t wait = due - mono_since(clock_mono(), began);
			if (wait > 0)
				poll(NULL, 0, (int)wait);
			publish(&hosts[i], pub, round, i);
			sent++;
			if (round % 5 == 4 && i % 5 == 0)
				replies += ask(&hosts[i], req, 0) == 0;
		}
	printf("sent %lld reports of %d hosts, %d replies\n", (long long)sent, n_hosts,
	    replies);
	return 0;
}
