#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/unit/cmocka_all.h"

static char seen[4096];

/* What log_line writes to stderr while say() runs. */
static void
capture(void (*say)(void))
{
	int p[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	say();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(p[1]);
	n = read(p[0], seen, sizeof(seen) - 1);
	close(p[0]);
	seen[n > 0 ? n : 0] = '\0';
}

static void
say_plain(void)
{
	log_line(LOG_LEVEL_NOTICE, "host-health", "host", "n1", "why", NULL, "temp",
	    log_text("%dC", 91), "n", log_int(-3), NULL);
}

static void
say_hostile(void)
{
	log_line(LOG_LEVEL_WARNING, "guest", "name", "a b\n<3>fake x=\"1\"", NULL);
}

static void
say_too_much(void)
{
	static char huge[4000];

	memset(huge, '\n', sizeof(huge) - 1);
	log_line(LOG_LEVEL_ERROR, "huge", "a", huge, "b", huge, "c", huge, "d", huge, "e",
	    huge, NULL);
}

static void
say_debug(void)
{
	log_line(LOG_LEVEL_DEBUG, "quiet", NULL);
}

static void
a_line_has_priority_id_and_pairs(void **state)
{
	(void)state;
	capture(say_plain);
	assert_string_equal(seen, "<5>host-health host=n1 temp=91C n=-3\n");
}

static void
a_hostile_value_cannot_begin_a_line(void **state)
{
	(void)state;
	capture(say_hostile);
	assert_string_equal(
	    seen, "<4>guest name=\"a\\x20b\\x0a<3>fake\\x20x\\x3d\\x221\\x22\"\n");
}

static void
a_huge_line_is_cut_and_still_one_line(void **state)
{
	(void)state;
	capture(say_too_much);
	assert_true(strlen(seen) < 2100);
	assert_ptr_equal(strchr(seen, '\n'), seen + strlen(seen) - 1);
}

static void
debug_is_off_by_default(void **state)
{
	(void)state;
	capture(say_debug);
	assert_string_equal(seen, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_priority_id_and_pairs),
		cmocka_unit_test(a_hostile_value_cannot_begin_a_line),
		cmocka_unit_test(a_huge_line_is_cut_and_still_one_line),
		cmocka_unit_test(debug_is_off_by_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
