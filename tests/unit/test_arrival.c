#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/arrival.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

enum { LONG_MS = 20000 };

/* --- is it alive? ----------------------------------------------------------------- */

static void
disks_and_cards_are_those_of_the_one_guest(void **state)
{
	struct arrival_counters c;

	(void)state;
	arrival_count(&c, tree, 7);
	assert_int_equal(c.disks + c.cards, 0);
	tree_put("3\n", "/sys/class/net/vif7.0/statistics/rx_packets");
	tree_put("4\n", "/sys/class/net/vif7.0/statistics/tx_packets");
	tree_put("10\n", "/sys/class/net/vif7.1/statistics/rx_packets");
	tree_put("1000\n", "/sys/class/net/vif77.0/statistics/rx_packets");
	tree_put("0\n", "/sys/class/net/vif7.0-emu/statistics/rx_packets");
	tree_put("1000\n", "/sys/class/net/eth0/statistics/rx_packets");
	tree_put("20\n", "/sys/bus/xen-backend/devices/vbd-7-51712/statistics/rd_req");
	tree_put("30\n", "/sys/bus/xen-backend/devices/vbd-7-51712/statistics/wr_req");
	tree_put("1000\n", "/sys/bus/xen-backend/devices/vbd-77-51712/statistics/wr_req");
	tree_put("1000\n", "/sys/bus/xen-backend/devices/vif-7-0/statistics/rd_req");
	arrival_count(&c, tree, 7);
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
	char path[64];

	tree_put(comm, "/proc/%s/comm", pid);
	snprintf(path, sizeof(path), "/proc/%s/fd/1", pid);
	tree_link(output, path);
}

static bool
is_watched(const char *name)
{
	return arrival_is_watched(tree_path("/proc"), name);
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
	(void)state;
	put_process("20", "xl\n", "/tmp/xl-web.log");
	put_process("21", "xl\n", "/tmp/var/log/xen/xl-web.log");
	assert_false(is_watched("web"));
	put_process("22", "xl\n", "/var/log/xen/xl-web.log");
	assert_true(is_watched("web"));
	if (chown(tree_path("/proc/22"), 65534, 65534) < 0)
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

#define FRESH(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)

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
