/*
 * tests/unit/xen_rig: the real libxenstat on the imitated hypervisor of tests/pool
 * (fakexen.h says what its state file holds).
 */
#ifndef TESTS_UNIT_XEN_RIG_H
#define TESTS_UNIT_XEN_RIG_H

/* The state file; others of a test begin with its name. */
extern char xen_rig_path[];

/*
 * Runs this program again with the imitation preloaded, and there calls run.  Returns the
 * exit status.
 */
int xen_rig_main(char **argv, int (*run)(void));

/* A new state file each time, as an editor leaves it. */
void xen_rig_state(const char *text);

/* What begins with head, and n guests of ids 1000, 1003, ... more; to be freed. */
char *xen_rig_sparse(const char *head, unsigned n);

#endif
