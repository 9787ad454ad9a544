/*
 * monitor/xen_lib: the running Xen's own libraries, opened by name.
 *
 * libxenstat's name carries Xen's version, so nothing of Xen is linked: the library that
 * belongs to the running hypervisor is opened, and libxenctrl and libxenstore come with
 * it.  Symbols are looked up in the process's global scope, as the dynamic linker would.
 */
#ifndef MONITOR_XEN_LIB_H
#define MONITOR_XEN_LIB_H

#include <xenctrl.h>
#include <xenstat.h>
#include <xenstore.h>

#include "base/err.h"
#include "base/types.h"

struct xen_lib {
	const char *root; /* where /sys is found; "" but in tests */
	/* Handles, NULL while closed. */
	xc_interface *xc;
	struct xs_handle *xs;
	xenstat_handle *stat;
	void *object;          /* of dlopen, kept until xen_lib_deinit */
	unsigned major, minor; /* of Xen, once open */

	xc_interface *(*xc_interface_open)(
	    xentoollog_logger *, xentoollog_logger *, unsigned);
	int (*xc_interface_close)(xc_interface *);
	int (*xc_physinfo)(xc_interface *, xc_physinfo_t *);
	int (*xc_domain_getinfolist)(
	    xc_interface *, uint32_t, unsigned, xc_domaininfo_t *);
	int (*xc_version)(xc_interface *, int, void *);
	struct xs_handle *(*xs_open)(unsigned long);
	void (*xs_close)(struct xs_handle *);
	void *(*xs_read)(struct xs_handle *, xs_transaction_t, const char *, unsigned *);
	char **(*xs_directory)(
	    struct xs_handle *, xs_transaction_t, const char *, unsigned *);
	xenstat_handle *(*xenstat_init)(void);
	void (*xenstat_uninit)(xenstat_handle *);
	xenstat_node *(*xenstat_get_node)(xenstat_handle *, unsigned);
	void (*xenstat_free_node)(xenstat_node *);
	xenstat_domain *(*xenstat_node_domain)(xenstat_node *, unsigned);
	unsigned long long (*xenstat_node_tot_mem)(xenstat_node *);
	unsigned long long (*xenstat_node_free_mem)(xenstat_node *);
	unsigned (*xenstat_node_num_cpus)(xenstat_node *);
	char *(*xenstat_domain_name)(xenstat_domain *);
	unsigned long long (*xenstat_domain_cpu_ns)(xenstat_domain *);
	unsigned (*xenstat_domain_num_vcpus)(xenstat_domain *);
	unsigned long long (*xenstat_domain_cur_mem)(xenstat_domain *);
	unsigned long long (*xenstat_domain_max_mem)(xenstat_domain *);
};

/*
 * Find Xen and open all three handles; nothing to do when they are open.  PROBE_ABSENT
 * where there is no Xen; PROBE_FAILED with a sentence where there is and its library,
 * the hypervisor or xenstored is missing.
 */
enum probe_state xen_lib_open(struct xen_lib *lib, struct err *err);

/* Close the handles; the next xen_lib_open opens new ones.  The libraries stay. */
void xen_lib_close(struct xen_lib *lib);
void xen_lib_deinit(struct xen_lib *lib);

/* Write a sentence into err and return the state. */
enum probe_state xen_lib_say(struct err *err, enum probe_state state, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Xen's libraries write to stderr as they like: between these two, to nowhere.
 * xen_lib_mute returns what xen_lib_unmute needs. */
int xen_lib_mute(void);
void xen_lib_unmute(int kept);

#endif
