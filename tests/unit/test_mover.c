/* Linked with --wrap: what an xl that hangs is given is a three-hundredth here. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/mover.h"
#include "actuator/outlived.h"
#include "base/log.h"
#include "cmocka_all.h"

enum { LONG_MS = 20000, FASTER = 300 };

static struct {
	const char
	    *hangs; /* what xl does not answer: its arguments; NULL: it answers all */
	struct mover m;
	Lifeboat__Guest guest;
	Lifeboat__OrderId id;
	Lifeboat__Order order;
} t;

static int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	strcpy(t.m.folder, "/tmp/test-mover-XXXXXX");
	lifeboat__guest__init(&t.guest);
	t.guest.name = (char *)(uintptr_t) "web";
	lifeboat__order_id__init(&t.id);
	lifeboat__order__init(&t.order);
	t.order.guest = &t.guest;
	t.order.id = &t.id;
	t.m.order = &t.order;
	return mkdtemp(t.m.folder) ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[FOLDER_SIZE + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", t.m.folder);
	return system(command);
}

static void
the_last_words_of_a_talkative_xl_are_found(void **state)
{
	static char much[64 * 1024];
	char words[256];
	size_t len = 0;

	(void)state;
	mover_last_words(&t.m, words, sizeof(words));
	assert_string_equal(words, "");
	while (len < sizeof(much) - 100)
		len += (size_t)sprintf(much + len, "libxl: debug: nothing of interest\n");
	len += (size_t)sprintf(much + len, "failed to suspend at sender.\n\n");
	assert_int_equal(folder_write(t.m.folder, "xl.err", much, len), 0);
	mover_last_words(&t.m, words, sizeof(words));
	assert_string_equal(words, "failed to suspend at sender.");
}

/* Once the folder says how it ended, it may be removed at any time. */
static void
what_xl_said_is_in_the_log_before_the_end_is_in_the_folder(void **state)
{
	char path[FOLDER_SIZE + 8], said[4096] = "";
	int log[2], status, n = 0;
	pid_t child;

	(void)state;
	assert_int_equal(folder_write(t.m.folder, "xl.err", "one\ntwo\n", 8), 0);
	snprintf(path, sizeof(path), "%s/.state", t.m.folder);
	assert_int_equal(mkdir(path, 0700), 0); /* the state cannot be written yet */
	assert_int_equal(pipe(log), 0);
	child = fork();
	if (child == 0) {
		alarm(2 * LONG_MS / 1000);
		dup2(log[1], STDERR_FILENO);
		mover_end(&t.m, OUTCOME_STAYED);
		_exit(0);
	}
	close(log[1]);
	while (
	    !strstr(said, "line=two") &&
	    poll(&(struct pollfd){ .fd = log[0], .events = POLLIN }, 1, LONG_MS) == 1) {
		ssize_t got = read(log[0], said + n, sizeof(said) - 1 - (size_t)n);

		if (got <= 0)
			break;
		n += (int)got;
	}
	assert_non_null(strstr(said, "xl-said guest=web line=one"));
	assert_non_null(strstr(said, "xl-said guest=web line=two"));
	assert_false(folder_has(t.m.folder, "state"));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(folder_has(t.m.folder, "state"));
	close(log[0]);
}

/* The linker's names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err);
int __wrap_run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err);

int
__wrap_run_output(
    const char *const argv[], char *out, size_t size, int64_t limit_ms, struct err *err)
{
	return __real_run_output(
	    argv, out, size, t.hangs ? limit_ms / FASTER : limit_ms, err);
}
/* NOLINTEND(bugprone-reserved-identifier) */

#define UUID "4c1feb0a-0000-4000-8000-000000000001"

/* An xl whose list has the guest under this name with these flags, the first time and
 * later on, and who has no configuration to speak of; what else it was told is in the
 * file "told". */
static void
put_xl(const char *name, const char *flags, const char *later)
{
	FILE *f;

	snprintf(t.m.conf.xl, sizeof(t.m.conf.xl), "%.64s/xl", t.m.folder);
	f = fopen(t.m.conf.xl, "w");
	assert_non_null(f);
	fprintf(f,
	    "#!/bin/sh\n[ \"$*\" = '%s' ] && exec sleep 600\n"
	    "[ $1 = list ] || { echo $1 >>%s/told; exit 0; }\n"
	    "[ $2 = -l ] && { echo '{ \"config\": {} }'; exit 0; }\n"
	    "cd %s; flags=%s; [ -e listed ] && flags=%s; : >listed\n"
	    "echo Domain-0 0 2048 2 r----- 59.6 00000000-0000-0000-0000-000000000000 - "
	    "-\n"
	    "echo %s 7 160 1 $flags 59.6 " UUID " 2 -\n",
	    t.hangs ? t.hangs : "", t.m.folder, t.m.folder, flags, later, name);
	fclose(f);
	assert_int_equal(chmod(t.m.conf.xl, 0700), 0);
}

/* In the file that the engine is told from. */
static uint32_t
said_unwatched(void)
{
	uint8_t packed[4096];
	int n = folder_read(t.m.folder, "state", packed, sizeof(packed));
	Lifeboat__OrderState *s;
	uint32_t domid;

	assert_true(n > 0);
	s = lifeboat__order_state__unpack(NULL, (size_t)n, packed);
	assert_non_null(s);
	domid = s->unwatched;
	lifeboat__order_state__free_unpacked(s, NULL);
	return domid;
}

/* Before Xen 4.20 the xl that watched over it has ended when it was suspended. */
static void
a_guest_that_was_resumed_is_said_to_be_unwatched(void **state)
{
	static const struct {
		const char *flags;
		enum outcome outcome;
		bool said;
	} rows[] = { { "---s--", OUTCOME_STAYED, true },
		{ "-b----", OUTCOME_STAYED, true }, { "----c-", OUTCOME_ENDED, false } };
	char name[32];

	(void)state;
	snprintf(name, sizeof(name), "nobody-watches-%d", (int)getpid());
	t.guest.name = name;
	assert_true(uuid_parse(&t.m.guest, UUID));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&t.m.state, 0, sizeof(t.m.state));
		put_xl(name, rows[i].flags, rows[i].flags);
		mover_resume(&t.m);
		assert_int_equal(t.m.state.outcome, rows[i].outcome);
		assert_int_equal(
		    strstr(t.m.state.detail, "unwatched") != NULL, rows[i].said);
		assert_int_equal(t.m.state.unwatched, rows[i].said ? 7 : 0);
		assert_int_equal(said_unwatched(), rows[i].said ? 7 : 0);
	}
}

static void
that_it_is_unwatched_stands_beside_what_was_to_be_said(void **state)
{
	char name[32];

	(void)state;
	snprintf(name, sizeof(name), "nobody-watches-%d", (int)getpid());
	t.guest.name = name;
	mover_why(&t.m, "link-lost", "it broke");
	mover_check_watched(&t.m, 7);
	assert_string_equal(t.m.state.detail,
	    "it broke; unwatched: a reboot from within will leave it off");
}

/* An operator has cancelled what is to mend a half of that name. */
static void
put_cancelled(enum order_kind kind, const char *name)
{
	t.order.kind = kind;
	assert_true(uuid_parse(&t.m.guest, UUID));
	put_xl(name, "---s--", "---s--");
	assert_int_equal(folder_write(t.m.folder, "cancel", "1\n", 2), 0);
}

static void
a_resume_that_was_stopped_brings_nothing_back(void **state)
{
	(void)state;
	put_cancelled(ORDER_RESUME, "web");
	mover_resume(&t.m);
	assert_int_equal(t.m.state.outcome, OUTCOME_STAYED_SUSPENDED);
	assert_string_equal(t.m.state.why, "cancelled");
	assert_false(folder_has(t.m.folder, "told"));
}

static void
a_clean_that_was_stopped_destroys_nothing(void **state)
{
	(void)state;
	put_cancelled(ORDER_CLEAN, "web--migratedaway");
	mover_clean(&t.m);
	assert_int_equal(t.m.state.outcome, OUTCOME_REFUSED);
	assert_string_equal(t.m.state.why, "cancelled");
	assert_false(folder_has(t.m.folder, "told"));
}

/* An order that is refused for that, about a guest that runs here and nothing holds. */
static void
refuses(void (*carry_out)(struct mover *), const char *why, const char *part)
{
	char name[32];

	snprintf(name, sizeof(name), "no-such-guest-%d", (int)getpid());
	t.guest.name = name;
	t.guest.master = MASTER_NONE;
	memset(&t.m.state, 0, sizeof(t.m.state));
	strcpy(t.m.conf.run, t.m.folder);
	assert_true(uuid_parse(&t.m.guest, UUID));
	put_xl(name, "-b----", "-b----");
	carry_out(&t.m);
	assert_int_equal(t.m.state.outcome, OUTCOME_REFUSED);
	assert_string_equal(t.m.state.why, why);
	assert_non_null(strstr(t.m.state.detail, part));
}

static void
a_berth_whose_key_is_none_is_not_dialled(void **state)
{
	static uint8_t key[LINK_KEY]; /* as zeros it shares no secret with anybody */
	Lifeboat__Berth berth = LIFEBOAT__BERTH__INIT;

	(void)state;
	berth.address = (char *)(uintptr_t) "127.0.0.1";
	berth.port = 1;
	berth.key = (ProtobufCBinaryData){ sizeof(key), key };
	t.order.prepare = &t.id;
	t.order.berth = &berth;
	t.m.control = -1;
	refuses(mover_move, "no-carrier", "the berth's key is not usable");
}

static void
an_order_is_refused_where_xl_hangs(void **state)
{
	static const struct {
		void (*carry_out)(struct mover *);
		const char *hangs, *why, *part;
	} rows[] = { { mover_move, "list -v", "no-list", "list: no end within" },
		{ mover_move, "list -l 7", "no-config", "list: no end within" },
		{ mover_prepare, "list -v", "no-list", "list: no end within" },
		{ mover_prepare, "info", "no-xen", "info: no end within" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t.hangs = rows[i].hangs;
		refuses(rows[i].carry_out, rows[i].why, rows[i].part);
	}
}

/* It and its xl died together, while that was suspending the guest. */
static void
a_guest_that_is_suspended_after_its_mover_died_is_brought_back(void **state)
{
	(void)state;
	t.order.kind = ORDER_MOVE;
	t.m.control = -1;
	t.m.conf.stall_ms = LONG_MS;
	strcpy(t.m.conf.run, t.m.folder);
	t.m.state.phase = PHASE_COPYING;
	t.m.state.entered_ms[PHASE_COPYING] = 1;
	assert_true(uuid_parse(&t.m.guest, UUID));
	put_xl("web", "-b----", "---s--");
	mover_prove_move(&t.m);
	assert_int_equal(t.m.state.outcome, OUTCOME_STAYED);
	assert_true(folder_has(t.m.folder, "told"));
}

/* What mover_start_xl() leaves: an xl with the marked file, about to do its work. */
static pid_t
start_busy_xl(const char *work)
{
	char path[FOLDER_SIZE + 8];
	pid_t child;
	int said;

	snprintf(path, sizeof(path), "%s/" OUTLIVED_STDERR, t.m.folder);
	said = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(said >= 0);
	outlived_mark(said);
	child = fork();
	if (child == 0) {
		dup2(said, STDERR_FILENO);
		if (chdir(t.m.folder) == 0)
			execl("/bin/sh", "sh", "-c", work, NULL);
		_exit(1);
	}
	close(said);
	return child;
}

/* GO is in the journal, and the xl of a mover that died is about to start the guest. */
static void
what_xl_is_about_to_start_is_not_started_a_second_time(void **state)
{
	int status;
	pid_t xl;

	(void)state;
	t.order.kind = ORDER_PREPARE;
	t.m.control = -1;
	t.m.conf.stall_ms = LONG_MS;
	strcpy(t.m.conf.run, t.m.folder);
	assert_true(uuid_parse(&t.m.guest, UUID));
	assert_int_equal(
	    folder_write(t.m.folder, "journal", "go-taken\n", strlen("go-taken\n")), 0);
	put_xl("web", "--p---", "----c-");
	xl = start_busy_xl("sleep 1; : >listed");
	mover_prove_prepare(&t.m);
	assert_int_equal(waitpid(xl, &status, 0), xl);
	assert_int_equal(t.m.state.outcome, OUTCOME_ENDED);
	assert_false(folder_has(t.m.folder, "told"));
}

/* The carrier's end of a move whose guest is suspended and waits for a word. */
static int
wait_for_a_word(void)
{
	int pair[2];

	t.order.kind = ORDER_MOVE;
	strcpy(t.m.conf.run, t.m.folder);
	t.m.state.phase = PHASE_COPYING;
	assert_int_equal(record_reader_init(&t.m.reader), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	t.m.control = pair[0];
	assert_int_equal(
	    record_write(pair[1], CARRIER_PHASE, &(uint8_t){ PHASE_READY }, 1), 0);
	return pair[1];
}

/* The next word that the mover has for it; it may not go. */
static uint8_t
hear_word(int carrier)
{
	uint8_t tag = 0, data;
	size_t len;

	assert_int_equal(record_read(carrier, &tag, &data, sizeof(data), &len), 0);
	if (tag != CARRIER_ALLOW) {
		assert_int_equal(t.m.state.phase, PHASE_READY);
		assert_int_equal(t.m.state.entered_ms[PHASE_RELEASED], 0);
	}
	close(carrier);
	close(t.m.control);
	record_reader_deinit(&t.m.reader);
	return tag;
}

static void
a_guest_may_go_once_the_folder_says_so(void **state)
{
	int carrier = wait_for_a_word();

	(void)state;
	mover_step(&t.m);
	assert_int_equal(t.m.state.phase, PHASE_RELEASED);
	assert_int_equal(hear_word(carrier), CARRIER_ALLOW);
}

static void
what_cannot_be_written_was_not_released(void **state)
{
	int carrier = wait_for_a_word();
	char path[FOLDER_SIZE + 8];

	(void)state;
	snprintf(path, sizeof(path), "%s/.state", t.m.folder);
	assert_int_equal(mkdir(path, 0700), 0);
	mover_step(&t.m);
	assert_int_equal(hear_word(carrier), CARRIER_CANCEL);
	assert_string_equal(t.m.state.why, "journal");
}

static void
a_cancel_that_comes_with_ready_is_heard(void **state)
{
	int carrier = wait_for_a_word();

	(void)state;
	assert_int_equal(folder_write(t.m.folder, "cancel", "1\n", 2), 0);
	mover_step(&t.m);
	assert_int_equal(hear_word(carrier), CARRIER_CANCEL);
}

static void
a_carrier_that_gave_up_meanwhile_is_released_no_more(void **state)
{
	static const char why[] = "mover-gone\0it does not say";
	int carrier = wait_for_a_word();

	(void)state;
	assert_int_equal(record_write(carrier, CARRIER_FAILED, why, sizeof(why)), 0);
	mover_step(&t.m);
	assert_int_equal(t.m.state.phase, PHASE_READY);
	assert_int_equal(t.m.state.entered_ms[PHASE_RELEASED], 0);
	assert_string_equal(t.m.state.why, "mover-gone");
	close(carrier);
	close(t.m.control);
	record_reader_deinit(&t.m.reader);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_last_words_of_a_talkative_xl_are_found),
		FRESH(what_xl_said_is_in_the_log_before_the_end_is_in_the_folder),
		FRESH(a_guest_that_was_resumed_is_said_to_be_unwatched),
		FRESH(that_it_is_unwatched_stands_beside_what_was_to_be_said),
		FRESH(a_resume_that_was_stopped_brings_nothing_back),
		FRESH(a_clean_that_was_stopped_destroys_nothing),
		FRESH(a_berth_whose_key_is_none_is_not_dialled),
		FRESH(an_order_is_refused_where_xl_hangs),
		FRESH(a_guest_that_is_suspended_after_its_mover_died_is_brought_back),
		FRESH(what_xl_is_about_to_start_is_not_started_a_second_time),
		FRESH(a_guest_may_go_once_the_folder_says_so),
		FRESH(what_cannot_be_written_was_not_released),
		FRESH(a_cancel_that_comes_with_ready_is_heard),
		FRESH(a_carrier_that_gave_up_meanwhile_is_released_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
