#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/conf.h"
#include "tests/unit/cmocka_all.h"

#define KEY "XueIvLjdj83HSpV4VRCKJAPlikuJQdcl3oPMgLDXEAg="

static const char engine[] = "[engine]\npublic-key = " KEY "\n"
			     "report = tcp://192.0.2.1:7801\n"
			     "exchange = tcp://192.0.2.1:7802\n";

static char path[] = "/tmp/lifeboat-conf-XXXXXX";

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
read_text(struct monitor_conf *conf, const char *head, const char *tail, struct err *err)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(head, f);
	fputs(tail, f);
	fclose(f);
	return monitor_conf_read(conf, path, err);
}

static void
an_engine_is_enough(void **state)
{
	struct monitor_conf conf, fallback;
	struct err err;

	(void)state;
	assert_int_equal(read_text(&conf, engine, "", &err), 0);
	monitor_conf_default(&fallback);
	assert_string_equal(conf.engine.report, "tcp://192.0.2.1:7801");
	assert_string_equal(conf.key_path, fallback.key_path);
	assert_string_equal(conf.user, "lifeboat");
	assert_string_equal(conf.readings_file, "");
	assert_int_equal(conf.sensors_every_ms, 1000);
	assert_int_equal(conf.rest_every_ms, 5000);
	assert_int_equal(conf.deadline_ms, 4000);
	assert_int_equal(fallback.sensors_every_ms, 1000);
	assert_int_equal(fallback.rest_every_ms, 5000);
	assert_int_equal(fallback.deadline_ms, 4000);
}

static void
what_is_printed_reads_back_to_the_same(void **state)
{
	static const char given[] =
	    "[monitor]\nsensors-every = 500ms\ndeadline = 2s\nreadings-file = /run/r\n";
	struct monitor_conf conf, again;
	struct err err;
	char text[2048] = "";
	FILE *f;

	(void)state;
	assert_int_equal(read_text(&conf, engine, given, &err), 0);
	f = fmemopen(text, sizeof(text), "w");
	assert_non_null(f);
	monitor_conf_print(f, &conf);
	fclose(f);
	assert_int_equal(read_text(&again, text, "", &err), 0);
	assert_memory_equal(&conf, &again, sizeof(conf));
}

static void
a_wrong_file_is_refused_with_a_sentence(void **state)
{
	/* clang-format off */
	static const struct { const char *tail, *word; } bad[] = {
		{ "[monitor]\nsensor-every = 1s\n", "sensor-every" },
		{ "[monitor]\nsensors-every = 1\n", "sensors-every" },
		{ "[monitor]\nsensors-every = 1ms\n", "sensors-every" },
		{ "[monitor]\ndeadline = 2h\n", "deadline" },
		{ "[monitor]\nreadings-file = here\n", "readings-file" },
		{ "[engine]\nreport = tcp://192.0.2.1:1\n", "report: is given twice" },
		{ "[actuator]\nuser = x\n", "actuator" },
	};
	/* clang-format on */
	struct monitor_conf conf;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(read_text(&conf, engine, bad[i].tail, &err) < 0);
		assert_non_null(strstr(err.text, path));
		assert_non_null(strstr(err.text, bad[i].word));
	}
}

static void
an_address_that_nanomsg_would_die_of_or_look_up_is_refused(void **state)
{
	/* clang-format off */
	static const char *const bad[] = { "192.0.2.1:7801", "tcp://10.0.0.1;192.0.2.1:7801",
		"tcp://192.0.2.1", "tcp://:7801", "tcp://192.0.2.1:x", "ipc:///tmp/x",
		"tcp://engine:7801", "tcp://[::1:7801", "tcp://[192.0.2.1]:7801", "tcp://::1:7801",
		"tcp://192.0.2.1:0", "tcp://192.0.2.1:65536", "tcp://192.0.2.1:-1" };
	/* clang-format on */
	static const char form[] =
	    "[engine]\npublic-key = " KEY "\nreport = %s\nexchange = %s\n";
	static const char good[] = "tcp://192.0.2.1:7801";
	struct monitor_conf conf;
	struct err err;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), form, bad[i], good);
		assert_true(read_text(&conf, text, "", &err) < 0);
		assert_non_null(strstr(err.text, "report: must be"));
		snprintf(text, sizeof(text), form, good, bad[i]);
		assert_true(read_text(&conf, text, "", &err) < 0);
		assert_non_null(strstr(err.text, "exchange: must be"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_is_enough),
		cmocka_unit_test(what_is_printed_reads_back_to_the_same),
		cmocka_unit_test(a_wrong_file_is_refused_with_a_sentence),
		cmocka_unit_test(
		    an_address_that_nanomsg_would_die_of_or_look_up_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
