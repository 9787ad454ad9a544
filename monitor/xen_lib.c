#include "monitor/xen_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sysfs.h"

/* Tried, newest first, where the kernel does not say which Xen runs. */
enum { OLDEST_MINOR = 14, NEWEST_MINOR = 24 };

/* clang-format off */
#define SYMBOL(name) { #name, offsetof(struct xen_lib, name) }
static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL(xc_interface_open),
	SYMBOL(xc_interface_close),
	SYMBOL(xc_physinfo),
	SYMBOL(xc_domain_getinfolist),
	SYMBOL(xc_version),
	SYMBOL(xs_open),
	SYMBOL(xs_close),
	SYMBOL(xs_read),
	SYMBOL(xs_directory),
	SYMBOL(xenstat_init),
	SYMBOL(xenstat_uninit),
	SYMBOL(xenstat_get_node),
	SYMBOL(xenstat_free_node),
	SYMBOL(xenstat_node_domain),
	SYMBOL(xenstat_node_tot_mem),
	SYMBOL(xenstat_node_free_mem),
	SYMBOL(xenstat_node_num_cpus),
	SYMBOL(xenstat_domain_name),
	SYMBOL(xenstat_domain_cpu_ns),
	SYMBOL(xenstat_domain_num_vcpus),
	SYMBOL(xenstat_domain_cur_mem),
	SYMBOL(xenstat_domain_max_mem),
};
/* clang-format on */

enum probe_state
xen_lib_say(struct err *err, enum probe_state state, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_set(err, 0, "%s", text);
	return state;
}

int
xen_lib_mute(void)
{
	int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (kept >= 0 && null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
	return kept;
}

void
xen_lib_unmute(int kept)
{
	if (kept < 0)
		return;
	dup2(kept, STDERR_FILENO);
	close(kept);
}

/* RTLD_GLOBAL: its dependencies then take part in the process-wide look-up. */
static void *
open_xenstat(unsigned minor)
{
	char name[32];

	snprintf(name, sizeof(name), "libxenstat.so.4.%u", minor);
	return dlopen(name, RTLD_NOW | RTLD_GLOBAL);
}

static enum probe_state
load_running(struct xen_lib *lib, struct err *err)
{
	char major[16], minor[16];

	if (!sysfs_text(
		major, sizeof(major), lib->root, "/sys/hypervisor/version/major") ||
	    !sysfs_text(minor, sizeof(minor), lib->root, "/sys/hypervisor/version/minor"))
		return xen_lib_say(err, PROBE_FAILED,
		    "/sys/hypervisor/version cannot be read: which Xen runs is not "
		    "known");
	lib->major = (unsigned)strtoul(major, NULL, 10);
	lib->minor = (unsigned)strtoul(minor, NULL, 10);
	if (lib->major == 4)
		lib->object = open_xenstat(lib->minor);
	if (!lib->object)
		return xen_lib_say(err, PROBE_FAILED,
		    "Xen %u.%u runs, and its libxenstat.so.%u.%u cannot be opened: "
		    "install Debian's libxenmisc%u.%u",
		    lib->major, lib->minor, lib->major, lib->minor, lib->major,
		    lib->minor);
	return PROBE_OK;
}

static enum probe_state
load_any(struct xen_lib *lib, struct err *err)
{
	for (unsigned m = NEWEST_MINOR; m >= OLDEST_MINOR && !lib->object; m--)
		lib->object = open_xenstat(m);
	return lib->object ? PROBE_OK
			   : xen_lib_say(err, PROBE_ABSENT, "Xen does not run here");
}

static bool
resolve(struct xen_lib *lib, struct err *err)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *address = dlsym(RTLD_DEFAULT, symbols[i].name);

		if (!address) {
			err_set(err, 0, "Xen's libraries have no %s", symbols[i].name);
			return false;
		}
		memcpy((char *)lib + symbols[i].offset, &address, sizeof(address));
	}
	return true;
}

static enum probe_state
load(struct xen_lib *lib, bool known_to_run, struct err *err)
{
	enum probe_state state;

	if (lib->object)
		return PROBE_OK;
	state = known_to_run ? load_running(lib, err) : load_any(lib, err);
	if (!lib->object || resolve(lib, err))
		return state;
	dlclose(lib->object);
	lib->object = NULL;
	return PROBE_FAILED;
}

static enum probe_state
open_handles(struct xen_lib *lib, bool known_to_run, struct err *err)
{
	char why[64];
	int version;

	lib->xc = lib->xc_interface_open(NULL, NULL, 0);
	if (!lib->xc && !known_to_run)
		return xen_lib_say(err, PROBE_ABSENT, "Xen does not run here");
	if (!lib->xc)
		return xen_lib_say(err, PROBE_FAILED,
		    "the hypervisor cannot be opened: %s",
		    err_text(why, sizeof(why), errno));
	version = lib->xc_version(lib->xc, XENVER_version, NULL);
	if (version < 0)
		return xen_lib_say(err, PROBE_FAILED,
		    "the hypervisor does not tell its version: %s",
		    err_text(why, sizeof(why), errno));
	lib->major = (unsigned)version >> 16;
	lib->minor = (unsigned)version & 0xffff;
	lib->xs = lib->xs_open(0);
	if (lib->xs)
		lib->stat = lib->xenstat_init();
	if (!lib->stat)
		return xen_lib_say(err, PROBE_FAILED, "xenstored does not answer: %s",
		    err_text(why, sizeof(why), errno));
	return PROBE_OK;
}

enum probe_state
xen_lib_open(struct xen_lib *lib, struct err *err)
{
	enum probe_state state;
	char type[16];
	bool hypervisor;

	if (lib->stat)
		return PROBE_OK;
	hypervisor = sysfs_text(type, sizeof(type), lib->root, "/sys/hypervisor/type");
	if (hypervisor && strcmp(type, "xen") != 0)
		return xen_lib_say(
		    err, PROBE_ABSENT, "the hypervisor here is %s, not Xen", type);
	state = load(lib, hypervisor, err);
	if (state == PROBE_OK)
		state = open_handles(lib, hypervisor, err);
	if (state != PROBE_OK)
		xen_lib_close(lib);
	return state;
}

void
xen_lib_close(struct xen_lib *lib)
{
	if (lib->stat)
		lib->xenstat_uninit(lib->stat);
	if (lib->xs)
		lib->xs_close(lib->xs);
	if (lib->xc)
		lib->xc_interface_close(lib->xc);
	lib->stat = NULL;
	lib->xs = NULL;
	lib->xc = NULL;
}

void
xen_lib_deinit(struct xen_lib *lib)
{
	xen_lib_close(lib);
	if (lib->object)
		dlclose(lib->object);
	lib->object = NULL;
}
