#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/sandbox.h"

enum {
	BUS = 1 << SANDBOX_BUS,
	SOURCE = 1 << SANDBOX_SOURCE,
	TARGET = 1 << SANDBOX_TARGET,
	ALL = BUS | SOURCE | TARGET,
	WRITES = O_ACCMODE | O_CREAT | O_TRUNC,
	GO = 0, /* instead of an errno */
};

struct rule {
	unsigned int roles;
	int call;
};

/* One argument decides whether the rule is meant. */
struct arg_rule {
	unsigned int roles;
	int call;
	int error;
	struct scmp_arg_cmp arg; /* which, how, and the two numbers to compare with */
};

/* clang-format off */
static const struct rule rules[] = {
	/* bytes */
	{ ALL,             SCMP_SYS(read) },
	{ ALL,             SCMP_SYS(readv) },
	{ ALL,             SCMP_SYS(write) },
	{ ALL,             SCMP_SYS(writev) },
	{ ALL,             SCMP_SYS(recvfrom) },
	{ ALL,             SCMP_SYS(recvmsg) },
	{ ALL,             SCMP_SYS(sendto) },
	{ ALL,             SCMP_SYS(sendmsg) },
	{ ALL,             SCMP_SYS(close) },
	{ ALL,             SCMP_SYS(shutdown) },
	{ ALL,             SCMP_SYS(fstat) },
	{ ALL,             SCMP_SYS(getsockopt) },
	{ ALL,             SCMP_SYS(setsockopt) },
	{ TARGET,          SCMP_SYS(fsync) },

	/* connections; only a berth listens to a network */
	{ BUS | SOURCE,    SCMP_SYS(connect) },
	{ BUS | TARGET,    SCMP_SYS(bind) }, /* nanomsg binds what it dials with */
	{ TARGET,          SCMP_SYS(listen) },
	{ SOURCE | TARGET, SCMP_SYS(accept4) }, /* a source hears the shim knock */

	/* what a stream wants to use on its new host: is it there, and the right one? */
	{ TARGET,          SCMP_SYS(stat) },
	{ TARGET,          SCMP_SYS(newfstatat) },
	{ TARGET,          SCMP_SYS(statx) },
	{ TARGET,          SCMP_SYS(access) },
	{ TARGET,          SCMP_SYS(faccessat) },
	{ TARGET,          SCMP_SYS(faccessat2) },
	{ TARGET,          SCMP_SYS(readlink) },
	{ TARGET,          SCMP_SYS(readlinkat) },
	{ TARGET,          SCMP_SYS(getdents64) },

	/* waiting */
	{ ALL,             SCMP_SYS(poll) },
	{ ALL,             SCMP_SYS(ppoll) },
	{ ALL,             SCMP_SYS(clock_gettime) },
	{ ALL,             SCMP_SYS(gettimeofday) },
	{ ALL,             SCMP_SYS(clock_nanosleep) },
	{ ALL,             SCMP_SYS(restart_syscall) },
	{ ALL,             SCMP_SYS(futex) },
	{ BUS,             SCMP_SYS(epoll_create1) },
	{ BUS,             SCMP_SYS(epoll_ctl) },
	{ BUS,             SCMP_SYS(epoll_wait) },
	{ BUS,             SCMP_SYS(epoll_pwait) },
	{ BUS,             SCMP_SYS(eventfd2) },

	/* memory */
	{ ALL,             SCMP_SYS(brk) },
	{ ALL,             SCMP_SYS(munmap) },
	{ ALL,             SCMP_SYS(mremap) },
	{ ALL,             SCMP_SYS(madvise) },
	{ ALL,             SCMP_SYS(getrandom) },

	/* beginnings and ends of threads, and abort() */
	{ BUS,             SCMP_SYS(set_robust_list) },
	{ BUS,             SCMP_SYS(rseq) },
	{ BUS,             SCMP_SYS(sched_getaffinity) },
	{ ALL,             SCMP_SYS(rt_sigprocmask) },
	{ ALL,             SCMP_SYS(rt_sigaction) },
	{ ALL,             SCMP_SYS(rt_sigreturn) },
	{ ALL,             SCMP_SYS(getpid) },
	{ ALL,             SCMP_SYS(gettid) },
	{ ALL,             SCMP_SYS(exit) },
	{ ALL,             SCMP_SYS(exit_group) },
};

static const struct arg_rule arg_rules[] = {
	/* New memory is never code. */
	{ ALL,          SCMP_SYS(mmap),     GO,     { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ ALL,          SCMP_SYS(mprotect), GO,     { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } },
	{ ALL,          SCMP_SYS(socket),   GO,     { 0, SCMP_CMP_EQ, AF_INET, 0 } },
	{ ALL,          SCMP_SYS(socket),   GO,     { 0, SCMP_CMP_EQ, AF_INET6, 0 } },
	{ ALL,          SCMP_SYS(fcntl),    GO,     { 1, SCMP_CMP_EQ, F_GETFL, 0 } },
	{ ALL,          SCMP_SYS(fcntl),    GO,     { 1, SCMP_CMP_EQ, F_SETFL, 0 } },
	{ ALL,          SCMP_SYS(fcntl),    GO,     { 1, SCMP_CMP_EQ, F_GETFD, 0 } },
	{ ALL,          SCMP_SYS(fcntl),    GO,     { 1, SCMP_CMP_EQ, F_SETFD, 0 } },
	{ SOURCE,       SCMP_SYS(fcntl),    GO,     { 1, SCMP_CMP_EQ, F_SETPIPE_SZ, 0 } },
	/* A target reads what its user may.  libc asks others about the machine, and does
	 * without; what it asks of an open file goes by this name too. */
	{ TARGET,       SCMP_SYS(openat),   GO,     { 2, SCMP_CMP_MASKED_EQ, WRITES, O_RDONLY } },
	{ BUS | SOURCE, SCMP_SYS(openat),   EACCES, { 2, SCMP_CMP_MASKED_EQ, WRITES, O_RDONLY } },
	{ BUS | SOURCE, SCMP_SYS(newfstatat), GO,   { 3, SCMP_CMP_EQ, AT_EMPTY_PATH, 0 } },
	/* A thread, never a process.  clone3 hides its flags; libc then takes clone. */
	{ BUS,          SCMP_SYS(clone),    GO,     { 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD } },
	{ BUS,          SCMP_SYS(clone3),   ENOSYS, { 0, SCMP_CMP_GE, 0, 0 } },
};
/* clang-format on */

static int
add_rules(scmp_filter_ctx filter, unsigned int role)
{
	struct scmp_arg_cmp self = { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 };
	int r = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && r == 0; i++)
		if (rules[i].roles & role)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rules[i].call, 0);
	for (size_t i = 0; i < sizeof(arg_rules) / sizeof(arg_rules[0]) && r == 0; i++) {
		const struct arg_rule *a = &arg_rules[i];
		uint32_t then =
		    a->error == GO ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint32_t)a->error);

		if (a->roles & role)
			r = seccomp_rule_add_array(filter, then, a->call, 1, &a->arg);
	}
	/* abort() is a signal to oneself. */
	return r < 0 ? r
		     : seccomp_rule_add_array(
			   filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
}

int
sandbox_enter(enum sandbox_role role)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	char text[128];
	int r = -EOPNOTSUPP; /* the usual reason: seccomp(2) itself is filtered */

	/* Calls of another architecture too: a thread's death alone would go unseen. */
	if (filter)
		r = seccomp_attr_set(
		    filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = add_rules(filter, 1U << role);
	if (r == 0)
		r = seccomp_load(filter);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "sandbox-failed", "error",
		    err_text(text, sizeof(text), r), NULL);
	if (filter)
		seccomp_release(filter);
	return r;
}
