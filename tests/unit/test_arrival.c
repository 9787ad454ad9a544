#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/arrival.h"
#include "cmocka_all.h"

enum { LONG_MS = 20000 };

static char root[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test-arrival-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

/* The folders of a path below root, and its place in at. */
static void
make_path(char at[512], const char *path)
{
	snprintf(at, 512, "%s%s", root, path);
	for (char *slash = strchr(at + strlen(root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(at, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
}

static void
put(const char *path, const char *text)
{
	char at[512];
	FILE *f;

	make_path(at, path);
	f = fopen(at, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* --- is it alive? ----------------------------------------------------------------- */

static void
disks_and_cards_are_those_of_the_one_guest(void **state)
{
	struct arrival_counters c;

	(void)state;
	arrival_count(&c, root, 7);
	assert_int_equal(c.disks + c.cards, 0);
	put("/sys/class/net/vif7.0/statistics/rx_packets", "3\n");
	put("/sys/class/net/vif7.0/statistics/tx_packets", "4\n");
	put("/sys/class/net/vif7.1/statistics/rx_packets", "10\n");
	put("/sys/class/net/vif77.0/statistics/rx_packets", "1000\n");
	put("/sys/class/net/vif7.0-emu/statistics/rx_packets", "0\n");
	put("/sys/class/net/eth0/statistics/rx_packets", "1000\n");
	put("/sys/bus/xen-backend/devices/vbd-7-51712/statistics/rd_req", "20\n");
	put("/sys/bus/xen-backend/devices/vbd-7-51712/statistics/wr_req", "30\n");
	put("/sys/bus/xen-backend/devices/vbd-77-51712/statistics/wr_req", "1000\n");
	put("/sys/bus/xen-backend/devices/vif-7-0/statistics/rd_req", "1000\n");
	arrival_count(&c, root, 7);
	assert_int_equal(c.packets, 17);
	assert_int_equal(c.cards, 3);
	assert_int_equal(c.requests, 50);
	assert_int_equal(c.disks, 1);
}

static void
it_is_alive_once_all_that_it_has_has_moved(void **state)
{
	struct arrival_counters before = { 1, 1, 5, 5 }, now = before;

	(void)state;
	assert_false(arrival_has_advanced(&before, &now));
	now.requests++;
	assert_false(arrival_has_advanced(&before, &now));
	now.packets++;
	assert_true(arrival_has_advanced(&before, &now));
	now.requests = 0; /* a driver that was connected anew */
	assert_false(arrival_has_advanced(&before, &now));
	now.disks = 0;
	assert_true(arrival_has_advanced(&before, &now));
	now.cards = 0;
	now.packets = 0;
	assert_true(arrival_has_advanced(&before, &now));
}

/* --- does an xl wait for its end? ------------------------------------------------- */

static void
put_process(const char *pid, const char *comm, const char *output)
{
	char path[512], at[512];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	put(path, comm);
	snprintf(path, sizeof(path), "/proc/%s/fd/1", pid);
	make_path(at, path);
	assert_int_equal(symlink(output, at), 0);
}

static bool
is_watched(const char *name)
{
	char proc[80];

	snprintf(proc, sizeof(proc), "%s/proc", root);
	return arrival_is_watched(proc, name);
}

static void
a_guest_is_watched_by_the_xl_that_has_its_log(void **state)
{
	(void)state;
	assert_false(is_watched("web"));
	put_process("10", "xl\n", "/var/log/xen/xl-web.log");
	put_process("11", "xl\n", "/var/log/xen/xl-mail--incoming.log");
	put_process("12", "tail\n", "/var/log/xen/xl-db.log");
	put_process("13", "xl\n", "/var/log/xen/xl-webserver.log");
	put_process("14", "xl\n", "/dev/null");
	put_process("15", "xl\n", "/var/log/xen/xl-old.log (deleted)");
	put_process("self", "xl\n", "/var/log/xen/xl-self.log");
	assert_true(is_watched("web"));
	assert_true(is_watched("mail"));  /* its xl was there before it had its name */
	assert_true(is_watched("old"));   /* logrotate was here */
	assert_false(is_watched("db"));   /* somebody reads the log */
	assert_false(is_watched("webs")); /* only a part of a name */
	assert_false(is_watched("b"));
	assert_false(is_watched("self"));
	assert_false(is_watched("other"));
}

static void
a_stranger_s_xl_watches_nobody(void **state)
{
	char at[512];

	(void)state;
	put_process("20", "xl\n", "/tmp/xl-web.log");
	put_process("21", "xl\n", "/tmp/var/log/xen/xl-web.log");
	assert_false(is_watched("web"));
	put_process("22", "xl\n", "/var/log/xen/xl-web.log");
	assert_true(is_watched("web"));
	snprintf(at, sizeof(at), "%s/proc/22", root);
	if (chown(at, 65534, 65534) < 0)
		skip(); /* only root may */
	assert_false(is_watched("web"));
}

/* --- the word to the switches ----------------------------------------------------- */

static void
what_is_no_bridge_and_address_sends_nothing(void **state)
{
	static const char *const bad[] = { "", "lo", "lo/", "lo/00:16:3e:00:00",
		"lo/00:16:3e:00:00:01:02", "lo/00:16:3e:00:00:1ff",
		"lo/00-16-3e-00-00-01", "lo/00:16:3e:00:00:01 ", "lo/x0:16:3e:00:00:01",
		"a-bridge-of-17-ch/00:16:3e:00:00:01" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(arrival_announce_run(bad[i]), 2);
	assert_int_equal(arrival_announce_run("no-such-bridge/00:16:3e:00:00:01"), 1);
}

static void
a_reverse_arp_request_leaves_in_the_guest_s_name(void **state)
{
	static const uint8_t head[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x16, 0x3e,
		1, 2, 3, 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3, 0, 0x16, 0x3e, 1, 2, 3, 0, 0,
		0, 0, 0, 0x16, 0x3e, 1, 2, 3, 0, 0, 0, 0 };
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_RARP),
		.sll_ifindex = (int)if_nametoindex("lo") };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t frame[128];

	(void)state;
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		if (fd >= 0)
			close(fd);
		skip(); /* only root may, and only where there is a network */
	}
	assert_int_equal(arrival_announce_run("lo/00:16:3e:01:02:03"), 0);
	assert_int_equal(
	    poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, LONG_MS), 1);
	assert_int_equal(recv(fd, frame, sizeof(frame), 0), 60);
	assert_memory_equal(frame, head, sizeof(head));
	close(fd);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(disks_and_cards_are_those_of_the_one_guest),
		FRESH(it_is_alive_once_all_that_it_has_has_moved),
		FRESH(a_guest_is_watched_by_the_xl_that_has_its_log),
		FRESH(a_stranger_s_xl_watches_nobody),
		FRESH(what_is_no_bridge_and_address_sends_nothing),
		FRESH(a_reverse_arp_request_leaves_in_the_guest_s_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
