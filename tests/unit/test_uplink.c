/*
 * The bus child is this program, started again with a hidden role: it takes its
 * configuration and ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/uplink.h"
#include "tests/unit/cmocka_all.h"

static const struct bus_address engine = { "tcp://192.0.2.1:7801",
	"tcp://192.0.2.1:7802" };
static const struct uuid boot_id = { { 7 } };
static char key_path[] = "/tmp/lifeboat-uplink-XXXXXX";
static bool no_descriptors;
static uv_loop_t loop;
static struct uplink u;

int __real_socketpair(int domain, int type, int protocol, int ends[2]);
int __wrap_socketpair(int domain, int type, int protocol, int ends[2]);

int
__wrap_socketpair(int domain, int type, int protocol, int ends[2])
{
	if (!no_descriptors)
		return __real_socketpair(domain, type, protocol, ends);
	errno = ENFILE;
	return -1;
}

static int
init(const uint8_t engine_key[SEAL_KEY], struct err *err)
{
	return uplink_init(&u, &loop,
	    &(struct uplink_owner){ .program = "test_uplink",
		.role = ROLE_MONITOR,
		.key_path = key_path,
		.engine_key = engine_key,
		.conf = "",
		.conf_size = 1,
		.engine = &engine,
		.ask_every_ms = 60000 },
	    &boot_id, err);
}

static int
setup(void **state)
{
	(void)state;
	memset(&u, 0, sizeof(u));
	no_descriptors = false;
	return uv_loop_init(&loop);
}

static void
close_timer(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (handle->type == UV_TIMER)
		uv_close(handle, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	uplink_stop(&u);
	uv_walk(&loop, close_timer, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uplink_deinit(&u);
	return uv_loop_close(&loop);
}

static void
a_child_that_died_is_started_again_however_often_that_fails(void **state)
{
	struct seal_pair pair;
	struct err err;

	(void)state;
	seal_generate(&pair);
	assert_int_equal(init(pair.public_key, &err), 0);
	assert_int_equal(uplink_start(&u, &err), 0);
	while (!uv_is_active((uv_handle_t *)&u.restart))
		uv_run(&loop, UV_RUN_ONCE);
	assert_false(u.child.alive);

	no_descriptors = true;
	for (int64_t delay_ms = u.delay_ms; delay_ms < 8000; delay_ms *= 2) {
		uv_timer_stop(&u.restart);
		u.restart.timer_cb(&u.restart);
		assert_true(uv_is_active((uv_handle_t *)&u.restart));
		assert_int_equal(u.delay_ms, 2 * delay_ms);
	}
	no_descriptors = false;
	uv_timer_stop(&u.restart);
	u.restart.timer_cb(&u.restart);
	assert_true(u.child.alive);
}

static void
an_engine_key_that_is_none_is_for_a_person_to_mend(void **state)
{
	static const uint8_t zero[SEAL_KEY];
	struct err err;

	(void)state;
	assert_int_equal(init(zero, &err), -ENOKEY);
	assert_string_equal(err.text, "the engine's public key is not usable");
}

static int
make_key(void)
{
	char line[SEAL_TEXT];
	struct seal_pair pair;
	int fd = mkstemp(key_path);
	ssize_t n;

	if (fd < 0 || seal_start() < 0)
		return -1;
	seal_generate(&pair);
	seal_format(line, pair.secret_key);
	n = write(fd, line, sizeof(line) - 1);
	close(fd);
	return n == sizeof(line) - 1 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_child_that_died_is_started_again_however_often_that_fails, setup,
		    teardown),
		cmocka_unit_test_setup(
		    an_engine_key_that_is_none_is_for_a_person_to_mend, setup),
	};
	char conf[1];
	int failed;

	if (argc > 1 && strcmp(argv[1], "--role=bus") == 0)
		return child_enter(conf, sizeof(conf), "bus") < 0 ? 9 : 7;
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	failed = make_key() < 0 || cmocka_run_group_tests(tests, NULL, NULL) != 0;
	unlink(key_path);
	return failed;
}
