#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actuator/members.h"
#include "cmocka_all.h"
#include "tests/unit/head_rig.h"

/* The one of a list, or of an object of b_info. */
static json_t *
part(const char *name)
{
	json_t *build = json_object_get(t.config, "b_info");
	json_t *devices = json_object_get(t.config, name);

	if (json_object_get(build, name))
		return json_object_get(build, name);
	if (!devices)
		head_set(NULL, name, devices = json_pack("[{}]"));
	return json_array_get(devices, 0);
}

static void
refuses_in(const char *name, const char *key, const char *value)
{
	json_t *object = part(name), *was = json_incref(json_object_get(object, key));

	json_object_set_new(object, key, json_string(value));
	head_refuses(key);
	json_object_del(object, key);
	if (was)
		json_object_set_new(object, key, was);
	if (head_check() != 0)
		fail_msg("%s", t.err.text);
}

static void
what_a_command_line_would_take_for_more_than_a_word_is_refused(void **state)
{
	static const struct {
		const char *part, *key, *value;
	} bad[] = { { "nics", "model", "e1000,romfile=/etc/shadow" },
		{ "nics", "ip", "10.0.0.1 -j ACCEPT" }, { "nics", "ifname", "lo" },
		{ "nics", "ifname", "../net" },
		{ "nics", "ifname", "x,script=/tmp/evil" },
		{ "nics", "gatewaydev", "eth0" }, { "nics", "coloft_forwarddev", "eth0" },
		{ "nics", "colo_sock_mirror_id", "a,path=/tmp/evil" },
		{ "nics", "colo_checkpoint_host", "192.0.2.1" },
		{ "nics", "backend_domname", "evil" }, { "disks", "vdev", "xvda,x=y" },
		{ "disks", "format", "qcow2" }, { "disks", "format", "vhd" },
		{ "disks", "backend", "standalone" }, { "disks", "colo_enable", "True" },
		{ "disks", "colo_restore_enable", "True" },
		{ "disks", "active_disk", "/etc/shadow" },
		{ "disks", "hidden_disk", "/etc/shadow" },
		{ "disks", "colo_export", "x" }, { "disks", "backend_domname", "evil" },
		{ "type.hvm", "boot", "c,splash=/etc/shadow" },
		{ "type.hvm", "keymap", "/etc/shadow" },
		{ "type.hvm", "soundhw", "es1370,x=y" },
		{ "type.hvm", "timeoffset", "../x" },
		{ "type.hvm", "gfx_passthru", "True" },
		{ "vfbs", "keymap", "/etc/shadow" }, { "vkbs", "unique_id", "../x" },
		{ "vkbs", "backend_domname", "evil" } };

	(void)state;
	head_set("b_info", "type.hvm", json_object());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refuses_in(bad[i].part, bad[i].key, bad[i].value);
}

static void
a_screen_listens_at_an_address_and_is_no_other_than_vnc_s(void **state)
{
	static const char *const bad[] = { "unix:/etc/shadow", "0.0.0.0:1,tls-creds=x",
		"none", "host.example:1" };
	static const char *const good[] = { "", "127.0.0.1", "0.0.0.0:5", "::1",
		"[::]:1" };
	static const char *const screens[] = { "type.hvm", "vfbs" };

	(void)state;
	head_set("b_info", "type.hvm", json_object());
	for (size_t k = 0; k < sizeof(screens) / sizeof(screens[0]); k++) {
		json_t *screen = part(screens[k]), *vnc = json_object();

		json_object_set_new(screen, "vnc", vnc);
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			json_object_set_new(vnc, "listen", json_string(bad[i]));
			head_refuses("listen");
		}
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			json_object_set_new(vnc, "listen", json_string(good[i]));
			assert_int_equal(head_check(), 0);
		}
		json_object_set_new(screen, "sdl",
		    json_pack("{ssss}", "enable", "True", "xauthority", "/etc/shadow"));
		head_refuses("not taken from another host");
		json_object_set_new(screen, "sdl", json_pack("{ss}", "enable", "False"));
		assert_int_equal(head_check(), 0);
	}
	json_object_set_new(
	    part("type.hvm"), "spice", json_pack("{ss}", "enable", "True"));
	head_refuses("enable");
}

static void
a_device_of_another_domain_s_is_refused(void **state)
{
	static const char *const kinds[] = { "disks", "nics", "vfbs", "vkbs" };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_t *device = part(kinds[i]);

		json_object_set_new(device, "backend_domid", json_integer(7));
		head_refuses("backend_domid");
		json_object_set_new(device, "backend_domid", json_integer(0));
		assert_int_equal(head_check(), 0);
	}
}

/* What a real xl said of its guests in that file. */
static void
takes_all_of(const char *capture)
{
	static const char asked[] = "$ xl list -l ";
	char path[512], text[64 * 1024];
	const char *at = text;
	json_t *guests;
	FILE *f;

	snprintf(
	    path, sizeof(path), TEST_DATA "/../../xenlab/captures/by-hand/%s", capture);
	f = fopen(path, "rbe");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	at = strstr(text, asked);
	assert_non_null(at);
	at = strchr(at, '[');
	guests = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
	assert_true(json_array_size(guests) > 0);
	for (size_t i = 0; i < json_array_size(guests); i++)
		if (members_check(
			json_object_get(json_array_get(guests, i), "config"), &t.err) < 0)
			fail_msg("%s: %s", capture, t.err.text);
	json_decref(guests);
}

static void
whatever_a_real_xl_said_of_its_guests_is_taken(void **state)
{
	(void)state;
	takes_all_of("moved/before-xen1.txt");
	takes_all_of("moved/after-xen2.txt");
	takes_all_of("pv_guest/before-xen1.txt");
}

static void
a_number_among_the_domains_is_not_chosen_elsewhere(void **state)
{
	(void)state;
	head_set("c_info", "domid", json_integer(1));
	head_refuses("domid");
	head_set("c_info", "domid", json_integer(UINT32_MAX)); /* any: as xl says it */
	assert_int_equal(head_check(), 0);
	head_set("c_info", "domid", json_integer(UINT32_MAX - 1));
	assert_int_equal(head_check(), 0);
}

static void
what_nobody_knows_is_refused(void **state)
{
	(void)state;
	head_set(NULL, "vdispls", json_pack("[{}]"));
	head_refuses("\"vdispls\"");
	head_set(NULL, "vdispls", json_array());
	head_set("b_info", "of_next_year", json_real(1.5));
	head_refuses("\"b_info.of_next_year\"");
	head_set("b_info", "of_next_year", json_object());
	head_set("c_info", "of_next_year", json_false());
	assert_int_equal(head_check(), 0);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, head_setup, head_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(what_a_command_line_would_take_for_more_than_a_word_is_refused),
		FRESH(a_screen_listens_at_an_address_and_is_no_other_than_vnc_s),
		FRESH(a_device_of_another_domain_s_is_refused),
		FRESH(whatever_a_real_xl_said_of_its_guests_is_taken),
		FRESH(a_number_among_the_domains_is_not_chosen_elsewhere),
		FRESH(what_nobody_knows_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
