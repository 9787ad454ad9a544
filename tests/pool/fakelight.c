/*
 * tests/pool/fakelight: stands in for libxenlight and libxentoollog under an actuator
 * that resumes a guest by itself, by LD_PRELOAD, over the state file that FAKEXEN_STATE
 * names (fakexen.h).  And for the file in which Linux says which Xen it runs on.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STATE_MAX = 1024 * 1024, ERROR_FAIL = -3 };

#define VERSION "/sys/hypervisor/version/"

/* ISO C knows no way from a void * to a function; POSIX does. */
static void
find_next(void *function, const char *symbol)
{
	*(void **)function = dlsym(RTLD_NEXT, symbol);
}

static int
open_version(const char *number)
{
	int fd = memfd_create("version", MFD_CLOEXEC);

	if (dprintf(fd, "%s\n", number) < 0 || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	return fd;
}

int
open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...);
	unsigned mode;
	va_list ap;

	if (strcmp(path, VERSION "major") == 0)
		return open_version("4");
	if (strcmp(path, VERSION "minor") == 0)
		return open_version("17");
	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, unsigned) : 0;
	va_end(ap);
	find_next(&next, "open");
	return next(path, flags, mode);
}

/* Whoever asks for these gets the functions below. */
void *
dlopen(const char *name, int flags)
{
	void *(*next)(const char *, int);

	find_next(&next, "dlopen");
	if (name && (strcmp(name, "libxenlight.so.4.17") == 0 ||
			strcmp(name, "libxentoollog.so.1") == 0))
		name = NULL;
	return next(name, flags);
}

void *
xtl_createlogger_stdiostream(FILE *f, int level, unsigned flags)
{
	(void)level;
	(void)flags;
	return f;
}

int
libxl_ctx_alloc(void **ctx, int version, unsigned flags, void *logger)
{
	(void)version;
	(void)flags;
	*ctx = logger;
	return 0;
}

/* In a domain's line: where the letter of its state is; NULL without the domain. */
static char *
find_state(char *text, uint32_t domid)
{
	char start[32], *line, *state;

	snprintf(start, sizeof(start), "\ndomain %u ", domid);
	line = strstr(text, start);
	state = line ? strstr(line + 1, " state=") : NULL;
	return state && state < line + 1 + strcspn(line + 1, "\n")
		   ? strchr(state, '=') + 1
		   : NULL;
}

int
libxl_domain_resume(void *ctx, uint32_t domid, int suspend_cancel, const void *how)
{
	static char text[STATE_MAX];
	int fd = open(getenv("FAKEXEN_STATE"), O_RDWR | O_CLOEXEC);
	ssize_t n =
	    fd >= 0 && flock(fd, LOCK_EX) == 0 ? read(fd, text, sizeof(text) - 1) : -1;
	char *state = n > 0 ? find_state(text, domid) : NULL;
	int r = ERROR_FAIL;

	(void)how;
	if (state && *state == 'S' && suspend_cancel == 1 &&
	    pwrite(fd, "b", 1, state - text) == 1)
		r = 0;
	fprintf(ctx, "libxl_domain_resume of %u: %d\n", domid, r);
	close(fd);
	return r;
}
