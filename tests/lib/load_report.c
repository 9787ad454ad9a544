#include "tests/lib/load_report.h"

#include <stdio.h>
#include <string.h>

const struct uuid load_boot;

static Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
static Lifeboat__Probe probe[3], *probes[3];
static Lifeboat__Catalogue catalogue = LIFEBOAT__CATALOGUE__INIT,
			   *catalogues[1] = { &catalogue };
static Lifeboat__Readings readings = LIFEBOAT__READINGS__INIT,
			  *readings_list[1] = { &readings };
static Lifeboat__Sensor sensor[LOAD_SENSORS], *sensors[LOAD_SENSORS];
static Lifeboat__Xen xen = LIFEBOAT__XEN__INIT;
static Lifeboat__Storage storage = LIFEBOAT__STORAGE__INIT;
static Lifeboat__Disk disk[LOAD_GUESTS], *disks[LOAD_GUESTS];
static char luns[LOAD_GUESTS][16], *lun[LOAD_GUESTS];
static char bridge[] = "xenbr0", *bridges[] = { bridge };
static Lifeboat__Guest guest[LOAD_GUESTS], *guests[LOAD_GUESTS];
static int64_t values[LOAD_SENSORS];
static uint32_t states[LOAD_SENSORS];
static uint8_t uuids[LOAD_GUESTS][16];
static char names[LOAD_SENSORS][32], guest_names[LOAD_GUESTS][32];

static void
fill_sensors(void)
{
	for (int i = 0; i < LOAD_SENSORS; i++) {
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
	catalogue.generation = readings.generation = 1;
	catalogue.n_sensors = readings.n_values = readings.n_states = LOAD_SENSORS;
	catalogue.sensors = sensors;
	readings.values = values;
	readings.states = states;
}

static void
fill_storage(void)
{
	for (int i = 0; i < LOAD_GUESTS; i++) {
		lifeboat__disk__init(&disk[i]);
		snprintf(luns[i], sizeof(luns[i]), "lun%d", i);
		disk[i].identity = lun[i] = luns[i];
		disk[i].size_kib = 4194304;
		disks[i] = &disk[i];
	}
	storage.n_disks = LOAD_GUESTS;
	storage.disks = disks;
}

static void
fill_xen(void)
{
	for (int i = 0; i < LOAD_GUESTS; i++) {
		lifeboat__guest__init(&guest[i]);
		guest[i].name = guest_names[i];
		guest[i].uuid.data = uuids[i];
		guest[i].uuid.len = 16;
		guest[i].type = GUEST_PVH;
		guest[i].memory_kib = guest[i].max_kib = LOAD_MEMORY_KIB;
		guest[i].vcpus = 2;
		guest[i].n_disks = guest[i].n_bridges = 1;
		guest[i].disks = &lun[i];
		guest[i].bridges = bridges;
		guests[i] = &guest[i];
	}
	xen.major = 4;
	xen.minor = 17;
	xen.total_kib = 16777216;
	xen.free_kib = 8388608;
	xen.cpus = 8;
	xen.live_hvm = true;
	xen.n_bridges = 1;
	xen.bridges = bridges;
	xen.n_guests = LOAD_GUESTS;
	xen.guests = guests;
}

static void
fill_report(void)
{
	for (int i = 0; i < 3; i++) {
		lifeboat__probe__init(&probe[i]);
		probe[i].id = (uint32_t)i;
		probes[i] = &probe[i];
	}
	fill_sensors();
	fill_storage();
	fill_xen();
	report.boot_id.data = (uint8_t *)(uintptr_t)load_boot.b;
	report.boot_id.len = sizeof(load_boot.b);
	report.n_probes = 3;
	report.probes = probes;
	report.n_readings = 1;
	report.readings = readings_list;
	report.catalogues = catalogues;
}

size_t
load_report(uint8_t *body, const struct load_part *part)
{
	if (!report.probes)
		fill_report();
	for (int i = 0; i < LOAD_SENSORS; i++)
		values[i] = 45000 + 250 * ((part->round + i) % 7);
	states[0] = QUALITY_GOOD | (part->critical ? FLAG_CRIT_ALARM << 4 : 0);
	report.n_catalogues = part->catalogue;
	report.xen = part->facts ? &xen : NULL;
	report.storage = part->facts ? &storage : NULL;
	for (int i = 0; i < LOAD_GUESTS; i++) {
		memcpy(uuids[i], &part->host, sizeof(part->host));
		uuids[i][15] = (uint8_t)(i + 1);
		snprintf(
		    guest_names[i], sizeof(guest_names[i]), "guest-%d-%d", part->host, i);
		guest[i].cpu_ns = (uint64_t)part->round * 100000000;
	}
	return lifeboat__report__pack(&report, body);
}
