#include "base/xen_features.h"

#include <dlfcn.h>
#include <stdio.h>

/* xenctrl.h and xenguest.h of every Xen from 4.7 on. */
typedef void *(*open_fn)(void *logger, void *dombuild_logger, unsigned flags);
typedef int (*close_fn)(void *xc);
typedef int (*get_fn)(void *xc, uint32_t index, uint32_t *n, uint32_t *words);

/* In the process's global scope, where libxenguest brings libxenctrl along.  ISO C knows
 * no way from a void * to a function; POSIX does. */
static void *
find(const char *symbol)
{
	return dlsym(RTLD_DEFAULT, symbol);
}

static size_t
get_words(void *xc, enum xen_featureset which, uint32_t words[MAX_FEATURES])
{
	uint32_t n = MAX_FEATURES;
	get_fn get;

	*(void **)&get = find("xc_get_cpu_featureset");
	if (!get || get(xc, (uint32_t)which, &n, words) != 0 || n > MAX_FEATURES)
		return 0;
	return n;
}

static size_t
get_with_own(enum xen_featureset which, uint32_t words[MAX_FEATURES])
{
	open_fn open_handle;
	close_fn close_handle;
	void *xc = NULL;
	size_t n = 0;

	*(void **)&open_handle = find("xc_interface_open");
	*(void **)&close_handle = find("xc_interface_close");
	if (open_handle && close_handle)
		xc = open_handle(NULL, NULL, 0);
	if (xc) {
		n = get_words(xc, which, words);
		close_handle(xc);
	}
	return n;
}

size_t
xen_features(
    void *xc, unsigned minor, enum xen_featureset which, uint32_t words[MAX_FEATURES])
{
	char name[32];
	void *guest;
	size_t n;

	/* Opened for this one call: it and what it needs are large. */
	snprintf(name, sizeof(name), "libxenguest.so.4.%u", minor);
	guest = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
	n = xc ? get_words(xc, which, words) : get_with_own(which, words);
	if (guest)
		dlclose(guest);
	return n;
}
