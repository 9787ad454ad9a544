#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actuator/source_checks.h"
#include "tests/unit/cmocka_all.h"
#include "tests/unit/tree.h"

#define GOOD                                                                             \
	"[{\"domid\": 7, \"config\": {\"c_info\": {\"name\": \"web\"}, "                 \
	"\"b_info\": {\"vnuma_nodes\": [], \"disable_migrate\": \"False\"}}}]"

static struct {
	struct mover m;
	Lifeboat__Guest guest;
	Lifeboat__Order order;
	struct xl_domain domain;
} t;

/* An xl that says this and exits so. */
static void
put_xl(const char *said, int status)
{
	char script[512];

	snprintf(t.m.conf.xl, sizeof(t.m.conf.xl), "%s/xl", tree);
	snprintf(script, sizeof(script),
	    "#!/bin/sh\n[ \"$*\" = 'list -l 7' ] || exit 2\ncat <<'END'\n%s\nEND\nexit "
	    "%d\n",
	    said, status);
	tree_put(script, "/xl");
	assert_int_equal(chmod(t.m.conf.xl, 0700), 0);
}

static int
setup(void **state)
{
	if (tree_make(state) < 0)
		return -1;
	memset(&t, 0, sizeof(t));
	lifeboat__guest__init(&t.guest);
	t.guest.name = (char *)(uintptr_t) "web";
	t.guest.master = MASTER_NONE;
	lifeboat__order__init(&t.order);
	t.order.guest = &t.guest;
	t.m.order = &t.order;
	strcpy(t.domain.name, "web");
	t.domain.domid = 7;
	put_xl(GOOD, 0);
	return 0;
}

/* Why it may not move, and a part of the sentence; "": it may. */
static void
says(const char *why, const char *part)
{
	memset(&t.m.state, 0, sizeof(t.m.state));
	assert_int_equal(source_checks(&t.m, tree, &t.domain), *why == '\0');
	assert_string_equal(t.m.state.why, why);
	assert_non_null(strstr(t.m.state.detail, part));
}

static void
a_guest_that_nothing_holds_may_move(void **state)
{
	(void)state;
	says("", "");
	/* One object, as older xl say it, and not a list of them. */
	put_xl("{\"config\": {\"b_info\": {}}}", 0);
	says("", "");
}

static void
what_cannot_travel_keeps_the_guest(void **state)
{
	static const struct {
		const char *config, *why, *part;
	} rows[] = {
		{ "{\"b_info\": {}, \"pcidevs\": [{\"func\": 0}, {\"func\": 1}]}", "pci",
		    "web has 2 PCI devices" },
		{ "{\"b_info\": {\"vnuma_nodes\": [{\"memkb\": 1}]}}", "vnuma",
		    "web has a vNUMA layout" },
		{ "{\"b_info\": {\"disable_migrate\": \"True\"}}", "nomigrate",
		    "web has nomigrate = 1" },
		{ "{\"b_info\": {\"bootloader\": \"pygrub\"}}", "not-portable",
		    "no host takes web: its configuration has \"b_info.bootloader\"" },
		{ "{\"b_info\": {\"type.hvm\": {\"spice\": {\"enable\": \"True\"}}}}",
		    "not-portable", "has \"spice.enable\"" },
	};
	char said[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(said, sizeof(said), "[{\"domid\": 7, \"config\": %s}]",
		    rows[i].config);
		put_xl(said, 0);
		says(rows[i].why, rows[i].part);
	}
}

static void
a_configuration_that_cannot_be_read_keeps_the_guest(void **state)
{
	(void)state;
	put_xl("[]", 0);
	says("no-config", "xl keeps no configuration of web");
	put_xl("[{\"domid\": 7}]", 0);
	says("no-config", "xl keeps no configuration of web");
	put_xl("[{", 0);
	says("no-config", "cannot be read");
	put_xl(GOOD, 1);
	says("no-config", "cannot be read");
	strcpy(t.m.conf.xl, "/nonexistent/xl");
	says("no-config", "cannot be executed");
}

static void
libvirt_keeps_its_guests(void **state)
{
	(void)state;
	tree_put("", "/etc/libvirt/libxl/other.xml");
	says("", "");
	tree_put("", "/etc/libvirt/libxl/web.xml");
	says("other-master", "/etc/libvirt/libxl/web.xml is there");
	strcpy(t.domain.name, "mail"); /* not defined there, but running by it */
	tree_put("", "/var/run/libvirt/libxl/mail.xml");
	says("other-master", "/var/run/libvirt/libxl/mail.xml is there");
}

static void
a_link_of_its_own_keeps_the_guest_unless_it_follows(void **state)
{
	(void)state;
	t.guest.master = MASTER_AUTO;
	says("other-master", "autostart = follow");
	t.m.conf.autostart = AUTOSTART_FOLLOW;
	says("autostart", "starts web, and no file");
	tree_put("name = \"web\"\n", "/etc/xen/auto/web.cfg");
	says("", "");
	autostart_deinit(&t.m.autostart);
	/* The monitor has not seen it yet. */
	t.guest.master = MASTER_NONE;
	t.m.conf.autostart = AUTOSTART_REFUSE;
	says("other-master", "autostart = follow");
	autostart_deinit(&t.m.autostart);
	t.guest.master = MASTER_LIBVIRT;
	says("other-master", "web is started by libvirt");
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, tree_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_guest_that_nothing_holds_may_move),
		FRESH(what_cannot_travel_keeps_the_guest),
		FRESH(a_configuration_that_cannot_be_read_keeps_the_guest),
		FRESH(libvirt_keeps_its_guests),
		FRESH(a_link_of_its_own_keeps_the_guest_unless_it_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
