#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "policy/core/core.h"
#include "policy/record.h"
#include "tests/unit/cmocka_all.h"

/* Their snapshot alone is larger than RECORD_SEGMENT_BYTES. */
enum { HOSTS = 600, EVENTS = 3 };

static struct event event;
static struct actions actions;

static int
clear(const char *folder, bool remove)
{
	char path[512];
	const struct dirent *entry;
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (remove)
			unlink(path);
		n++;
	}
	closedir(d);
	return n;
}

/* With as many sensors as a host can have. */
static void
add_host(struct core *core, int i)
{
	event.kind = EVENT_HOST;
	event.host = HOST_NONE;
	snprintf(event.host_name, sizeof(event.host_name), "n%d", i);
	core_step(core, &event, &actions);
	event.kind = EVENT_CATALOGUE;
	event.host.i = i;
	event.catalogue.n = MAX_SENSORS;
	for (int k = 0; k < MAX_SENSORS; k++) {
		struct sensor_facts *f = &event.catalogue.sensor[k];

		snprintf(f->name, sizeof(f->name), "chip/temp%d", k);
		f->kind = SENSOR_TEMP;
	}
	core_step(core, &event, &actions);
}

static void
a_segment_of_a_large_pool_holds_more_than_its_snapshot(void **state)
{
	const struct core_limits limits = { HOSTS, 16 };
	char folder[] = "/tmp/lifeboat-record-XXXXXX";
	struct record *r;
	struct trace *t;
	struct core *core;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(core_new(&core, &limits), 0);
	assert_int_equal(trace_new(&t), 0);
	assert_int_equal(record_new(&r, folder, UINT64_C(1) << 30), 0);
	for (int i = 0; i < HOSTS; i++)
		add_host(core, i);
	event.kind = EVENT_TICK;
	for (int i = 0; i < EVENTS; i++) {
		record_event(r, t, core, &event);
		core_step(core, &event, &actions);
		record_actions(r, core, &actions);
	}
	assert_true(record_is_on(r));
	assert_true(record_bytes(r) > RECORD_SEGMENT_BYTES);
	assert_int_equal(clear(folder, false), 1);
	record_free(r);
	clear(folder, true);
	rmdir(folder);
	trace_free(t);
	core_free(core);
}

/* Linked with --wrap: two segments do not begin within one millisecond. */
int64_t __wrap_clock_wall_ms(void);

int64_t
__wrap_clock_wall_ms(void)
{
	static int64_t now;

	return ++now;
}

/* The disk of a recording that is full, or has room again. */
static void
fill_disk(bool full)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = full ? 1 : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A decision is written at once: an event at that time, with one. */
static void
decide(struct record *r, struct trace *t, struct core *core, int64_t ms)
{
	event.kind = EVENT_MODE;
	event.now.ms = ms;
	event.mode = core_mode(core) == MODE_ACT ? MODE_OBSERVE : MODE_ACT;
	record_event(r, t, core, &event);
	core_step(core, &event, &actions);
	assert_int_equal(actions.n, 1);
	record_actions(r, core, &actions);
}

static void
a_disk_that_is_full_is_tried_again_each_minute_until_it_has_room(void **state)
{
	const struct core_limits limits = { 1, 1 };
	char folder[] = "/tmp/lifeboat-record-XXXXXX";
	struct record *r;
	struct trace *t;
	struct core *core;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(core_new(&core, &limits), 0);
	assert_int_equal(trace_new(&t), 0);
	assert_int_equal(record_new(&r, folder, UINT64_C(1) << 30), 0);
	decide(r, t, core, 0);
	assert_true(record_is_on(r));
	fill_disk(true);
	decide(r, t, core, 600000);
	fill_disk(false);
	assert_false(record_is_on(r));
	assert_non_null(strstr(record_error(r), "File too large"));
	decide(r, t, core, 600000 + RECORD_RETRY_MS);
	assert_false(record_is_on(r));
	/* It has resumed only when something could be written. */
	fill_disk(true);
	decide(r, t, core, 600001 + RECORD_RETRY_MS);
	fill_disk(false);
	assert_false(record_is_on(r));
	assert_non_null(strstr(record_error(r), "File too large"));
	assert_int_equal(clear(folder, false), 1);
	decide(r, t, core, 600002 + 2 * RECORD_RETRY_MS);
	assert_true(record_is_on(r));
	assert_string_equal(record_error(r), "");
	assert_int_equal(clear(folder, false), 2);
	record_free(r);
	clear(folder, true);
	rmdir(folder);
	trace_free(t);
	core_free(core);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_segment_of_a_large_pool_holds_more_than_its_snapshot),
		cmocka_unit_test(
		    a_disk_that_is_full_is_tried_again_each_minute_until_it_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
