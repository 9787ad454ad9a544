#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actuator/conf.h"
#include "cmocka_all.h"

#define KEY "XueIvLjdj83HSpV4VRCKJAPlikuJQdcl3oPMgLDXEAg="
#define LEAST                                                                            \
	"[engine]\npublic-key = " KEY "\nexchange = tcp://192.0.2.1:7802\n"              \
	"[arrival]\naddress = 192.0.2.11\n"

static char path[] = "/tmp/lifeboat-conf-XXXXXX";
static struct actuator_conf conf;
static struct err err;

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || seal_start() < 0)
		return -1;
	close(fd);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static int
read_text(const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return actuator_conf_read(&conf, path, &err);
}

static void
engine_and_address_are_enough(void **state)
{
	(void)state;
	assert_int_equal(read_text(LEAST), 0);
	assert_string_equal(conf.engine.exchange, "tcp://192.0.2.1:7802");
	assert_string_equal(conf.address, "192.0.2.11");
	assert_string_equal(conf.xl, "/usr/sbin/xl");
	assert_string_equal(conf.run, "/run/lifeboat/orders");
	assert_string_equal(conf.user, "lifeboat");
	assert_int_equal(conf.port, 7810);
	assert_int_equal(conf.berths, 2);
	assert_int_equal(conf.berth_ms, 60000);
	assert_int_equal(conf.silence_ms, 30000);
	assert_int_equal(conf.stall_ms, 120000);
	assert_int_equal(conf.reserve_kib, 65536);
	assert_int_equal(conf.autostart, AUTOSTART_REFUSE);
}

static void
what_is_missing_or_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *part;
	} bad[] = { { "", "public-key" },
		{ "[engine]\npublic-key = " KEY "\n[arrival]\naddress = 192.0.2.11\n",
		    "exchange" },
		{ "[engine]\npublic-key = " KEY "\nexchange = tcp://192.0.2.1:7802\n",
		    "address" },
		{ "[engine]\npublic-key = " KEY "\nexchange = 192.0.2.1:7802\n"
		  "[arrival]\naddress = 192.0.2.11\n",
		    "tcp://ADDRESS:PORT" },
		{ "[engine]\npublic-key = " KEY "\nexchange = tcp://192.0.2.1:7802\n"
		  "[arrival]\naddress = n2.example.org\n",
		    "'n2.example.org' is no numeric address" },
		{ LEAST "[actuator]\nxl = xl\n", "absolute" },
		{ LEAST "[actuator]\nrun = orders\n", "absolute" },
		{ LEAST "[actuator]\nautostart = perhaps\n", "autostart" },
		{ LEAST "[actuator]\nrum = /run\n", "rum" },
		{ LEAST "berths = 0\n", "berths" }, { LEAST "berths = 17\n", "berths" },
		{ LEAST "port = 65001\n", "port" }, { LEAST "port = 0\n", "port" },
		{ LEAST "berth-open = 0s\n", "berth-open" },
		{ LEAST "reserve = -1MiB\n", "reserve" },
		{ LEAST "[carrier]\nsilence = 999ms\n", "silence" },
		{ LEAST "[carrier]\nstall = 2h\n", "stall" } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_text(bad[i].text) >= 0)
			fail_msg("taken: %s", bad[i].text);
		if (!strstr(err.text, bad[i].part) || !strstr(err.text, path))
			fail_msg("'%s' does not name %s", err.text, bad[i].part);
	}
}

static void
an_address_may_be_of_either_family(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text("[engine]\npublic-key = " KEY "\nexchange = tcp://192.0.2.1:7802\n"
		      "[arrival]\naddress = 2001:db8::11\n"),
	    0);
	assert_string_equal(conf.address, "2001:db8::11");
}

static void
a_path_too_long_for_its_place_is_refused_and_not_cut(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), LEAST "[actuator]\nrun = /%0*d\n",
	    (int)sizeof(conf.run) - 1, 0);
	assert_true(read_text(text) < 0);
	snprintf(text, sizeof(text), LEAST "[actuator]\nrun = /%0*d\n",
	    (int)sizeof(conf.run) - 2, 0);
	assert_int_equal(read_text(text), 0);
}

static void
what_is_printed_is_read_back_the_same(void **state)
{
	static char text[8192];
	struct actuator_conf first;
	FILE *f;

	(void)state;
	assert_int_equal(read_text(LEAST "berths = 5\nreserve = 1GiB\n[carrier]\n"
					 "stall = 90s\n[actuator]\nautostart = follow\n"),
	    0);
	first = conf;
	f = fmemopen(text, sizeof(text), "w");
	assert_non_null(f);
	actuator_conf_print(f, &conf);
	fclose(f);
	assert_int_equal(read_text(text), 0);
	assert_memory_equal(&first, &conf, sizeof(conf));
}

static void
only_a_record_of_this_version_is_ours(void **state)
{
	struct actuator_conf_record record;

	(void)state;
	assert_int_equal(read_text(LEAST "berths = 5\n"), 0);
	actuator_conf_pack(&record, &conf);
	assert_memory_equal(&record.conf, &conf, sizeof(conf));
	assert_true(actuator_conf_is_ours(&record, sizeof(record)));
	assert_false(actuator_conf_is_ours(&record, (int)sizeof(record) - 1));
	assert_false(actuator_conf_is_ours(&record, -ENOENT));
	record.size++;
	assert_false(actuator_conf_is_ours(&record, sizeof(record)));
	actuator_conf_pack(&record, &conf);
	record.version--;
	assert_false(actuator_conf_is_ours(&record, sizeof(record)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_and_address_are_enough),
		cmocka_unit_test(what_is_missing_or_wrong_is_named),
		cmocka_unit_test(an_address_may_be_of_either_family),
		cmocka_unit_test(a_path_too_long_for_its_place_is_refused_and_not_cut),
		cmocka_unit_test(what_is_printed_is_read_back_the_same),
		cmocka_unit_test(only_a_record_of_this_version_is_ours),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
