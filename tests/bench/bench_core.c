/* What a step costs, and what a host weighs: 76 sensors and 8 guests each. */
#include "policy/core/core.h"
#include "tests/bench/row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENSORS = 76, GUESTS = 8, ROUNDS = 10, MOST_HOSTS = 10000 };

static struct event event;
static struct actions actions;

static double
resident_kib(void)
{
	long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%ld %ld", &size, &resident) != 2) /* NOLINT(cert-err34-c) */
		resident = 0;
	(void)fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void
step(struct core *core, enum event_kind kind, int host, int64_t now_ms)
{
	event.kind = kind;
	event.host.i = host;
	event.now.ms = now_ms;
	core_step(core, &event, &actions);
}

static void
fill_catalogue(void)
{
	event.catalogue.n = SENSORS;
	for (int i = 0; i < SENSORS; i++) {
		struct sensor_facts *f = &event.catalogue.sensor[i];

		memset(f, 0, sizeof(*f));
		(void)snprintf(f->name, sizeof(f->name), "nct6775-isa-0290/feature%d", i);
		f->kind = i % 2 ? SENSOR_TEMP : SENSOR_IN;
		for (int k = 0; k < LIMITS; k++)
			f->limit[k] = f->clear[k] = NO_LIMIT;
		f->limit[LIMIT_HIGH] = 80000;
		f->limit[LIMIT_HIGH_CRITICAL] = 95000;
	}
}

static void
fill_readings(int round)
{
	event.readings.first = 0;
	event.readings.n = SENSORS;
	for (int i = 0; i < SENSORS; i++) {
		struct reading *r = &event.readings.reading[i];

		/* A third of the sensors change from one sweep to the next. */
		r->value = 40000 + i * 100 + (i % 3 == 0 ? round % 5 * 250 : 0);
		r->quality = QUALITY_GOOD;
		r->flags = 0;
	}
}

static void
fill_xen(int host)
{
	struct xen_facts *x = &event.xen;

	memset(x, 0, sizeof(*x));
	x->major = 4;
	x->minor = 17;
	x->free_kib = UINT64_C(8) << 20;
	x->cpus = 16;
	x->live_hvm = true;
	x->n_guests = GUESTS;
	for (int i = 0; i < GUESTS; i++) {
		struct guest_facts *g = &x->guests[i];

		memcpy(g->uuid.b, &host, sizeof(host));
		g->uuid.b[15] = (uint8_t)(i + 1);
		(void)snprintf(g->name, sizeof(g->name), "guest-%d-%d", host, i);
		g->type = GUEST_HVM;
		g->memory_kib = UINT64_C(1) << 20;
		g->move = true;
	}
}

static void
fill_storage(void)
{
	memset(&event.storage, 0, sizeof(event.storage));
	event.storage.n_disks = GUESTS;
	for (int i = 0; i < GUESTS; i++)
		event.storage.disks[i].disk.v = (uint64_t)i + 1;
}

static void
settle(struct core *core, int hosts)
{
	event.rules = rules_default();
	step(core, EVENT_RULES, -1, 0);
	for (int i = 0; i < hosts; i++) {
		(void)snprintf(event.host_name, NAME_SIZE, "n%d", i);
		step(core, EVENT_HOST, -1, 0);
	}
	fill_catalogue();
	for (int i = 0; i < hosts; i++)
		step(core, EVENT_CATALOGUE, i, 1);
	fill_readings(0);
	for (int i = 0; i < hosts; i++)
		step(core, EVENT_READINGS, i, 2);
	for (int i = 0; i < hosts; i++) {
		fill_xen(i);
		step(core, EVENT_XEN, i, 3);
	}
	fill_storage();
	for (int i = 0; i < hosts; i++)
		step(core, EVENT_STORAGE, i, 4);
}

/* The goal is that of the largest pool. */
static void
tell(int hosts, double step_us, double kib, double empty_ms)
{
	bool largest = hosts == MOST_HOSTS;
	char name[80];

	(void)snprintf(name, sizeof(name), "core_step on a report, %d hosts", hosts);
	row(name, step_us, "us", largest ? "<= 5 us" : "");
	(void)snprintf(name, sizeof(name), "core's memory a host, %d hosts", hosts);
	row(name, kib, "KiB", largest ? "<= 48 KiB" : "");
	(void)snprintf(name, sizeof(name),
	    "core_step on the report that makes a host of "
	    "%d guests failing, %d hosts",
	    GUESTS, hosts);
	row(name, empty_ms, "ms", "");
}

static void
measure(int hosts)
{
	const struct core_limits limits = { hosts, 64 };
	double before = resident_kib(), kib, us = 0, empty_ms, from;
	struct core *core;
	int64_t now = 4;

	if (core_new(&core, &limits) < 0) {
		(void)fprintf(stderr, "no memory for %d hosts\n", hosts);
		return;
	}
	settle(core, hosts);
	kib = (resident_kib() - before) / hosts;
	for (int round = 1; round <= ROUNDS; round++) {
		fill_readings(round);
		from = now_ms();
		for (int i = 0; i < hosts; i++)
			step(core, EVENT_READINGS, i, now + (int64_t)round * 1000);
		us += (now_ms() - from) * 1e3 / hosts / ROUNDS;
	}

	/* One host fails: every guest against every host. */
	now += ROUNDS * 1000 + 1;
	for (int i = 0; i < SENSORS; i++)
		event.readings.reading[i].flags = i == 1 ? FLAG_CRIT_ALARM : 0;
	step(core, EVENT_READINGS, 0, now);
	from = now_ms();
	step(core, EVENT_READINGS, 0, now + 1);
	empty_ms = now_ms() - from;
	printf(
	    "core_step on readings, %6d hosts: %6.2f us (goal 5 us at 10,000)   "
	    "%5.1f KiB a host (goal 48)   a host of %d guests fails: %.2f ms, %d said\n",
	    hosts, us, kib, GUESTS, empty_ms, actions.n);
	tell(hosts, us, kib, empty_ms);
	core_free(core);
}

int
main(void)
{
	measure(100);
	measure(1000);
	measure(MOST_HOSTS);
	return 0;
}
