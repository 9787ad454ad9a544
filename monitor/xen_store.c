#include "monitor/xen_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/disk.h"
#include "base/text.h"
#include "monitor/xen_host.h"

enum { PATH_SIZE = 256 };

static void
note_error(struct xen_store *s)
{
	if (errno != ENOENT && s->error == 0)
		s->error = errno ? errno : EIO;
}

char *
xen_store_read(struct xen_store *s, const char *fmt, ...)
{
	char path[PATH_SIZE];
	va_list args;
	unsigned len;
	char *value;
	int n;

	va_start(args, fmt);
	n = vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	value = s->lib->xs_read(s->lib->xs, XBT_NULL, path, &len);
	if (!value)
		note_error(s);
	return value;
}

static char **
list(struct xen_store *s, const char *path, unsigned *n)
{
	char **names = s->lib->xs_directory(s->lib->xs, XBT_NULL, path, n);

	if (!names) {
		note_error(s);
		*n = 0;
	}
	return names;
}

bool
xen_store_uuid(struct xen_store *s, unsigned domid, struct uuid *out)
{
	static const char prefix[] = "/vm/";
	char *vm = xen_store_read(s, "/local/domain/%u/vm", domid);
	bool found = vm && strncmp(vm, prefix, strlen(prefix)) == 0 &&
		     uuid_parse(out, vm + strlen(prefix));

	free(vm);
	return found;
}

enum guest_type
xen_store_hvm_type(struct xen_store *s, unsigned domid)
{
	char *type = xen_store_read(s, "/libxl/%u/type", domid);
	char *model = NULL;
	enum guest_type result = GUEST_PVH;

	if (type && strcmp(type, "hvm") == 0)
		result = GUEST_HVM;
	if (!type) {
		model = xen_store_read(s, "/local/domain/0/device-model/%u/state", domid);
		result = model ? GUEST_HVM : GUEST_PVH;
	}
	free(type);
	free(model);
	return result;
}

bool
xen_store_is_stub(struct xen_store *s, unsigned domid)
{
	char *target = xen_store_read(s, "/local/domain/%u/target", domid);
	bool stub = target != NULL;

	free(target);
	return stub;
}

/* "8:10", hexadecimal, as hotplug scripts leave it, to udev's name of that device. */
static bool
device_path(struct xen_store *s, const char *backend, char path[PATH_SIZE])
{
	char *numbers = xen_store_read(s, "%s/physical-device", backend);
	char *colon = NULL;
	unsigned long major = 0, minor = 0;

	if (numbers)
		major = strtoul(numbers, &colon, 16);
	if (colon && *colon == ':')
		minor = strtoul(colon + 1, NULL, 16);
	free(numbers);
	snprintf(path, PATH_SIZE, "/dev/block/%lu:%lu", major, minor);
	return major > 0;
}

/* The path in params: plain for a block backend, after "aio:" or so for qdisk. */
static const char *
params_path(const char *params)
{
	const char *colon = strchr(params, ':');

	return *params != '/' && colon ? colon + 1 : params;
}

/* False for a drive without a medium. */
static bool
identify(struct xen_store *s, const char *backend, char identity[DISK_SIZE])
{
	char *params = xen_store_read(s, "%s/params", backend);
	const char *file = params ? params_path(params) : "";
	char path[PATH_SIZE], block[64];
	bool local = strncmp(backend, "/local/domain/0/", 16) == 0;
	bool found;

	identity[0] = '\0';
	found = *file == '/' && text_copy(path, sizeof(path), file);
	if (!found)
		found = device_path(s, backend, path);
	if (!found && *file == '\0') {
		free(params);
		return false;
	}
	free(params);
	if (found && local && disk_block_name(block, path, NULL) == 0 &&
	    disk_identify(identity, "", block, NULL) != 0)
		identity[0] = '\0';
	return true;
}

static void
add_disk(struct xen_store *s, const char *backend, struct xen_devices *out)
{
	if (out->n_disks == MAX_GUEST_DISKS) {
		out->disks[MAX_GUEST_DISKS - 1][0] = '\0';
		return;
	}
	if (identify(s, backend, out->disks[out->n_disks]))
		out->n_disks++;
}

static void
add_bridge(struct xen_store *s, const char *backend, struct xen_devices *out)
{
	char *bridge = xen_store_read(s, "%s/bridge", backend);
	char name[NAME_SIZE];
	size_t i = 0;

	if (!bridge || *bridge == '\0')
		goto out;
	xen_host_clean_name(name, bridge);
	while (i < out->n_bridges && strcmp(out->bridges[i], name) != 0)
		i++;
	if (i == MAX_GUEST_BRIDGES)
		snprintf(out->bridges[i - 1], NAME_SIZE, "%s", XEN_STORE_MORE_BRIDGES);
	else if (i == out->n_bridges)
		memcpy(out->bridges[out->n_bridges++], name, sizeof(name));
out:
	free(bridge);
}

static void
add_pci(struct xen_store *s, const char *backend, struct xen_devices *out)
{
	char *count = xen_store_read(s, "%s/num_devs", backend);

	if (count)
		out->pci += (unsigned)strtoul(count, NULL, 10);
	free(count);
}

static void
each_backend(struct xen_store *s, unsigned domid, const char *kind,
    struct xen_devices *out,
    void (*add)(struct xen_store *, const char *, struct xen_devices *))
{
	char path[PATH_SIZE];
	unsigned n;
	char **names;

	snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, kind);
	names = list(s, path, &n);
	for (unsigned i = 0; i < n; i++) {
		char *backend = xen_store_read(s, "%s/%s/backend", path, names[i]);

		if (backend)
			add(s, backend, out);
		free(backend);
	}
	free(names);
}

void
xen_store_devices(struct xen_store *s, unsigned domid, struct xen_devices *out)
{
	char path[PATH_SIZE];
	char **known;
	unsigned n;

	out->n_disks = 0;
	out->n_bridges = 0;
	out->pci = 0;
	snprintf(path, sizeof(path), "/libxl/%u", domid);
	known = list(s, path, &n);
	if (!known) {
		out->disks[0][0] = '\0';
		out->n_disks = 1;
	}
	free(known);
	each_backend(s, domid, "vbd", out, add_disk);
	each_backend(s, domid, "vif", out, add_bridge);
	each_backend(s, domid, "pci", out, add_pci);
}
