#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/replay.h"
#include "tests/unit/cmocka_all.h"

static struct trace *names;
static struct core *core;
static struct event event;
static struct actions actions;

static int
set_up(void **state)
{
	struct core_limits limits = { 4, 4 };

	(void)state;
	return trace_new(&names) < 0 || core_new(&core, &limits) < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	names = trace_free(names);
	core = core_free(core);
	return 0;
}

static int
parse(const char *line, struct err *err)
{
	memset(&event, 0x5a, sizeof(event));
	return trace_parse(names, &event, core, line, err);
}

static void
play(const char *line)
{
	struct err err = { "" };

	if (parse(line, &err) != 0)
		fail_msg("%s: %s", line, err.text);
	core_step(core, &event, &actions);
}

/* Two hosts; n1 with two sensors, two guests, two disks. */
static void
play_pool(void)
{
	play("@0s rules");
	play("@0s host n1");
	play("@0s host n2");
	play("@0s restart term=7");
	play("@0s sensors n1 cpu/temp1 temp high=75C ; fan/fan1 fan low=300RPM");
	play("@0s readings n1 cpu/temp1=50C fan/fan1=900RPM");
	play("@0s xen n1 4.17 memory=16GiB free=8GiB cpus=8 load=100 live=hvm "
	     "bridges=xenbr0 ; guest web load=40 disks=lun1 ; guest db disks=lun2");
	play("@0s storage n1 disks=lun1,lun2 sessions=iqn.a@10.0.0.5:3260");
}

/* The event as it is written now: until the next call. */
static const char *
written(void)
{
	static char *text;
	size_t size;
	FILE *f;

	free(text);
	text = NULL;
	f = open_memstream(&text, &size);
	assert_non_null(f);
	trace_event(names, f, core, &event);
	fclose(f);
	return text;
}

/* That line, read and written again, is text and a new line. */
static void
becomes(const char *line, const char *text)
{
	struct err err = { "" };
	const char *now;

	if (parse(line, &err) != 0)
		fail_msg("%s: %s", line, err.text);
	now = written();
	assert_int_equal(strncmp(now, text, strlen(text)), 0);
	assert_string_equal(now + strlen(text), "\n");
}

static void
what_did_not_change_is_left_out(void **state)
{
	(void)state;
	play_pool();
	becomes("@1.5s readings n1 cpu/temp1=50C fan/fan1=910RPM",
	    "@1.5s readings n1 fan/fan1=910RPM");
	becomes("@2s readings n1", "@2s readings n1");
	becomes("@2s sensors n1 cpu/temp1 temp high=75C ; fan/fan1 fan low=300RPM",
	    "@2s sensors n1 same");
	becomes("@2s storage n1 disks=lun1,lun2!lost sessions=iqn.a@10.0.0.5:3260",
	    "@2s storage n1 same disks=lun1,lun2!lost");
	becomes("@2s xen n1 4.17 memory=16GiB free=7GiB cpus=8 load=100 live=hvm "
		"bridges=xenbr0 ; guest web load=45 disks=lun1 ; guest db disks=lun2",
	    "@2s xen n1 same free=7GiB ; guest web load=45");
	becomes("@2s probes n1 xen=hung", "@2s probes n1 xen=hung");
}

static void
guests_come_and_go(void **state)
{
	(void)state;
	play_pool();
	becomes("@1s xen n1 same ; gone web ; guest mail domid=9",
	    "@1s xen n1 same ; gone web ; guest mail domid=9");
	assert_int_equal(event.xen.n_guests, 2);
	assert_string_equal(event.xen.guests[0].name, "db");
	assert_string_equal(event.xen.guests[1].name, "mail");
	becomes("@1s xen n1 same empty", "@1s xen n1 same ; gone web ; gone db");
	assert_int_equal(event.xen.n_guests, 0);
	becomes("@1s xen n1 same ; guest db disks=none",
	    "@1s xen n1 same ; guest db disks=none");
	assert_int_equal(event.xen.guests[1].n_disks, 0);
	becomes("@1s xen n1 failed", "@1s xen n1 failed");
	assert_int_equal(event.xen.n_guests, 0);
}

/* Two namesakes cannot be told apart by name: then all is told. */
static void
namesakes_are_written_in_full(void **state)
{
	(void)state;
	play_pool();
	play("@1s xen n2 4.17 cpus=8 ; guest a load=1 ; guest a "
	     "uuid=c0ffee00-0000-4000-8000-000000000001");
	becomes("@2s xen n2 4.17 cpus=8 ; guest a load=1 ; guest a "
		"uuid=c0ffee00-0000-4000-8000-000000000001 load=2",
	    "@2s xen n2 4.17 cpus=8 ; guest a load=1 ; guest a "
	    "uuid=c0ffee00-0000-4000-8000-000000000001 load=2");
	assert_int_equal(event.xen.n_guests, 2);
}

/* Two probes may well call a sensor alike. */
static void
sensors_of_one_name_are_told_apart(void **state)
{
	(void)state;
	play_pool();
	play("@1s sensors n1 a temp ; b temp ; a temp");
	play("@1s readings n1 a=1C b=2C a=3C");
	assert_int_equal(event.readings.reading[0].value, 1000);
	assert_int_equal(event.readings.reading[2].value, 3000);
	becomes("@2s readings n1 #2=4C", "@2s readings n1 #2=4C");
	assert_int_equal(event.readings.reading[0].value, 1000);
	assert_int_equal(event.readings.reading[2].value, 4000);
	becomes("@2s readings n1 @2+1 a=5C", "@2s readings n1 @2+1 a=5C");
	assert_int_equal(event.readings.reading[0].value, 5000);
}

static void
a_sensor_never_read_is_gone(void **state)
{
	(void)state;
	play_pool();
	play("@1s sensors n1 cpu/temp1 temp ; in/in1 in ; cpu/temp2 temp");
	play("@1s readings n1 cpu/temp2=127C");
	assert_int_equal(event.readings.reading[0].value, 50000);
	assert_int_equal(event.readings.reading[1].quality, QUALITY_GONE);
	/* A sentinel was never believed, and is what the sensor says all the same. */
	play("@2s readings n1");
	assert_int_equal(event.readings.reading[2].value, 127000);
	assert_int_equal(event.readings.reading[2].quality, QUALITY_GOOD);
}

static void
readings_carry_all_that_the_chip_says(void **state)
{
	(void)state;
	play_pool();
	becomes("@1s readings n1 cpu/temp1=76.2C!alarm!crit-alarm!fault fan/fan1=bad",
	    "@1s readings n1 cpu/temp1=76.2C!alarm!crit-alarm!fault fan/fan1=bad");
	becomes("@1s readings n1 cpu/temp1=~9223372036854775807!implausible",
	    "@1s readings n1 cpu/temp1=~9223372036854775807!implausible");
	assert_int_equal(event.readings.reading[0].value, INT64_MAX);
}

static void
hostile_names_stay_names(void **state)
{
	static const char *const hostile[] = { "a b", "none", "-", "?", "", ";", "a!lost",
		"#0123456789abcdef", "\x1b[31m", "\xff", "guest", "same", "x=1,2", "@1" };
	char line[512];

	(void)state;
	play_pool();
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		parse("@1s xen n2 4.17 cpus=1 ; guest x disks=-", NULL);
		text_copy(event.xen.guests[0].name, NAME_SIZE, hostile[i]);
		event.xen.guests[0].disks[0] = text_id(hostile[i]);
		trace_name(names, text_id(hostile[i]), hostile[i]);
		text_copy(line, sizeof(line), written());
		assert_int_equal(parse(line, NULL), 0);
		assert_int_equal(event.xen.n_guests, 1);
		assert_string_equal(event.xen.guests[0].name, hostile[i]);
		assert_int_equal(event.xen.guests[0].disks[0].v, text_id(hostile[i]).v);
	}
}

static void
an_order_to_no_host_is_not_one_to_a_host_of_that_name(void **state)
{
	static const char line[] =
	    "@1s order n1 ? web prepare=3.1 why=critical memory=1GiB";

	(void)state;
	play_pool();
	parse("@1s host \\x3f", NULL);
	core_step(core, &event, &actions);
	assert_true(core_find_host(core, "?").i >= 0);
	assert_int_equal(parse(line, NULL), 0);
	assert_int_equal(event.order.to.i, HOST_NONE.i);
	assert_non_null(strstr(written(), " order n1 ? web "));
}

/* Such counts must not make the writer read beyond what an event holds. */
static void
counts_beyond_measure_stay_refusals(void **state)
{
	(void)state;
	play_pool();
	becomes("@1s sensors n1 claims=65535", "@1s sensors n1 claims=65535");
	core_step(core, &event, &actions);
	assert_int_equal(actions.action[0].why, WHY_TOO_MANY_SENSORS);
	becomes("@1s readings n1 @0+65535", "@1s readings n1 @0+65535");
	core_step(core, &event, &actions);
	assert_int_equal(actions.action[0].why, WHY_TOO_MANY_SENSORS);
	becomes("@1s xen n1 claims=65535", "@1s xen n1 claims=65535");
	core_step(core, &event, &actions);
	assert_int_equal(actions.action[0].why, WHY_TOO_MANY_GUESTS);
	assert_int_equal(parse("@1s xen n1 claims=1", NULL), -EINVAL);
}

static void
what_is_no_event_is_refused_with_a_sentence(void **state)
{
	static const char *const bad[] = { "@ tick", "@1 tick", "@-1s tick", "@1s",
		"@1s nothing", "words", "@1s tick tick", "@1s readings n9",
		"@1s readings n1 cpu/temp1", "@1s readings n1 cpu/temp1=75",
		"@1s readings n1 nothing=75C", "@1s readings n1 cpu/temp1=75C!nonsense",
		"@1s readings n1 @1 ", "@1s readings n1 #7=1C", "@1s sensors n1 a",
		"@1s sensors n1 a temp high=1RPM", "@1s probes n1 xen=fine",
		"@1s probes n1 door=ok", "@1s xen n1 4", "@1s xen n1 4.x",
		"@1s xen n1 same ; gone nobody", "@1s xen n1 4.17 ; guest",
		"@1s xen n1 4.17 ; guest web speed=3", "@1s xen n1 features-hvm=zz",
		"@1s storage n1 disks=a!b", "@1s outcome n1 1 ready",
		"@1s outcome n1 1.1 fine", "@1s outcome n1 1.1 ready why=nothing",
		"@1s rules hold=10", "@1s rules patience=1s", "@1s mode none",
		"@1s restart term=-1", "@1s host", "@1s cordon n9" };

	(void)state;
	play_pool();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = { "" };
		if (parse(bad[i], &err) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_true(strlen(err.text) > 0);
	}
}

static void
blank_lines_comments_and_actions_are_no_events(void **state)
{
	(void)state;
	assert_int_equal(parse("", NULL), 1);
	assert_int_equal(parse("\n", NULL), 1);
	assert_int_equal(parse("# @1s tick", NULL), 1);
	assert_int_equal(parse("          n1 sound -> failing (hot)", NULL), 1);
}

static void
an_id_keeps_its_name_only_when_it_is_its_own(void **state)
{
	char buf[DISK_SIZE];

	(void)state;
	trace_name(names, text_id("lun1"), "lun1");
	trace_name(names, (id64_t){ 5 }, "lun2");
	assert_string_equal(trace_named(names, text_id("lun1"), buf), "lun1");
	assert_string_equal(trace_named(names, (id64_t){ 5 }, buf), "#0000000000000005");
}

static const char *
prose(const struct action *a)
{
	static char text[4096];

	return trace_prose(text, sizeof(text), core, a);
}

static void
prose_says_the_rule_and_its_numbers(void **state)
{
	struct action a = { .kind = ACTION_HEALTH,
		.why = WHY_HOT,
		.health_from = HEALTH_SOUND,
		.health_to = HEALTH_SUSPECT,
		.unit = SENSOR_TEMP,
		.seen = 76200,
		.limit = 75000,
		.held_ms = 10500 };

	(void)state;
	play_pool();
	assert_string_equal(
	    prose(&a), "n1 sound -> suspect (hot: cpu/temp1 76.2C >= 75C for 10.5s)");
	a.seen = 74000;
	assert_string_equal(
	    prose(&a), "n1 sound -> suspect (hot: cpu/temp1 74C, limit 75C for 10.5s)");
	a.sensor = 1;
	a.unit = SENSOR_FAN;
	a.seen = a.limit = 300000;
	a.held_ms = -1;
	assert_string_equal(
	    prose(&a), "n1 sound -> suspect (hot: fan/fan1 300RPM <= 300RPM)");
}

static void
prose_counts_the_refusals_and_fits_its_buffer(void **state)
{
	struct action a = { .kind = ACTION_STAYS,
		.why = WHY_NO_TARGET,
		.sensor = -1,
		.held_ms = -1,
		.name = "web\x1b" };
	char small[12];

	(void)state;
	play_pool();
	a.refused[WHY_SELF - GATE_FIRST] = 1;
	a.refused[WHY_MEMORY - GATE_FIRST] = 2;
	a.refused[WHY_CORDONED - GATE_FIRST] = 3;
	assert_string_equal(
	    prose(&a), "web\\x1b stays on n1 (no-target; refused: 3 cordoned, 2 memory)");
	trace_prose(small, sizeof(small), core, &a);
	assert_string_equal(small, "web\\x1b sta");
}

static void
run_replay(const char *text, char **out, int expected)
{
	struct err err = { "" };
	size_t size;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	FILE *f = open_memstream(out, &size);
	int r;

	assert_non_null(in);
	r = replay(in, f, &err);
	fclose(in);
	fclose(f);
	if (r != expected)
		fail_msg("%d, not %d: %s", r, expected, err.text);
	assert_true(r == 0 || strncmp(err.text, "line ", 5) == 0);
}

/* Write what happens from here on as the engine records it. */
static void
record(FILE *f, const char *line)
{
	struct err err = { "" };

	assert_int_equal(parse(line, &err), 0);
	trace_event(names, f, core, &event);
	core_step(core, &event, &actions);
	for (int i = 0; i < actions.n; i++)
		trace_action(f, core, &actions.action[i]);
}

/* From the middle of things: snapshot, names, and changes against what it holds. */
static void
a_recording_replays_to_itself(void **state)
{
	char *text = NULL, *out = NULL;
	const char *events;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	play_pool();
	replay_write_head(f, names, core);
	record(f, "@5s drain n1");
	record(f, "@6s sensors n2 cpu/temp1 temp high=75C");
	record(
	    f, "@6s xen n2 4.17 memory=16GiB free=8GiB cpus=8 live=hvm bridges=xenbr0");
	record(f, "@6s storage n2 disks=lun1,lun2");
	record(f, "@6s readings n2 cpu/temp1=40C");
	record(f, "@7s xen n1 same load=200 ; guest web load=90");
	record(f, "@8s readings n1 cpu/temp1=51C");
	fclose(f);
	assert_non_null(strstr(text, "would move web n1 -> n2 (drain)"));
	assert_non_null(strstr(text, "@7s xen n1 same load=200 ; guest web load=90\n"));

	run_replay(text, &out, 0);
	events = strstr(text, "@5s");
	assert_string_equal(out, events);
	free(out);
	free(text);
}

/* "core=" is followed by this core's version, or by another's. */
static void
refuse_replay(const char *core_version, const char *text, int expected)
{
	char whole[128], *out = NULL;

	snprintf(whole, sizeof(whole), "recording core=%s %s", core_version, text);
	run_replay(whole, &out, expected);
	free(out);
}

static void
a_damaged_recording_is_refused(void **state)
{
	static const char *const headed[] = {
		"hosts=0 orders=1 bytes=0\n",
		"hosts=1 orders=1\n",
		"hosts=1 orders=1 bytes=4\nsnapshot AAAAAA==\n",
		"hosts=1 orders=1 bytes=4\n@0s tick\n",
		"hosts=1 orders=1 bytes=1\nsnapshot AAAAAA==\n",
	};
	static const char *const bare[] = {
		"snapshot AAAA\n",
		"limits hosts=0 orders=1\n",
		"@0s tick\nlimits hosts=1 orders=1\n",
		"name \\x\n",
		"@0s nonsense\n",
	};
	char version[16], *out;

	(void)state;
	snprintf(version, sizeof(version), "%d", CORE_VERSION);
	for (size_t i = 0; i < sizeof(headed) / sizeof(headed[0]); i++)
		refuse_replay(version, headed[i], -EINVAL);
	for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]); i++) {
		out = NULL;
		run_replay(bare[i], &out, -EINVAL);
		free(out);
	}
	refuse_replay("999999", "hosts=1 orders=1 bytes=0\n", -EPROTO);
}

/* Any one letter of a snapshot that is changed is noticed. */
static void
a_snapshot_with_one_wrong_letter_is_refused(void **state)
{
	char *text = NULL, *out, *at;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	play_pool();
	replay_write_head(f, names, core);
	fclose(f);
	at = strstr(text, "snapshot ") + strlen("snapshot ");
	for (int i = 0; i < 200; i += 7) {
		char was = at[i];
		at[i] = was == 'A' ? 'B' : 'A';
		out = NULL;
		run_replay(text, &out, -EINVAL);
		free(out);
		at[i] = was;
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* clang-format off */
		cmocka_unit_test_setup_teardown(what_did_not_change_is_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(guests_come_and_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(namesakes_are_written_in_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sensors_of_one_name_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sensor_never_read_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(readings_carry_all_that_the_chip_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_names_stay_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_order_to_no_host_is_not_one_to_a_host_of_that_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_beyond_measure_stay_refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_event_is_refused_with_a_sentence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(blank_lines_comments_and_actions_are_no_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_id_keeps_its_name_only_when_it_is_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prose_says_the_rule_and_its_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prose_counts_the_refusals_and_fits_its_buffer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_recording_replays_to_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_recording_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_snapshot_with_one_wrong_letter_is_refused, set_up, tear_down),
		/* clang-format on */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
