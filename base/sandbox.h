/*
 * base/sandbox: the system calls that a process on the network may make.
 *
 * Such a process has neither root nor keys of the pool; behind the filter it can start no
 * program, write no file and reach no other process either, and only a target may open
 * one, to read.  A call outside its role's table ends it with SIGSYS, and its parent does
 * what it does at any other death.  The kernel's log has the call's number.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

enum sandbox_role {
	SANDBOX_BUS,    /* dials the engine, through nanomsg and its threads */
	SANDBOX_SOURCE, /* dials a berth, takes xl's pipes from the shim */
	SANDBOX_TARGET, /* listens at a berth, looks whether a guest's kernel is there */
	SANDBOX_ROLES,
};

/*
 * From here on, for every thread and for good; before the first thread is made.
 * 0, or -errno after having logged why.
 */
int sandbox_enter(enum sandbox_role role);

#endif
