#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/conf.h"
#include "tests/unit/cmocka_all.h"

static struct err err;
static char key_a[SEAL_TEXT], key_b[SEAL_TEXT];

/* Read text as a configuration: NULL with err when it is refused. */
static struct policy_conf *
read_text(const char *text)
{
	char path[] = "/tmp/lifeboat-policy-XXXXXX";
	struct policy_conf *c = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err.text[0] = '\0';
	if (policy_conf_read(&c, path, &err) < 0)
		c = NULL;
	unlink(path);
	return c;
}

static struct policy_conf *
read_hosts(const char *a, const char *a_key, const char *b, const char *b_key)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "[host %s]\npublic-key = %s\n[host %s]\npublic-key = %s\n", a, a_key, b,
	    b_key);
	return read_text(text);
}

static void
the_inventory_keeps_its_order(void **state)
{
	struct policy_conf *c = read_hosts("xen02", key_a, "xen01", key_b);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_hosts, 2);
	assert_string_equal(c->hosts[0].name, "xen02");
	policy_conf_free(c);
}

/* Each move that lasts longer would be held while it goes on. */
static void
a_stall_that_is_not_longer_than_the_silence_is_refused(void **state)
{
	struct policy_conf *c = read_text("[rules]\nmove-silence = 179s\n");

	(void)state;
	assert_non_null(c);
	policy_conf_free(c);
	assert_null(read_text("[rules]\nmove-silence = 180s\n"));
	assert_non_null(strstr(err.text, "move-stall: it must be longer"));
	assert_null(read_text("[rules]\nmove-stall = 60s\n"));
}

static void
two_hosts_of_one_name_are_refused(void **state)
{
	(void)state;
	/* inih hands on the second [host a] behind another section. */
	assert_null(read_text("[host a]\npublic-key = x\n"));
	assert_non_null(strstr(err.text, "needs a public key"));
	char text[512];
	snprintf(text, sizeof(text),
	    "[host a]\npublic-key = %s\n[rules]\nhold = 5s\n[host a]\npublic-key = %s\n",
	    key_a, key_b);
	assert_null(read_text(text));
	assert_non_null(strstr(err.text, "a host of this name stands above already"));
}

static void
two_hosts_with_one_key_are_refused(void **state)
{
	(void)state;
	assert_null(read_hosts("a", key_a, "b", key_a));
	assert_non_null(strstr(err.text, "hosts a and b have the same public key"));
}

static void
a_hosts_name_is_a_plain_word(void **state)
{
	(void)state;
	assert_null(read_hosts("a;b", key_a, "c", key_b));
}

static void
a_site_sets_limits_by_pattern(void **state)
{
	struct policy_conf *c =
	    read_text("[sensor n1:cpu/*]\nhigh = 60C\nlost = failing\n"
		      "[sensor cpu/*]\nhigh = 70C\nignore = yes\n");
	struct sensor_facts f = { .name = "cpu/temp1",
		.kind = SENSOR_TEMP,
		.limit = { NO_LIMIT, NO_LIMIT, 80000, 90000 },
		.clear = { NO_LIMIT, NO_LIMIT, 78000, NO_LIMIT } };

	(void)state;
	assert_non_null(c);
	policy_conf_sensor(c, "n1", &f);
	assert_int_equal(f.limit[LIMIT_HIGH], 60000);
	assert_int_equal(f.limit[LIMIT_HIGH_CRITICAL], 90000);
	assert_true(f.clear[LIMIT_HIGH] == NO_LIMIT);
	assert_true(f.lost_fails);
	assert_false(f.ignored);
	policy_conf_sensor(c, "n2", &f);
	assert_int_equal(f.limit[LIMIT_HIGH], 70000);
	assert_true(f.ignored);
	policy_conf_free(c);
}

static void
a_guest_may_be_kept_where_it_is(void **state)
{
	struct policy_conf *c = read_text("[guest db*]\nmove = no\n");

	(void)state;
	assert_non_null(c);
	assert_false(policy_conf_guest(c, "db1"));
	assert_true(policy_conf_guest(c, "web"));
	policy_conf_free(c);
}

static void
what_is_printed_is_read_back_the_same(void **state)
{
	struct policy_conf *c =
	    read_text("[rules]\nhold = 7s\njump = 2.5C\n[sensor cpu/*]\nlow = 1V\n"
		      "[guest x]\nmove = no\n");
	struct policy_conf *back;
	char *text, *again;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(c);
	policy_conf_print(f, c);
	fclose(f);
	back = read_text(text);
	assert_string_equal(err.text, "");
	assert_non_null(back);
	assert_int_equal(back->rules.hold_ms, 7000);
	f = open_memstream(&again, &size);
	policy_conf_print(f, back);
	fclose(f);
	assert_string_equal(text, again);
	free(text);
	free(again);
	policy_conf_free(c);
	policy_conf_free(back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_inventory_keeps_its_order),
		cmocka_unit_test(two_hosts_of_one_name_are_refused),
		cmocka_unit_test(two_hosts_with_one_key_are_refused),
		cmocka_unit_test(a_hosts_name_is_a_plain_word),
		cmocka_unit_test(a_site_sets_limits_by_pattern),
		cmocka_unit_test(a_guest_may_be_kept_where_it_is),
		cmocka_unit_test(a_stall_that_is_not_longer_than_the_silence_is_refused),
		cmocka_unit_test(what_is_printed_is_read_back_the_same),
	};
	struct seal_pair pair;

	if (seal_start() < 0)
		return 1;
	seal_generate(&pair);
	seal_format(key_a, pair.public_key);
	seal_generate(&pair);
	seal_format(key_b, pair.public_key);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
