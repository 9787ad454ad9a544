#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "tests/unit/cmocka_all.h"

/* A new process in a role does it: 0, or the number of the signal that ended it, or -1.
 */
static int
ends(enum sandbox_role role, int (*deed)(void))
{
	struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || sandbox_enter(role) < 0)
			_exit(EXIT_FAILURE);
		_exit(deed() == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	return WEXITSTATUS(status) == EXIT_SUCCESS ? 0 : -1;
}

static int
start_a_program(void)
{
	char *args[] = { "true", NULL };

	return execv("/bin/true", args);
}

static int
start_a_process(void)
{
	return fork() < 0 ? -1 : 0;
}

static int
open_for_writing(void)
{
	return open("/dev/null", O_WRONLY | O_CLOEXEC) < 0 ? -1 : 0;
}

static int
make_a_file(void)
{
	return open("/dev/null", O_RDONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? -1 : 0;
}

static int
unlink_a_file(void)
{
	return unlink("/nowhere/at/all");
}

static int
trace_the_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? -1 : 0;
}

static int
kill_the_parent(void)
{
	return kill(getppid(), 0);
}

static int
signal_the_parent(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int
make_code(void)
{
	void *p =
	    mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int
open_a_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : 0;
}

/* On x86-64 getpid of x32, elsewhere nothing at all. */
static int
call_by_another_number(void)
{
	return syscall(0x40000000L + 39) < 0 ? -1 : 0;
}

static int
become_somebody(void)
{
	return setuid(0);
}

static int
call_somebody(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return s < 0 || (connect(s, (struct sockaddr *)&at, sizeof(at)) < 0 &&
			    errno == EPERM)
		   ? -1
		   : 0;
}

static int
take_calls(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	return s < 0 || listen(s, 1) < 0 ? -1 : 0;
}

static int
read_a_file(void)
{
	char byte;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	return fd < 0 || read(fd, &byte, 1) != 1 || close(fd) < 0 ? -1 : 0;
}

static int
be_refused_a_file(void)
{
	return open("/proc/self/stat", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES ? 0
										    : -1;
}

static int
look_at_a_file(void)
{
	struct stat st;

	return stat("/proc/self/stat", &st);
}

static int
give_up(void)
{
	abort();
}

static void *
fill(void *page)
{
	return memset(page, 1, 4096);
}

/* As nanomsg does, with memory and a thread. */
static int
make_a_thread(void)
{
	char *page = malloc(1 << 20);
	pthread_t thread;

	if (!page || pthread_create(&thread, NULL, fill, page) != 0)
		return -1;
	pthread_join(thread, NULL);
	free(page);
	return 0;
}

static void
no_role_starts_opens_or_traces_anything(void **state)
{
	static int (*const deeds[])(void) = { start_a_program, start_a_process,
		open_for_writing, make_a_file, unlink_a_file, trace_the_parent,
		kill_the_parent, signal_the_parent, make_code, open_a_local_socket,
		become_somebody, call_by_another_number };

	(void)state;
	for (enum sandbox_role role = 0; role < SANDBOX_ROLES; role++)
		for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
			assert_int_equal(ends(role, deeds[i]), SIGSYS);
}

static void
who_dials_does_not_listen(void **state)
{
	(void)state;
	assert_int_equal(ends(SANDBOX_BUS, call_somebody), 0);
	assert_int_equal(ends(SANDBOX_BUS, take_calls), SIGSYS);
	assert_int_equal(ends(SANDBOX_SOURCE, call_somebody), 0);
	assert_int_equal(ends(SANDBOX_SOURCE, take_calls), SIGSYS);
}

static void
who_listens_does_not_dial(void **state)
{
	(void)state;
	assert_int_equal(ends(SANDBOX_TARGET, take_calls), 0);
	assert_int_equal(ends(SANDBOX_TARGET, call_somebody), SIGSYS);
}

static void
only_a_target_reads_files(void **state)
{
	(void)state;
	assert_int_equal(ends(SANDBOX_TARGET, read_a_file), 0);
	assert_int_equal(ends(SANDBOX_TARGET, look_at_a_file), 0);
	assert_int_equal(ends(SANDBOX_SOURCE, be_refused_a_file), 0);
	assert_int_equal(ends(SANDBOX_BUS, be_refused_a_file), 0);
	assert_int_equal(ends(SANDBOX_BUS, look_at_a_file), SIGSYS);
}

static void
the_bus_may_have_threads_and_a_carrier_none(void **state)
{
	(void)state;
	assert_int_equal(ends(SANDBOX_BUS, make_a_thread), 0);
	assert_int_equal(ends(SANDBOX_SOURCE, make_a_thread), SIGSYS);
}

static void
a_failed_assertion_is_seen_as_one(void **state)
{
	(void)state;
	for (enum sandbox_role role = 0; role < SANDBOX_ROLES; role++)
		assert_int_equal(ends(role, give_up), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_role_starts_opens_or_traces_anything),
		cmocka_unit_test(who_dials_does_not_listen),
		cmocka_unit_test(who_listens_does_not_dial),
		cmocka_unit_test(only_a_target_reads_files),
		cmocka_unit_test(the_bus_may_have_threads_and_a_carrier_none),
		cmocka_unit_test(a_failed_assertion_is_seen_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
