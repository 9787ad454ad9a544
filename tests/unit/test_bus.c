#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bus.h"
#include "tests/unit/cmocka_all.h"

enum { DEADLINE_MS = 10000 };

static struct bus_server server = BUS_SERVER_NULL;
static struct bus_address at;
static const char *host = "127.0.0.1";
static pid_t child;
static int fd;

static uint16_t
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&a, &len), 0);
	close(s);
	return ntohs(a.sin_port);
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_addr = in6addr_loopback };
	int s = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = s >= 0 && bind(s, (struct sockaddr *)&a, sizeof(a)) == 0;

	if (s >= 0)
		close(s);
	return has;
}

static int
start(void **state)
{
	struct err err;
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	snprintf(at.report, sizeof(at.report), "tcp://%s:%d", host, free_port());
	snprintf(at.exchange, sizeof(at.exchange), "tcp://%s:%d", host, free_port());
	child = fork(); /* before nanomsg's thread exists here */
	if (child == 0) {
		close(pair[0]);
		_exit(bus_child(pair[1], &at, 1, NULL));
	}
	close(pair[1]);
	fd = pair[0];
	return bus_server_init(&server, &at, &err);
}

static int
stop(void **state)
{
	int status;

	(void)state;
	close(fd); /* its end of file ends the child */
	bus_server_deinit(&server);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
		       WEXITSTATUS(status) == 0
		   ? 0
		   : -1;
}

static int
readable(int f, int ms)
{
	struct pollfd p = { .fd = f, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

/* A publisher only reaches who is connected already: publish until one comes through. */
static void
wait_for_report(const char *text)
{
	uint8_t buf[64];
	int n;

	for (int i = 0; i < DEADLINE_MS / 20; i++) {
		assert_int_equal(record_write(fd, BUS_PUBLISH, text, strlen(text)), 0);
		if (readable(server.sub_fd, 20)) {
			n = bus_server_take(server.sub, buf, sizeof(buf));
			if (n == (int)strlen(text) && memcmp(buf, text, (size_t)n) == 0)
				return;
		}
	}
	fail_msg("no report came through");
}

static void
ask_and_answer(const char *question)
{
	uint8_t buf[64], tag;
	size_t len;
	int n = -EAGAIN;

	assert_int_equal(record_write(fd, BUS_ASK, question, strlen(question)), 0);
	while (n == -EAGAIN) {
		assert_true(readable(server.rep_fd, DEADLINE_MS));
		n = bus_server_take(server.rep, buf, sizeof(buf));
	}
	assert_int_equal(n, strlen(question));
	assert_memory_equal(buf, question, strlen(question));
	assert_int_equal(bus_server_reply(&server, (const uint8_t *)"yes", 3), 0);
	assert_true(readable(fd, DEADLINE_MS));
	assert_int_equal(record_read(fd, &tag, buf, sizeof(buf), &len), 0);
	assert_int_equal(tag, BUS_REPLY);
	assert_int_equal(len, 3);
}

static void
a_report_reaches_the_engine(void **state)
{
	(void)state;
	wait_for_report("report");
}

static void
a_request_is_answered(void **state)
{
	(void)state;
	ask_and_answer("first?");
	ask_and_answer("second?");
}

static void
after_a_redial_all_goes_on(void **state)
{
	(void)state;
	assert_int_equal(record_write(fd, BUS_REDIAL, "", 0), 0);
	ask_and_answer("again?");
	wait_for_report("again");
}

static void
garbage_from_a_stranger_harms_nobody(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int port;

	(void)state;
	assert_int_equal(sscanf(at.exchange, "tcp://127.0.0.1:%d", &port), 1);
	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 50; i++) {
		int s = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(s, (struct sockaddr *)&a, sizeof(a)), 0);
		assert_true(send(s, "\0SP\0\0\x10\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
				16, MSG_NOSIGNAL) == 16);
		close(s);
	}
	ask_and_answer("still there?");
}

static void
an_address_in_use_is_said(void **state)
{
	struct bus_server second;
	struct err err;

	(void)state;
	assert_true(bus_server_init(&second, &at, &err) < 0);
	assert_non_null(strstr(err.text, at.report));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_reaches_the_engine),
		cmocka_unit_test(a_request_is_answered),
		cmocka_unit_test(garbage_from_a_stranger_harms_nobody),
		cmocka_unit_test(after_a_redial_all_goes_on),
		cmocka_unit_test(an_address_in_use_is_said),
	};

	const struct CMUnitTest on_ipv6[] = {
		cmocka_unit_test(a_report_reaches_the_engine),
		cmocka_unit_test(a_request_is_answered),
	};
	int failed = cmocka_run_group_tests(tests, start, stop);

	host = "[::1]";
	return has_ipv6() ? failed + cmocka_run_group_tests(on_ipv6, start, stop)
			  : failed;
}
