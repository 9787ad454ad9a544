#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/xl.h"
#include "cmocka_all.h"

#define UUID_1 "4c1feb0a-0000-4000-8000-000000000001"

static struct xl_domain
parse(const char *line)
{
	struct xl_domain d;

	assert_true(xl_parse_line(&d, line));
	return d;
}

static void
a_running_guest_is_read_with_its_name_and_id(void **state)
{
	struct xl_domain d =
	    parse("vm1                                          7   160     1     -b---- "
		  "     59.6 " UUID_1 "        -                -");
	char text[UUID_TEXT_SIZE];

	(void)state;
	uuid_format(text, &d.uuid);
	assert_string_equal(d.name, "vm1");
	assert_int_equal(d.domid, 7);
	assert_int_equal(d.memory_kib, 160 * 1024);
	assert_int_equal(d.state, GUEST_RUNNING);
	assert_string_equal(text, UUID_1);
}

static void
a_name_may_have_blanks_and_look_like_numbers(void **state)
{
	struct xl_domain d =
	    parse("my 1 web  server  3  160 1 ------ 0.2 " UUID_1 " - -");

	(void)state;
	assert_string_equal(d.name, "my 1 web  server");
	assert_int_equal(d.domid, 3);
}

static void
every_state_is_told_apart(void **state)
{
	static const struct {
		const char *flags, *reason;
		enum guest_state is;
	} rows[] = { { "r-----", "-", GUEST_RUNNING }, { "------", "-", GUEST_RUNNING },
		{ "--p---", "-", GUEST_PAUSED }, { "---s--", "2", GUEST_SUSPENDED },
		{ "---s--", "0", GUEST_SHUTDOWN }, { "---s--", "1", GUEST_SHUTDOWN },
		{ "---s--", "3", GUEST_CRASHED }, { "----c-", "-", GUEST_CRASHED },
		{ "--ps-d", "2", GUEST_DYING } };
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "a 3 160 1 %s 0.2 " UUID_1 " %s -",
		    rows[i].flags, rows[i].reason);
		assert_int_equal(parse(line).state, rows[i].is);
	}
}

static void
a_dying_domain_that_has_lost_its_name_is_read_all_the_same(void **state)
{
	struct xl_domain d = parse("(null)                                      12     0 "
				   "    1     --psrd       3.1 " UUID_1 "        2       "
				   "         -");

	(void)state;
	assert_string_equal(d.name, "(null)");
	assert_int_equal(d.domid, 12);
	assert_int_equal(d.state, GUEST_DYING);
}

static void
a_name_too_long_is_cut_and_the_domain_counts_all_the_same(void **state)
{
	char line[XL_NAME_SIZE + 128], name[XL_NAME_SIZE + 1];
	struct xl_domain d;

	(void)state;
	for (int len = XL_NAME_SIZE - 1; len <= XL_NAME_SIZE; len++) {
		snprintf(name, sizeof(name), "%0*d", len, 0);
		snprintf(
		    line, sizeof(line), "%s 3 160 1 r----- 0.2 " UUID_1 " - -", name);
		d = parse(line);
		name[XL_NAME_SIZE - 1] = '\0';
		assert_string_equal(d.name, name);
		assert_int_equal(d.domid, 3);
	}
}

static void
what_is_no_domain_is_no_line(void **state)
{
	static const char *const lines[] = { "",
		"Name   ID   Mem VCPUs\tState\tTime(s)   UUID   Reason-Code\tSecurity "
		"Label",
		UUID_1, "vm1 7 160 1 -b---- 59.6",
		"vm1 x 160 1 -b---- 59.6 " UUID_1 " - -", "7 160 1 -b---- 59.6 " UUID_1 };
	struct xl_domain d;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(xl_parse_line(&d, lines[i]));
}

static void
a_list_without_dom0_is_no_list(void **state)
{
	struct xl_domain list[XL_DOMAINS];
	struct err err;

	(void)state;
	assert_int_equal(xl_list("/bin/true", list, &err), -ENODATA);
	assert_int_equal(xl_list("/bin/false", list, &err), -EIO);
	assert_int_equal(xl_list("/nonexistent/xl", list, &err), -EIO);
	assert_non_null(strstr(err.text, "xl"));
}

#define HEADING "Name ID Mem VCPUs State Time(s) UUID Reason-Code Security Label\n"
#define DOM0    "Domain-0 0 2048 2 r----- 59.6 00000000-0000-0000-0000-000000000000 - -\n"
#define VM1     "vm1 7 160 1 -b---- 59.6 " UUID_1 " - -\n"

/* What xl_list() makes of an xl that says this. */
static int
list_of(const char *said, struct xl_domain list[XL_DOMAINS], struct err *err)
{
	char xl[] = "/tmp/test-xl-XXXXXX";
	int fd = mkstemp(xl), n;

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\ncat <<'END'\n%sEND\n", said) > 0);
	fchmod(fd, 0700);
	close(fd);
	n = xl_list(xl, list, err);
	unlink(xl);
	return n;
}

static void
a_list_is_whole_or_it_is_none(void **state)
{
	static const char *const bad[] = { HEADING DOM0 "vm1 7 160 1\n",
		HEADING DOM0 VM1 "libxl: error\n", HEADING HEADING DOM0,
		HEADING "vm1 x 160 1 -b---- 59.6 " UUID_1 " - -\n" DOM0,
		"libxl: error\n" HEADING DOM0 };
	char much[1024];
	struct xl_domain list[XL_DOMAINS];
	struct err err;

	(void)state;
	assert_int_equal(list_of(HEADING DOM0 VM1, list, &err), 2);
	assert_int_equal(list[1].domid, 7);
	assert_int_equal(list_of(DOM0 VM1, list, &err), 2);
	assert_int_equal(list_of(HEADING VM1, list, &err), -ENODATA);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(list_of(bad[i], list, &err), -EPROTO);
		assert_non_null(strstr(err.text, "list: "));
	}
	snprintf(much, sizeof(much),
	    HEADING DOM0 "%0600d 3 160 1 ------ 0.2 " UUID_1 " - -\n", 0);
	assert_int_equal(list_of(much, list, &err), -EPROTO);
}

/* The columns of a line of `xl cpupool-list -c`. */
static bool
cpupool(struct cpus *out, const char *name, const char *cpus, const char *wanted)
{
	char line[256];

	snprintf(line, sizeof(line), "%-19s%s", name, cpus);
	return xl_parse_cpupool(out, line, wanted);
}

static void
a_cpupool_is_found_by_its_whole_name(void **state)
{
	static const char long_name[] = "a name of 22 letters  ";
	struct cpus cpus;
	char text[64];

	(void)state;
	assert_true(cpupool(&cpus, "Pool-0", "0,1,2,5", "Pool-0"));
	assert_true(cpus_format(text, sizeof(text), &cpus));
	assert_string_equal(text, "0-2,5");
	assert_true(cpupool(&cpus, "Pool-node 1", "", "Pool-node 1"));
	assert_false(cpus_format(text, sizeof(text), &cpus));
	assert_true(cpupool(&cpus, long_name, "7", long_name));
	assert_true(cpus_format(text, sizeof(text), &cpus));
	assert_string_equal(text, "7");
	assert_false(cpupool(&cpus, "Pool-0", "0", "Pool"));
	assert_false(cpupool(&cpus, "Pool", "0", "Pool-0"));
	assert_false(cpupool(&cpus, "Name", "CPU list", "Name"));
	assert_false(xl_parse_cpupool(&cpus, "", "Pool-0"));
	assert_false(xl_parse_cpupool(&cpus, "Pool-0", "Pool-0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_guest_is_read_with_its_name_and_id),
		cmocka_unit_test(a_name_may_have_blanks_and_look_like_numbers),
		cmocka_unit_test(every_state_is_told_apart),
		cmocka_unit_test(
		    a_dying_domain_that_has_lost_its_name_is_read_all_the_same),
		cmocka_unit_test(
		    a_name_too_long_is_cut_and_the_domain_counts_all_the_same),
		cmocka_unit_test(what_is_no_domain_is_no_line),
		cmocka_unit_test(a_list_without_dom0_is_no_list),
		cmocka_unit_test(a_list_is_whole_or_it_is_none),
		cmocka_unit_test(a_cpupool_is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
