/*
 * A source's carrier in a process of its own; the test is its berth, its mover, and the
 * xl whose pipes a shim hands over.  The program is linked with --wrap: the carrier's
 * clock runs faster.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/carrier.h"
#include "actuator/shim.h"
#include "actuator/words.h"
#include "base/clock.h"
#include "base/seal.h"
#include "cmocka_all.h"

enum { LONG_MS = 20000, FASTER = 5, SILENCE_MS = 10000, AWAY_MS = 1000 };

static struct {
	char folder[32];
	struct link_keys keys; /* the berth's */
	struct carrier_conf conf;
	int listener, mover, shim_listener;
	int to_shim, from_shim; /* what xl writes and reads */
	pid_t carrier, shim;
	struct link link; /* the berth's end */
} t;

/* The linker's names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
mono_t __real_clock_mono(void);
mono_t __wrap_clock_mono(void);

mono_t
__wrap_clock_mono(void)
{
	mono_t now = __real_clock_mono();

	now.ms *= FASTER;
	return now;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void
listen_as_berth(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(t.conf.port) };
	socklen_t len = sizeof(at);
	int one = 1;

	t.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(t.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(t.listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(t.listener, 8), 0);
	assert_int_equal(getsockname(t.listener, (struct sockaddr *)&at, &len), 0);
	t.conf.port = ntohs(at.sin_port);
}

/* Its life: descriptors where it expects them. */
static void
live(int control)
{
	static struct carrier c;
	int fds[2] = { fcntl(control, F_DUPFD, 20), fcntl(t.shim_listener, F_DUPFD, 20) };

	alarm(2 * LONG_MS / 1000);
	signal(SIGPIPE, SIG_IGN);
	dup2(fds[0], CARRIER_CONTROL);
	dup2(fds[1], CARRIER_LISTENER);
	close(CARRIER_LOCK); /* or what has come to stand there */
	close_range(CARRIER_LISTENER + 1, ~0U, 0);
	c.conf = t.conf;
	if (link_init(&c.link) < 0 || record_reader_init(&c.control) < 0)
		_exit(2);
	c.heard = c.moved = clock_mono();
	_exit(carrier_source(&c) == 0 ? 0 : 1);
}

static void
start_carrier(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	t.mover = pair[0];
	t.carrier = fork();
	if (t.carrier == 0)
		live(pair[1]);
	close(pair[1]);
}

/* What xl starts as its way to the other host. */
static void
start_shim(void)
{
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	t.shim = fork();
	if (t.shim == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close_range(STDERR_FILENO + 1, ~0U, 0);
		_exit(shim_run(t.folder));
	}
	close(in[0]);
	close(out[1]);
	t.to_shim = in[1];
	t.from_shim = out[0];
}

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.folder, "/tmp/test-source-XXXXXX");
	if (seal_start() < 0 || link_init(&t.link) < 0 || !mkdtemp(t.folder))
		return -1;
	t.to_shim = t.from_shim = -1;
	t.keys = (struct link_keys){ { 1 }, { 2 } };
	t.conf.keys = (struct link_keys){ { 2 }, { 1 } };
	strcpy(t.conf.address, "127.0.0.1");
	t.conf.silence_ms = SILENCE_MS;
	t.conf.stall_ms = (int64_t)LONG_MS * FASTER;
	t.shim_listener = shim_listen(t.folder);
	listen_as_berth();
	start_carrier();
	return t.shim_listener < 0;
}

static int
teardown(void **state)
{
	int all[] = { t.listener, t.mover, t.shim_listener, t.to_shim, t.from_shim };
	char command[64];

	(void)state;
	kill(t.carrier, SIGKILL);
	waitpid(t.carrier, NULL, 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
	if (t.shim > 0)
		waitpid(t.shim, NULL, 0);
	link_deinit(&t.link);
	snprintf(command, sizeof(command), "rm -rf %s", t.folder);
	return system(command);
}

static bool
is_readable(int fd, int ms)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ms) == 1;
}

/* Somebody comes and says his hello. */
static int
accept_hello(uint8_t hello[LINK_HELLO])
{
	int fd;

	assert_true(is_readable(t.listener, LONG_MS));
	fd = accept4(t.listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(recv(fd, hello, LINK_HELLO, MSG_WAITALL), LINK_HELLO);
	return fd;
}

/* Until the carrier has said that; its first byte. */
static uint8_t
hear(enum carrier_tag wanted)
{
	static uint8_t data[WHY_SIZE + DETAIL_SIZE];
	uint8_t tag = 0;
	size_t len;

	while (tag != wanted) {
		assert_true(is_readable(t.mover, LONG_MS));
		assert_int_equal(record_read(t.mover, &tag, data, sizeof(data), &len), 0);
	}
	return data[0];
}

static void
tell_source(enum link_type type)
{
	link_put(&t.link, type, NULL, 0);
	assert_int_equal(link_flush(&t.link), 0);
}

/* Up to where xl has been told to let go of the guest. */
static void
release(void)
{
	uint8_t hello[LINK_HELLO], welcome[LINK_WELCOME];
	char said[WORDS_BANNER_SIZE + WORDS_READY_SIZE];
	size_t n = 0;

	t.link.fd = accept_hello(hello);
	assert_true(link_take_hello(&t.link, welcome, &t.keys, t.conf.id, hello));
	assert_int_equal(
	    send(t.link.fd, welcome, sizeof(welcome), 0), (int)sizeof(welcome));
	tell_source(LINK_BANNER);
	start_shim();
	while (hear(CARRIER_PHASE) != PHASE_COPYING)
		;
	tell_source(LINK_READY);
	while (hear(CARRIER_PHASE) != PHASE_READY)
		;
	assert_int_equal(record_write(t.mover, CARRIER_ALLOW, NULL, 0), 0);
	while (n < sizeof(said)) {
		ssize_t got;

		assert_true(is_readable(t.from_shim, LONG_MS));
		got = read(t.from_shim, said + n, sizeof(said) - n);
		assert_true(got > 0);
		n += (size_t)got;
	}
	assert_memory_equal(said + WORDS_BANNER_SIZE, WORDS_READY, WORDS_READY_SIZE);
}

static void
nothing_is_said_to_a_berth_that_has_not_proved_itself(void **state)
{
	uint8_t hello[LINK_HELLO], more;
	int fd = accept_hello(hello);

	(void)state;
	assert_int_equal(record_write(t.mover, CARRIER_CANCEL, NULL, 0), 0);
	assert_int_equal(hear(CARRIER_FAILED), 'c'); /* cancelled */
	assert_int_equal(recv(fd, &more, 1, 0), 0);
	close(fd);
}

/* A firewall that was loaded anew has refused one dial, and no more. */
static void
a_berth_that_hears_again_after_a_refusal_is_not_given_up(void **state)
{
	uint8_t hello[LINK_HELLO];
	int first;

	(void)state;
	release();
	close(t.listener);
	close(t.link.fd);
	t.link.fd = -1;
	assert_false(is_readable(t.mover, AWAY_MS)); /* refused meanwhile */
	listen_as_berth();
	first = accept_hello(hello); /* and no welcome: that one is given up */
	close(accept_hello(hello));
	close(first);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(nothing_is_said_to_a_berth_that_has_not_proved_itself),
		FRESH(a_berth_that_hears_again_after_a_refusal_is_not_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
