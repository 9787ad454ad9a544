#include "actuator/source_checks.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actuator/members.h"

enum { CONFIG_MAX = 1024 * 1024 };

static bool
is_libvirts(struct mover *m, const char *root, const char *name)
{
	static const char *const folders[] = { "/etc/libvirt/libxl",
		"/var/run/libvirt/libxl" };
	char path[512];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/%s.xml", root, folders[i], name);
		if (access(path, F_OK) != 0)
			continue;
		mover_why(
		    m, "other-master", "%s belongs to libvirt: %s is there", name, path);
		return true;
	}
	return false;
}

static bool
has_master(struct mover *m, const char *root, const char *name)
{
	if (is_libvirts(m, root, name))
		return true;
	if (m->order->guest->master == MASTER_NONE ||
	    m->order->guest->master == MASTER_AUTO)
		return false;
	mover_why(m, "other-master", "%s is started by %s", name,
	    master_name((enum master)m->order->guest->master));
	return true;
}

/* What starts it at boot is known and will go along, or it stays. */
static bool
boot_is_settled(struct mover *m, const char *root, const char *name)
{
	bool reported = m->order->guest->master == MASTER_AUTO;
	struct err err;

	if (autostart_find(&m->autostart, root, name, &m->guest, &err) < 0) {
		mover_why(m, "autostart", "%s", err.text);
		return false;
	}
	if ((m->autostart.text || reported) && m->conf.autostart != AUTOSTART_FOLLOW) {
		mover_why(m, "other-master",
		    "%s is started at boot here, so it would run twice: take its link "
		    "out of " AUTOSTART_AUTO ", or set autostart = follow in "
		    "actuator.conf on every host",
		    name);
		return false;
	}
	if (!m->autostart.text && reported) {
		mover_why(m, "autostart",
		    "something in " AUTOSTART_AUTO " starts %s, and no file of up to "
		    "%d KiB there has its name or uuid on a line of its own",
		    name, AUTOSTART_FILE_MAX / 1024);
		return false;
	}
	return true;
}

/* The guest's configuration as xl will send it, or NULL. */
static json_t *
read_config(struct mover *m, uint32_t domid, json_t **all)
{
	char id[16];
	const char *const argv[] = { m->conf.xl, "list", "-l", id, NULL };
	char *text = malloc(CONFIG_MAX);
	json_error_t fault;
	struct err err = { "" };
	int r;

	snprintf(id, sizeof(id), "%" PRIu32, domid);
	r = text ? run_output(argv, text, CONFIG_MAX, XL_LIMIT_MS, &err) : -ENOMEM;
	*all = r == 0 ? json_loads(text, 0, &fault) : NULL;
	free(text);
	if (!*all)
		mover_why(m, "no-config", "xl list -l %s: %s", id,
		    err.text[0] ? err.text : "its configuration cannot be read");
	return json_object_get(
	    json_is_array(*all) ? json_array_get(*all, 0) : *all, "config");
}

/* libxl writes a choice that may be left open as a string. */
static bool
is_true(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strcmp(text, "True") == 0;
}

static bool
can_travel(struct mover *m, const json_t *config)
{
	const char *name = m->order->guest->name;
	const json_t *build = json_object_get(config, "b_info");
	size_t pci = json_array_size(json_object_get(config, "pcidevs"));
	struct err err;

	if (!json_is_object(config))
		mover_why(m, "no-config", "xl keeps no configuration of %s", name);
	else if (pci > 0)
		mover_why(
		    m, "pci", "%s has %zu PCI devices, which cannot travel", name, pci);
	else if (json_array_size(json_object_get(build, "vnuma_nodes")) > 0)
		mover_why(
		    m, "vnuma", "%s has a vNUMA layout, which Xen cannot migrate", name);
	else if (is_true(json_object_get(build, "disable_migrate")))
		mover_why(
		    m, "nomigrate", "%s has nomigrate = 1 in its configuration", name);
	else if (members_check(config, &err) < 0)
		mover_why(m, "not-portable", "no host takes %s: %s", name, err.text);
	else
		return true;
	return false;
}

bool
source_checks(struct mover *m, const char *root, const struct xl_domain *guest)
{
	json_t *all, *config;
	bool good;

	if (has_master(m, root, guest->name) || !boot_is_settled(m, root, guest->name))
		return false;
	config = read_config(m, guest->domid, &all);
	good = all && can_travel(m, config);
	json_decref(all);
	return good;
}
