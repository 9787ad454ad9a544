#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "actuator/resume.h"
#include "actuator/run.h"
#include "actuator/xl.h"
#include "base/sysfs.h"

enum { LIMIT_MS = 120000, XTL_LEVEL_ERROR = 8 };

/* libxl.h and xentoollog.h of every Xen from 4.5 on. */
typedef void *(*create_logger_fn)(FILE *f, int level, unsigned int flags);
typedef int (*alloc_fn)(void **ctx, int version, unsigned int flags, void *logger);
typedef int (*resume_fn)(void *ctx, uint32_t domid, int suspend_cancel, const void *how);

static void *
open_library(const char *name)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);

	if (!library)
		/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
		fprintf(stderr, "%s\n", dlerror());
	return library;
}

/* ISO C knows no way from a void * to a function; POSIX does. */
static void *
find(void *library, const char *symbol)
{
	return library ? dlsym(library, symbol) : NULL;
}

int
resume_run(const char *domid)
{
	char major[8], minor[8], name[64], *end;
	void *tool, *light, *ctx = NULL;
	create_logger_fn create;
	alloc_fn alloc;
	resume_fn resume;
	uint32_t id = (uint32_t)strtoul(domid, &end, 10);

	if (*end != '\0' || end == domid || id == 0)
		return 2;
	if (!sysfs_text(major, sizeof(major), "", "/sys/hypervisor/version/major") ||
	    !sysfs_text(minor, sizeof(minor), "", "/sys/hypervisor/version/minor")) {
		fputs("no Xen runs here\n", stderr);
		return 1;
	}
	tool = open_library("libxentoollog.so.1");
	snprintf(name, sizeof(name), "libxenlight.so.%s.%s", major, minor);
	light = open_library(name);
	*(void **)&create = find(tool, "xtl_createlogger_stdiostream");
	*(void **)&alloc = find(light, "libxl_ctx_alloc");
	*(void **)&resume = find(light, "libxl_domain_resume");
	if (!create || !alloc || !resume ||
	    alloc(&ctx, 0, 0, create(stderr, XTL_LEVEL_ERROR, 0)) != 0)
		return 1;
	return resume(ctx, id, 1, NULL) == 0 ? 0 : 1;
}

int
resume_domain(const char *xl, uint32_t domid, const char *name, struct err *err)
{
	char role[32], id[16];
	const char *const argv[] = { SELF, role, NULL };
	int r;

	snprintf(id, sizeof(id), "%" PRIu32, domid);
	snprintf(role, sizeof(role), "--role=resume:%" PRIu32, domid);
	/* It has its name already unless xl had got as far as to let go of it. */
	xl_do(xl, "rename", id, name, err);
	/* xl knows how from 4.20 on. */
	if (xl_do(xl, "resume", id, NULL, err) == 0)
		return 0;
	r = run_output(argv, NULL, 0, LIMIT_MS, err);
	if (r > 0)
		return err_set(err, -EIO, "domain %s could not be resumed", id);
	return r;
}
