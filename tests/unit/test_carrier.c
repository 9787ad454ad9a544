#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/carrier.h"
#include "base/clock.h"
#include "base/seal.h"
#include "cmocka_all.h"

/* A carrier's control end where it expects it, and the mover's. */
static struct carrier c;
static int mover;

static int
setup(void **state)
{
	int pair[2];

	(void)state;
	memset(&c, 0, sizeof(c));
	if (seal_start() < 0 || record_reader_init(&c.control) < 0 ||
	    link_init(&c.link) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	mover = fcntl(pair[1], F_DUPFD, 20); /* out of the way */
	close(pair[1]);
	if (pair[0] != CARRIER_CONTROL) {
		dup2(pair[0], CARRIER_CONTROL);
		close(pair[0]);
	}
	return mover < 0;
}

static int
teardown(void **state)
{
	(void)state;
	close(mover);
	close(CARRIER_CONTROL);
	record_reader_deinit(&c.control);
	link_deinit(&c.link);
	return 0;
}

static void
say(enum carrier_tag tag)
{
	assert_int_equal(record_write(mover, (uint8_t)tag, NULL, 0), 0);
}

static void
what_the_mover_says_at_once_is_heard_as_a_whole(void **state)
{
	struct carrier_said said;

	(void)state;
	say(CARRIER_XL_ENDED);
	say(CARRIER_CANCEL);
	said = carrier_listen(&c);
	assert_true(said.xl_ended && said.cancel);
	assert_false(said.allow || c.mover_gone);
	say(CARRIER_ALLOW);
	assert_int_equal(record_write(mover, CARRIER_FILE, "name = web", 10), 0);
	said = carrier_listen(&c);
	assert_true(said.allow);
	assert_false(said.xl_ended || said.cancel);
	assert_int_equal(c.file_len, 10);
	free(c.file);
}

static void
a_mover_that_dies_after_its_word_is_still_heard(void **state)
{
	(void)state;
	say(CARRIER_CANCEL);
	close(mover);
	assert_true(carrier_listen(&c).cancel);
	assert_false(carrier_listen(&c).cancel);
	assert_true(c.mover_gone);
	carrier_say(&c, CARRIER_BYTES, "12345678", 8); /* to nobody */
}

/* A target that cannot close without a reset waits until its last word was read. */
static void
the_target_s_last_word_outlives_what_it_has_not_read(void **state)
{
	struct link peer;
	struct link_keys keys = { { 1 }, { 2 } }, other = { { 2 }, { 1 } };
	uint8_t hello[LINK_HELLO], welcome[LINK_WELCOME], *body, waste[512];
	enum link_type type = LINK_DATA;
	size_t len;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(link_init(&peer), 0);
	link_hello(hello, &other, c.conf.id, false);
	assert_true(link_take_hello(&c.link, welcome, &keys, c.conf.id, hello));
	assert_true(link_take_welcome(&peer, &other, hello, welcome));
	c.link.fd = pair[0];
	peer.fd = pair[1];
	c.conf.is_target = true;
	memset(waste, 'm', sizeof(waste));
	assert_int_equal(send(peer.fd, waste, sizeof(waste), 0), sizeof(waste));
	carrier_send_abort(&c, "hostile-head", "it is of another guest");
	assert_int_equal(c.link.fd, -1);
	assert_int_equal(link_take(&peer, &type, &body, &len), 1);
	assert_int_equal(type, LINK_ABORT);
	assert_string_equal((char *)body, "hostile-head");
	link_deinit(&peer);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(what_the_mover_says_at_once_is_heard_as_a_whole),
		FRESH(a_mover_that_dies_after_its_word_is_still_heard),
		FRESH(the_target_s_last_word_outlives_what_it_has_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
