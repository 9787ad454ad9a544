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

void xen_rig_write(const char *path, const char *text);

/* A new state file each time, as an editor leaves it. */
void xen_rig_state(const char *text);

#endif
