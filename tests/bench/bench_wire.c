/* What one report costs: sealing, opening, encoding, decoding; and how large it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/seal.h"
#include "base/wire.h"
#include "tests/bench/row.h"

enum { ROUNDS = 20000, SENSORS = 40, GUESTS = 8 };

static Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
static Lifeboat__Readings readings = LIFEBOAT__READINGS__INIT,
			  *readings_list[] = { &readings };
static Lifeboat__Xen xen = LIFEBOAT__XEN__INIT;
static Lifeboat__Guest guest[GUESTS], *guests[GUESTS];
static int64_t values[SENSORS];
static uint32_t states[SENSORS];
static uint8_t ids[GUESTS + 1][16];
static char *disk = (char *)"naa.6001405a1b2c3d4e5f60718293a4b5c6@iqn.2026-01.org."
			    "example:vm@192.0.2.5:3260";
static char *bridge = (char *)"xenbr0";

static void
fill(void)
{
	report.boot_id.data = ids[GUESTS];
	report.boot_id.len = 16;
	report.n_readings = 1;
	report.readings = readings_list;
	report.xen = &xen;
	readings.generation = 12345;
	readings.n_values = readings.n_states = SENSORS;
	readings.values = values;
	readings.states = states;
	for (int i = 0; i < SENSORS; i++)
		values[i] = 40000 + 1250 * i;
	for (int i = 0; i < GUESTS; i++) {
		lifeboat__guest__init(&guest[i]);
		guest[i].uuid.data = ids[i];
		guest[i].uuid.len = 16;
		guest[i].name = (char *)"guest-name";
		guest[i].domid = (uint32_t)i;
		guest[i].type = GUEST_PVH;
		guest[i].memory_kib = guest[i].max_kib = 2097152;
		guest[i].vcpus = 2;
		guest[i].cpu_ns = 123456789012345;
		guest[i].n_disks = guest[i].n_bridges = 1;
		guest[i].disks = &disk;
		guest[i].bridges = &bridge;
		guests[i] = &guest[i];
	}
	xen.major = 4;
	xen.minor = 17;
	xen.total_kib = 67108864;
	xen.free_kib = 33554432;
	xen.n_guests = GUESTS;
	xen.guests = guests;
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int
main(void)
{
	static uint8_t body[FRAME_MAX], frame[FRAME_MAX], copy[FRAME_MAX];
	struct frame_header h = { .role = ROLE_MONITOR, .kind = FRAME_REPORT };
	struct wire_arena arena = WIRE_ARENA_NULL;
	struct seal_pair host, engine;
	struct seal_peer to_engine, to_host;
	Lifeboat__Report *out;
	const char *what;
	size_t len = 0, sealed = 0, body_len;
	uint8_t *opened;
	double start, encode, close_us, open_us, decode;

	if (seal_start() < 0 || wire_arena_init(&arena) < 0)
		return 1;
	seal_generate(&host);
	seal_generate(&engine);
	if (seal_peer_init(&to_engine, &host, engine.public_key, false) < 0 ||
	    seal_peer_init(&to_host, &engine, host.public_key, true) < 0)
		return 1;
	fill();
	start = cpu_us();
	for (int i = 0; i < ROUNDS; i++)
		len = lifeboat__report__pack(&report, body);
	encode = cpu_us() - start;
	start = cpu_us();
	for (int i = 0; i < ROUNDS; i++) {
		h.sequence++;
		sealed = seal_close(frame, &to_engine, &h, body, len);
	}
	close_us = cpu_us() - start;
	start = cpu_us();
	for (int i = 0; i < ROUNDS; i++) {
		memcpy(copy, frame, sealed);
		if (!seal_open(copy, sealed, &to_host, &opened, &body_len))
			return 1;
	}
	open_us = cpu_us() - start;
	start = cpu_us();
	for (int i = 0; i < ROUNDS; i++)
		if (wire_report(&out, &arena, opened, body_len, &what) != FRAME_OK)
			return 1;
	decode = cpu_us() - start;
	printf("report, %d readings, %d guests: %zu bytes, sealed %zu\n", SENSORS, GUESTS,
	    len, sealed);
	printf(
	    "  encode %.2f us, decode and validate %.2f us, seal %.2f us, open %.2f us\n",
	    encode / ROUNDS, decode / ROUNDS, close_us / ROUNDS, open_us / ROUNDS);
	row("report of 40 readings and 8 guests, sealed", (double)sealed, "bytes", "");
	row("report, to seal", close_us / ROUNDS, "us", "");
	row("report, to open", open_us / ROUNDS, "us", "");
	row("report, to decode and validate", decode / ROUNDS, "us", "");
	report.xen = NULL;
	printf("report of readings alone: %zu bytes, sealed %zu\n",
	    lifeboat__report__get_packed_size(&report),
	    lifeboat__report__get_packed_size(&report) + FRAME_HEADER + FRAME_TAG);
	wire_arena_deinit(&arena);
	return 0;
}
