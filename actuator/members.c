#include "actuator/members.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sysfs.h"

/* One member: by which rule its value is taken, and what it may consist of.  Neither: any
 * value, which libxl takes as a number, a word of its own or a text for the guest. */
struct member {
	const char *name;
	bool (*is_good)(const json_t *value);
	const struct member *parts; /* of the object, or of each in the list */
};

static const char word_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_-";
static const char address_chars[] = "0123456789abcdefABCDEF.:[]";

static bool
is_given(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0 &&
		       strcmp(json_string_value(value), "False") != 0;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	default:
		return json_is_true(value) || json_is_real(value);
	}
}

static bool
consists_of(const json_t *value, const char *chars)
{
	const char *text = json_string_value(value);

	return text && text[strspn(text, chars)] == '\0';
}

static bool
is_word(const json_t *value)
{
	return consists_of(value, word_chars);
}

/* With a name, unix:/PATH would be one. */
static bool
is_address(const json_t *value)
{
	return consists_of(value, address_chars);
}

/* Hotplug scripts take them apart at the blanks. */
static bool
is_addresses(const json_t *value)
{
	return consists_of(value, "0123456789abcdefABCDEF.:/ ");
}

static bool
is_one_of(const json_t *value, const char *const *words, size_t n)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; text && i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* What QEMU, which is root, would open: these words are all that may be said. */
static bool
is_harmless(const json_t *value)
{
	static const char *const words[] = { "", "none", "null", "pty", "tablet", "mouse",
		"keyboard" };

	for (size_t i = 0; i < json_array_size(value); i++)
		if (!is_harmless(json_array_get(value, i)))
			return false;
	return json_is_array(value) ||
	       is_one_of(value, words, sizeof(words) / sizeof(words[0]));
}

/* The others name further files within a disk, where the guest may write them. */
static bool
is_raw(const json_t *value)
{
	static const char *const words[] = { "raw", "empty" };

	return is_one_of(value, words, sizeof(words) / sizeof(words[0]));
}

static bool
is_backend(const json_t *value)
{
	static const char *const words[] = { "phy", "qdisk", "tap" };

	return is_one_of(value, words, sizeof(words) / sizeof(words[0]));
}

/* libxl's own choice: INVALID_DOMID, or RANDOM_DOMID. */
static bool
is_any_domid(const json_t *value)
{
	return json_integer_value(value) == UINT32_MAX ||
	       json_integer_value(value) == UINT32_MAX - 1;
}

/* The hotplug script would take an interface of this host for the guest's. */
static bool
is_interface(const json_t *value)
{
	const char *name = json_string_value(value);

	return name && name[strcspn(name, "/,= \t\n")] == '\0' &&
	       (!sysfs_exists("", "/sys/class/net/%s", name) ||
		   sysfs_exists("", "/sys/class/net/%s/device/devtype", name));
}

/* clang-format off */
#define ANY(word) { .name = (word) }
#define END { .name = NULL }

static const struct member nothing[] = { END };
static const struct member vnc[] = { ANY("enable"), { "listen", is_address, NULL },
	ANY("passwd"), ANY("display"), ANY("findunused"), END };

static const struct member create[] = { ANY("type"), ANY("hap"), ANY("oos"), ANY("name"),
	{ "domid", is_any_domid, NULL }, ANY("uuid"), ANY("poolid"), ANY("pool_name"), ANY("run_hotplug_scripts"),
	ANY("passthrough"), ANY("xend_suspend_evtchn_compat"), END };

static const struct member pv[] = { ANY("kernel"), ANY("ramdisk"), ANY("cmdline"),
	ANY("e820_host"), END };

static const struct member hvm[] = { ANY("bios"), ANY("pae"), ANY("apic"), ANY("acpi"),
	ANY("acpi_s3"), ANY("acpi_s4"), ANY("acpi_laptop_slate"), ANY("nx"),
	ANY("viridian"), ANY("viridian_enable"), ANY("viridian_disable"),
	{ "timeoffset", is_word, NULL }, ANY("hpet"), ANY("vpt_align"),
	ANY("mmio_hole_memkb"), ANY("timer_mode"), ANY("nested_hvm"), ANY("altp2m"),
	ANY("hdtype"), ANY("nographic"), ANY("vga"), { "vnc", NULL, vnc },
	{ "keymap", is_word, NULL }, { "sdl", NULL, nothing }, { "spice", NULL, nothing },
	{ "serial", is_harmless, NULL }, { "serial_list", is_harmless, NULL },
	{ "usbdevice", is_harmless, NULL }, { "usbdevice_list", is_harmless, NULL },
	{ "boot", is_word, NULL }, ANY("usb"), ANY("usbversion"), ANY("vkb_device"),
	{ "soundhw", is_word, NULL }, ANY("xen_platform_pci"),
	ANY("xen_platform_pci_bar_uc"), ANY("pirq"), ANY("vendor_device"),
	ANY("ms_vm_genid"), ANY("rdm"), ANY("rdm_mem_boundary_memkb"), ANY("mca_caps"),
	END };

static const struct member build[] = { ANY("max_vcpus"), ANY("avail_vcpus"),
	ANY("cpumap"), ANY("nodemap"), ANY("vcpu_hard_affinity"),
	ANY("vcpu_soft_affinity"), ANY("numa_placement"), ANY("tsc_mode"),
	ANY("max_memkb"), ANY("target_memkb"), ANY("video_memkb"), ANY("shadow_memkb"),
	ANY("iommu_memkb"), ANY("stubdomain_memkb"), ANY("rtc_timeoffset"),
	ANY("localtime"), ANY("disable_migrate"), ANY("cpuid"),
	{ "blkdev_start", is_word, NULL }, ANY("vnuma_nodes"), ANY("max_grant_frames"),
	ANY("max_maptrack_frames"), ANY("max_grant_version"), ANY("device_model_version"),
	ANY("sched_params"), ANY("claim_mode"), ANY("event_channels"), ANY("kernel"),
	ANY("cmdline"), ANY("ramdisk"), ANY("acpi"), ANY("timer_mode"), ANY("nested_hvm"),
	ANY("apic"), ANY("dm_restrict"), ANY("tee"), { "type.pv", NULL, pv },
	{ "type.pvh", NULL, nothing }, { "type.hvm", NULL, hvm }, ANY("arch_arm"),
	ANY("arch_x86"), ANY("altp2m"), ANY("altp2m_count"), ANY("vpmu"),
	ANY("llc_colors"), ANY("bootloader_restrict"), ANY("trap_unmapped_accesses"),
	ANY("xenstore_feature_mask"), END };

static const struct member disk[] = { ANY("pdev_path"), { "vdev", is_word, NULL },
	{ "backend", is_backend, NULL }, { "format", is_raw, NULL }, ANY("script"),
	ANY("removable"), ANY("readwrite"), ANY("is_cdrom"), ANY("direct_io_safe"),
	ANY("discard_enable"), ANY("specification"), ANY("transport"), ANY("trusted"),
	ANY("grant_usage"), END };

static const struct member nic[] = { ANY("devid"), ANY("mtu"),
	{ "model", is_word, NULL }, ANY("mac"), { "ip", is_addresses, NULL },
	ANY("bridge"), { "ifname", is_interface, NULL }, ANY("script"), ANY("nictype"),
	ANY("rate_bytes_per_interval"), ANY("rate_interval_usecs"), ANY("trusted"), END };

static const struct member vfb[] = { ANY("devid"), { "vnc", NULL, vnc },
	{ "sdl", NULL, nothing }, { "keymap", is_word, NULL }, END };

static const struct member vkb[] = { ANY("devid"), ANY("backend_type"),
	ANY("feature_disable_keyboard"), ANY("feature_disable_pointer"),
	ANY("feature_abs_pointer"), ANY("feature_raw_pointer"),
	ANY("feature_multi_touch"), ANY("width"), ANY("height"),
	ANY("multi_touch_width"), ANY("multi_touch_height"),
	ANY("multi_touch_num_contacts"), END };

static const struct member domain[] = { { "c_info", NULL, create },
	{ "b_info", NULL, build }, { "disks", NULL, disk }, { "nics", NULL, nic },
	{ "vfbs", NULL, vfb }, { "vkbs", NULL, vkb }, ANY("on_poweroff"),
	ANY("on_reboot"), ANY("on_watchdog"), ANY("on_crash"), ANY("on_soft_reset"), END };
/* clang-format on */

static const struct member *
find(const struct member *members, const char *name)
{
	for (; members->name; members++)
		if (strcmp(members->name, name) == 0)
			return members;
	return NULL;
}

/* of: the member whose value it is, with a dot; "" for the whole. */
static int
check(const json_t *value, const struct member *members, const char *of, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
		r = check(json_array_get(value, i), members, of, err);
	/* Nothing is changed by it: jansson has no iterator of what is const. */
	for (void *at = json_object_iter((json_t *)(uintptr_t)value); r == 0 && at;
	     at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
		const char *name = json_object_iter_key(at);
		const json_t *part = json_object_iter_value(at);
		const struct member *m = find(members, name);
		char parent[64];

		if (!is_given(part))
			continue;
		if (!m)
			return err_set(err, -EPERM,
			    "its configuration has \"%s%s\", which is not taken "
			    "from another host",
			    of, name);
		if (m->is_good && !m->is_good(part))
			return err_set(err, -EPERM,
			    "its \"%s%s\" is none of the harmless ones", of, name);
		if (!m->parts)
			continue;
		snprintf(parent, sizeof(parent), "%s.", m->name);
		r = check(part, m->parts, parent, err);
	}
	return r;
}

int
members_check(const json_t *config, struct err *err)
{
	return check(config, domain, "", err);
}
