#include "monitor/xen_host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/sysctl.h>
#include <xen/version.h>

#include "base/balloon.h"
#include "base/text.h"
#include "base/xen_features.h"

_Static_assert(XEN_FEATURES_PV == (int)XEN_SYSCTL_cpu_featureset_pv &&
		   XEN_FEATURES_HVM == (int)XEN_SYSCTL_cpu_featureset_hvm,
    "base/xen_features does not have Xen's numbers");

/* As union record of xen_domain: the capabilities lie where they always lay. */
union physinfo {
	xc_physinfo_t info;
	uint8_t room[1024];
};

static void
clean_text(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int
xen_host_read(struct xen_host *host, struct xen_lib *lib)
{
	xen_extraversion_t extra = { 0 };
	xen_capabilities_info_t capabilities = { 0 };
	union physinfo phys = { .room = { 0 } };
	uint32_t caps;

	if (lib->xc_version(lib->xc, XENVER_extraversion, extra) < 0 ||
	    lib->xc_version(lib->xc, XENVER_capabilities, capabilities) < 0 ||
	    lib->xc_physinfo(lib->xc, &phys.info) < 0)
		return errno ? -errno : -EIO;
	snprintf(host->extra, sizeof(host->extra), "%.*s", (int)sizeof(extra), extra);
	snprintf(host->capabilities, sizeof(host->capabilities), "%.*s",
	    (int)sizeof(capabilities) - 1, capabilities);
	clean_text(host->extra);
	clean_text(host->capabilities);
	caps = phys.info.capabilities;
	/* Live migration needs the log of dirtied pages: of a PV guest only shadow paging
	 * keeps one, of the others hardware-assisted paging or shadow. */
	host->live_pv =
	    (caps & XEN_SYSCTL_PHYSCAP_pv) && (caps & XEN_SYSCTL_PHYSCAP_shadow);
	host->live_hvm = (caps & XEN_SYSCTL_PHYSCAP_hvm) &&
			 (caps & (XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_shadow));
	host->n_features_pv =
	    xen_features(lib->xc, lib->minor, XEN_FEATURES_PV, host->features_pv);
	host->n_features_hvm =
	    xen_features(lib->xc, lib->minor, XEN_FEATURES_HVM, host->features_hvm);
	return 0;
}

bool
xen_host_autoballoon(const char *xl_conf, struct xen_lib *lib)
{
	xen_commandline_t line = { 0 };
	bool known = lib->xc_version(lib->xc, XENVER_commandline, line) >= 0;

	line[sizeof(line) - 1] = '\0';
	return balloon_is_on(xl_conf, known ? line : NULL);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

size_t
xen_host_bridges(char names[MAX_BRIDGES][NAME_SIZE], const char *root)
{
	char path[512];
	const struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/class/net", root);
	dir = opendir(path);
	/* Nobody else in this process reads this stream. */
	while (dir && n < MAX_BRIDGES &&
	       (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
		snprintf(path, sizeof(path), "%s/sys/class/net/%s/bridge", root,
		    entry->d_name);
		if (entry->d_name[0] != '.' && access(path, F_OK) == 0)
			xen_host_clean_name(names[n++], entry->d_name);
	}
	if (dir)
		closedir(dir);
	qsort(names, n, NAME_SIZE, compare_names);
	return n;
}

void
xen_host_clean_name(char out[NAME_SIZE], const char *name)
{
	size_t len = strnlen(name, NAME_SIZE);
	bool good = text_is_utf8(name, strlen(name));

	if (len == NAME_SIZE)
		for (len = NAME_SIZE - 1; good && len > 0 && (name[len] & 0xc0) == 0x80;)
			len--;
	memcpy(out, name, len);
	for (size_t i = 0; !good && i < len; i++)
		if (out[i] & 0x80)
			out[i] = '?';
	out[len] = '\0';
}
