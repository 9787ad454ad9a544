#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/door.h"
#include "tests/unit/cmocka_all.h"

enum { WAIT_MS = 5000, SHORT_MS = 20, LIMIT = 64 * 1024 };

struct link {
	struct door door;
	int engine;
	struct err err;
};

static void
open_link(struct link *l)
{
	int fds[2];

	*l = (struct link){ .door = DOOR_NULL, .engine = -1 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	l->door.fd = fds[0];
	l->engine = fds[1];
}

static void
close_link(struct link *l)
{
	door_close(&l->door);
	if (l->engine >= 0)
		close(l->engine);
}

static void
say(struct link *l, const char *text)
{
	assert_int_equal(write(l->engine, text, strlen(text)), strlen(text));
}

static int
next(struct link *l, const char *key)
{
	json_t *line = NULL;
	int r = door_next(&l->door, &line, WAIT_MS, LIMIT, &l->err);

	if (r == 0)
		assert_non_null(json_object_get(line, key));
	json_decref(line);
	return r;
}

static void
lines_that_come_together_are_taken_one_by_one(void **state)
{
	struct link l;

	(void)state;
	open_link(&l);
	say(&l, "{\"a\":1}\n{\"b\":1}\n{\"c\"");
	assert_int_equal(next(&l, "a"), 0);
	assert_int_equal(next(&l, "b"), 0);
	say(&l, ":1}\n");
	assert_int_equal(next(&l, "c"), 0);
	close_link(&l);
}

static void
an_end_inside_a_line_is_an_end(void **state)
{
	struct link l;

	(void)state;
	open_link(&l);
	say(&l, "{\"a\":1}\n{\"b\"");
	assert_int_equal(shutdown(l.engine, SHUT_WR), 0);
	assert_int_equal(next(&l, "a"), 0);
	assert_int_equal(next(&l, "b"), -EPIPE);
	close_link(&l);
}

static void
silence_ends_at_the_deadline(void **state)
{
	struct link l;
	json_t *line = NULL;

	(void)state;
	open_link(&l);
	say(&l, "{\"never\"");
	assert_int_equal(door_next(&l.door, &line, SHORT_MS, LIMIT, &l.err), -ETIMEDOUT);
	assert_null(line);
	close_link(&l);
}

static void
a_line_over_its_limit_is_refused(void **state)
{
	struct link l;
	json_t *line = NULL;

	(void)state;
	open_link(&l);
	say(&l, "{\"a\": \"0123456789\"}\n");
	assert_int_equal(door_next(&l.door, &line, WAIT_MS, 16, &l.err), -EMSGSIZE);
	close_link(&l);
}

static void
a_line_of_just_the_limit_is_taken(void **state)
{
	static const char text[] = "{\"a\": \"0123456789\"}\n";
	struct link l;
	json_t *line = NULL;

	(void)state;
	open_link(&l);
	say(&l, text);
	assert_int_equal(door_next(&l.door, &line, WAIT_MS, sizeof(text) - 1, &l.err), 0);
	json_decref(line);
	close_link(&l);
}

static void
what_is_no_object_is_refused(void **state)
{
	static const char *const lines[] = { "\n", "1\n", "[]\n", "{\"a\":1} x\n",
		"{\"a\":1,\"a\":2}\n", "{'a':1}\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct link l;

		open_link(&l);
		say(&l, lines[i]);
		assert_int_equal(next(&l, "a"), -EPROTO);
		close_link(&l);
	}
}

static void
an_answer_comes_without_its_ok(void **state)
{
	struct link l;
	json_t *answer = NULL;

	(void)state;
	open_link(&l);
	say(&l, "{\"ok\":true,\"mode\":\"observe\"}\n");
	assert_int_equal(
	    door_ask(&l.door, json_pack("{s:s}", "op", "mode"), &answer, WAIT_MS, &l.err),
	    0);
	assert_int_equal(json_object_size(answer), 1);
	json_decref(answer);
	close_link(&l);
}

static void
a_refusal_brings_its_sentence(void **state)
{
	struct link l;
	json_t *answer = NULL;

	(void)state;
	open_link(&l);
	say(&l, "{\"ok\":false,\"error\":\"no host of that name\"}\n");
	assert_int_equal(
	    door_ask(&l.door, json_pack("{s:s}", "op", "why"), &answer, WAIT_MS, &l.err),
	    DOOR_E_REFUSED);
	assert_string_equal(l.err.text, "no host of that name");
	assert_null(answer);
	close_link(&l);
}

static void
a_request_that_is_too_long_or_no_utf8_is_not_sent(void **state)
{
	struct link l;
	char *name = calloc(1, DOOR_REQUEST_MAX + 1);

	(void)state;
	assert_non_null(name);
	memset(name, 'x', DOOR_REQUEST_MAX);
	open_link(&l);
	assert_int_equal(
	    door_send(&l.door, json_pack("{s:s}", "name", name), &l.err), -EMSGSIZE);
	assert_int_equal(
	    door_send(&l.door, json_pack("{s:s}", "name", "\xff"), &l.err), -EINVAL);
	close_link(&l);
	free(name);
}

static void
an_engine_that_is_gone_is_an_error_and_no_signal(void **state)
{
	struct link l;

	(void)state;
	open_link(&l);
	close(l.engine);
	l.engine = -1;
	assert_int_equal(
	    door_send(&l.door, json_pack("{s:s}", "op", "hosts"), &l.err), -EPIPE);
	close_link(&l);
}

static void
a_path_that_is_no_door_is_refused_with_a_sentence(void **state)
{
	struct door d = DOOR_NULL;
	struct err err;
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(door_open(&d, path, WAIT_MS, &err), -ENAMETOOLONG);
	assert_int_equal(door_open(&d, "/nonexistent/door", WAIT_MS, &err), -ENOENT);
	assert_non_null(strstr(err.text, "is lifeboat-policy running here?"));
	assert_int_equal(d.fd, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_come_together_are_taken_one_by_one),
		cmocka_unit_test(an_end_inside_a_line_is_an_end),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(a_line_over_its_limit_is_refused),
		cmocka_unit_test(a_line_of_just_the_limit_is_taken),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(an_answer_comes_without_its_ok),
		cmocka_unit_test(a_refusal_brings_its_sentence),
		cmocka_unit_test(a_request_that_is_too_long_or_no_utf8_is_not_sent),
		cmocka_unit_test(an_engine_that_is_gone_is_an_error_and_no_signal),
		cmocka_unit_test(a_path_that_is_no_door_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
