/*
 * tests/pool/fakexen: the state file of an imitated hypervisor.
 *
 *   host cpus=8 mem=16384MiB free=9000MiB xen=4.17.7 pv=no hvm=yes
 *       [caps="xen-3.0-x86_64 ..."] [cmdline="dom0_mem=2048M"]
 *       [features=178bfbff,...] [features-pv=...]
 *   domain 3 name=web uuid=... type=pvh mem=2048MiB [max=4096MiB] vcpus=2 state=b
 *       cpu=12345s cpu+=250/1000 disks=/dev/sdb,aio:/dev/sdc bridges=xenbr0 [pci=1]
 *   xenstored dead      every use of xenstore fails
 *   hang                every call blocks for ever
 *   crash               every call ends in SIGSEGV
 *
 * One statement a line; words may be escaped as \xNN or quoted.  cpu+= is the share of a
 * processor that a domain burns from the machine's start on.  States: r running, b
 * blocked, p paused, s shut down, S suspended, c crashed, d dying.  A domain without
 * name= is not in xenstore.  pv=yes: there is shadow paging, so PV guests migrate live.
 * Readers take a shared flock, so that several processes may edit the file.
 */
#ifndef TESTS_POOL_FAKEXEN_H
#define TESTS_POOL_FAKEXEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_NAME = 2048, FAKE_FEATURES = 22 };

struct fake_domain {
	unsigned id;
	char name[FAKE_NAME]; /* "": not in xenstore */
	char uuid[37];
	char type[8];
	char state;
	uint64_t mem_kib, max_kib;
	unsigned vcpus, pci;
	uint64_t cpu_ns, cpu_permille;
	char disks[512];
	char bridges[256];
};

struct fake_features {
	uint32_t words[FAKE_FEATURES];
	uint32_t n;
};

struct fake_state {
	bool good; /* it has a host line */
	bool xenstored_dead, hang, crash;
	unsigned cpus;
	uint64_t mem_kib, free_kib;
	unsigned major, minor;
	char extra[16];
	char caps[1024], cmdline[1024];
	bool hvm, shadow;
	struct fake_features hvm_features, pv_features;
	struct fake_domain *domains; /* owned, by ascending id */
	size_t n;
};

/* The file that FAKEXEN_STATE names, read anew when it changed.  NULL: there is none,
 * which is a machine without Xen.  A file without a host line, such as one that is just
 * being written, leaves what was read before. */
const struct fake_state *fake_state_read(void);

/* Changes whenever fake_state_read has read anew. */
unsigned fake_state_generation(void);

/* xenstore's tree of that state: a value, or NULL. */
const char *fake_store_value(const struct fake_state *s, const char *path);
/* Names below path, in one block to free; NULL where there is no such path. */
char **fake_store_list(const struct fake_state *s, const char *path, unsigned *n);

#endif
