#include "actuator/arrival.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/run.h"
#include "actuator/xl.h"
#include "base/sysfs.h"
#include "base/text.h"

enum {
	XL_MS = 30000,
	SEND_MS = 5000,
	MAC_TEXT = 17,
	NAMES_MAX = 512,
	RARP_ASKS_REVERSE = 3, /* RFC 903 */
	FRAME_LENGTH = 60,     /* the least that Ethernet carries */
};

/* RFC 903, for Ethernet and IPv4. */
struct rarp {
	struct ether_header ether;
	uint16_t hardware, protocol;
	uint8_t hardware_length, protocol_length;
	uint16_t operation;
	uint8_t sender[ETH_ALEN], sender_ip[4], target[ETH_ALEN], target_ip[4];
} __attribute__((packed));

static bool
parse_mac(uint8_t mac[ETH_ALEN], const char *text)
{
	for (int i = 0; i < ETH_ALEN; i++) {
		char *end;
		unsigned long byte = strtoul(text, &end, 16);

		if (end == text || byte > UINT8_MAX ||
		    *end != (i < ETH_ALEN - 1 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)byte;
		text = end + 1;
	}
	return true;
}

int
arrival_announce_run(const char *bridge_and_mac)
{
	uint8_t frame[FRAME_LENGTH] = { 0 };
	struct rarp *r = (struct rarp *)frame;
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	const char *slash = strchr(bridge_and_mac, '/');
	char bridge[IF_NAMESIZE];
	int fd;

	if (!slash || (size_t)(slash - bridge_and_mac) >= sizeof(bridge) ||
	    !parse_mac(r->sender, slash + 1))
		return 2;
	snprintf(bridge, sizeof(bridge), "%.*s", (int)(slash - bridge_and_mac),
	    bridge_and_mac);
	memset(r->ether.ether_dhost, 0xff, ETH_ALEN);
	memcpy(r->ether.ether_shost, r->sender, ETH_ALEN);
	r->ether.ether_type = htons(ETHERTYPE_REVARP);
	r->hardware = htons(1);
	r->protocol = htons(ETHERTYPE_IP);
	r->hardware_length = ETH_ALEN;
	r->protocol_length = 4;
	r->operation = htons(RARP_ASKS_REVERSE);
	memcpy(r->target, r->sender, ETH_ALEN);
	at.sll_ifindex = (int)if_nametoindex(bridge);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || at.sll_ifindex == 0 ||
	    sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&at, sizeof(at)) < 0) {
		fprintf(stderr, "%s: nothing can be sent: %d\n", bridge, errno);
		return 1;
	}
	close(fd);
	return 0;
}

/* The bridge that a network card is on, as the kernel says. */
static bool
bridge_of(char bridge[IF_NAMESIZE], uint32_t domid, unsigned int card)
{
	char path[64], leads[256];
	ssize_t n;

	snprintf(
	    path, sizeof(path), "/sys/class/net/vif%" PRIu32 ".%u/master", domid, card);
	n = readlink(path, leads, sizeof(leads) - 1);
	if (n <= 0)
		return false;
	leads[n] = '\0';
	return text_copy(
	    bridge, IF_NAMESIZE, strrchr(leads, '/') ? strrchr(leads, '/') + 1 : leads);
}

static bool
announce_card(uint32_t domid, char *line)
{
	char bridge[IF_NAMESIZE], role[64], *save = NULL, *end, *mac;
	const char *const argv[] = { SELF, role, NULL };
	unsigned int card;
	struct err err;

	card = (unsigned int)strtoul(line, &end, 10);
	if (end == line || !strtok_r(end, " ", &save))
		return false;
	mac = strtok_r(NULL, " ", &save);
	if (!mac || strlen(mac) > MAC_TEXT || !bridge_of(bridge, domid, card))
		return false;
	snprintf(role, sizeof(role), "--role=announce:%s/%s", bridge, mac);
	return run_output(argv, NULL, 0, SEND_MS, &err) == 0;
}

int
arrival_announce(const char *xl, uint32_t domid)
{
	char id[16], text[4096], *save = NULL;
	const char *const argv[] = { xl, "network-list", id, NULL };
	struct err err;
	int sent = 0;

	snprintf(id, sizeof(id), "%" PRIu32, domid);
	if (run_output(argv, text, sizeof(text), XL_MS, &err) != 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		sent += announce_card(domid, line);
	return sent;
}

void
arrival_count(struct arrival_counters *c, const char *sysroot, uint32_t domid)
{
	static char names[NAMES_MAX][64];
	char prefix[32];
	int n;

	*c = (struct arrival_counters){ .disks = 0 };
	snprintf(prefix, sizeof(prefix), "vif%" PRIu32 ".", domid);
	n = sysfs_list(names, NAMES_MAX, sysroot, "/sys/class/net");
	for (int i = 0; i < n; i++) {
		if (strncmp(names[i], prefix, strlen(prefix)) != 0)
			continue;
		c->cards++;
		c->packets += sysfs_number(0, sysroot,
				  "/sys/class/net/%s/statistics/rx_packets", names[i]) +
			      sysfs_number(0, sysroot,
				  "/sys/class/net/%s/statistics/tx_packets", names[i]);
	}
	snprintf(prefix, sizeof(prefix), "vbd-%" PRIu32 "-", domid);
	n = sysfs_list(names, NAMES_MAX, sysroot, "/sys/bus/xen-backend/devices");
	for (int i = 0; i < n; i++) {
		const char *devices = "/sys/bus/xen-backend/devices";
		if (strncmp(names[i], prefix, strlen(prefix)) != 0)
			continue;
		c->disks++;
		c->requests += sysfs_number(0, sysroot, "%s/%s/statistics/rd_req",
				   devices, names[i]) +
			       sysfs_number(0, sysroot, "%s/%s/statistics/wr_req",
				   devices, names[i]);
	}
}

bool
arrival_has_advanced(
    const struct arrival_counters *before, const struct arrival_counters *now)
{
	return (now->disks == 0 || now->requests > before->requests) &&
	       (now->cards == 0 || now->packets > before->packets);
}

/* Anybody may run something of that name: it must be of the owner of proc, root, and
 * its log be where nobody else writes one. */
static bool
watches(const char *proc, const char *pid, const char *name)
{
	char comm[32], path[320], leads[320], log[NAME_SIZE + 32];
	struct stat all, one;
	size_t len;
	ssize_t n;

	if (!sysfs_text(comm, sizeof(comm), proc, "/%s/comm", pid) ||
	    strcmp(comm, "xl") != 0)
		return false;
	snprintf(path, sizeof(path), "%s/%s", proc, pid);
	if (stat(proc, &all) < 0 || stat(path, &one) < 0 || one.st_uid != all.st_uid)
		return false;
	snprintf(path, sizeof(path), "%s/%s/fd/1", proc, pid);
	n = readlink(path, leads, sizeof(leads) - 1);
	if (n <= 0)
		return false;
	leads[n] = '\0';
	snprintf(log, sizeof(log), "/var/log/xen/xl-%s", name);
	len = strlen(log);
	return strncmp(leads, log, len) == 0 &&
	       (strncmp(leads + len, ".log", 4) == 0 ||
		   strncmp(leads + len, XL_INCOMING ".log", strlen(XL_INCOMING ".log")) ==
		       0);
}

bool
arrival_is_watched(const char *proc, const char *name)
{
	struct dirent *entry;
	DIR *dir = opendir(proc);
	bool found = false;

	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && !found && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			found = watches(proc, entry->d_name, name);
	if (dir)
		closedir(dir);
	return found;
}
