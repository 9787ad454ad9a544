/*
 * Any bytes as what this host's own programs and files say, the first one choosing which:
 * it is read or it is not, and what was read keeps the bounds that others rely on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actuator/info.h"
#include "actuator/look.h"
#include "actuator/xl.h"
#include "base/wire.h"
#include "monitor/conf.h"
#include "monitor/probe.h"
#include "monitor/xen_config.h"

enum { TEXT_MAX = 64 * 1024, READERS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
want(bool holds)
{
	if (!holds)
		abort();
}

static void
want_same(const struct cpus *cpus)
{
	char text[PIN_SIZE];
	struct cpus again;

	if (cpus_format(text, sizeof(text), cpus))
		want(
		    cpus_parse(&again, text) && memcmp(&again, cpus, sizeof(again)) == 0);
}

static void
read_list(const char *line)
{
	struct xl_domain d;

	if (xl_parse_line(&d, line))
		want(strnlen(d.name, sizeof(d.name)) < sizeof(d.name) &&
		     d.state <= GUEST_DYING);
}

static void
read_cpupool(const char *line)
{
	struct cpus cpus;

	if (xl_parse_cpupool(&cpus, line, XL_CPUPOOL_FIRST))
		want_same(&cpus);
	if (cpus_parse(&cpus, line))
		want_same(&cpus);
}

static void
read_info(const char *text)
{
	static struct info info;

	if (info_parse(&info, text))
		want(info.major != 0 && strlen(info.command_line) < INFO_VALUE &&
		     strlen(info.capabilities) < INFO_VALUE);
}

static void
read_features(const char *line)
{
	uint32_t words[MAX_FEATURES];

	want(look_parse_features(words, line) <= MAX_FEATURES);
}

static void
read_config(const char *text)
{
	static struct xen_config c;
	struct cpus cpus;

	memset(&c, 0, sizeof(c));
	xen_config_parse(&c, text, strlen(text));
	want((!*c.kernel || *c.kernel == '/') && (!*c.ramdisk || *c.ramdisk == '/'));
	want(strlen(c.cpupool) < NAME_SIZE && c.n_pinned <= MAX_PINS);
	for (size_t i = 0; i < c.n_pinned; i++)
		want(cpus_parse(&cpus, c.pinned[i]));
}

/* What the probe makes of a file, the engine takes. */
static void
want_report(Lifeboat__Report *m)
{
	static struct wire_arena arena = WIRE_ARENA_NULL;
	static uint8_t boot[sizeof(struct uuid)], packed[FRAME_BODY_MAX];
	Lifeboat__Report *out;
	const char *what;

	m->boot_id = (ProtobufCBinaryData){ sizeof(boot), boot };
	if (lifeboat__report__get_packed_size(m) > sizeof(packed))
		return;
	want(arena.buf || wire_arena_init(&arena) == 0);
	want(wire_report(&out, &arena, packed, lifeboat__report__pack(m, packed),
		 &what) == FRAME_OK);
}

static void
read_readings(const char *text)
{
	static struct monitor_conf conf;
	static void *probe;
	static int fd = -1;
	Lifeboat__Report report = LIFEBOAT__REPORT__INIT;
	const size_t len = strlen(text);
	bool urgent = false;
	struct err err;

	if (!probe) {
		fd = memfd_create("readings", MFD_CLOEXEC);
		snprintf(conf.readings_file, sizeof(conf.readings_file),
		    "/proc/self/fd/%d", fd);
		probe = probe_file.start(&conf, &err);
	}
	want(probe && ftruncate(fd, 0) == 0 && pwrite(fd, text, len, 0) == (ssize_t)len);
	if (probe_file.sweep(probe, &report, true, &urgent, &err) == PROBE_OK)
		want_report(&report);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[READERS])(const char *text) = { read_list,
		read_cpupool, read_info, read_features, read_config, read_readings };
	char *text; /* of its own size, so that a byte too many is noticed */

	if (size < 1 || size > TEXT_MAX)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	want(text);
	readers[data[0] % READERS](text);
	free(text);
	return 0;
}
