#include "monitor/xen_config.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/text.h"

enum { CONFIG_MAX = 256 * 1024 };

/* As actuator/header knows them: what is said of one kind of guest only. */
static const char *const kinds[] = { "type.pv", "type.pvh", "type.hvm" };

static void
read_path(char out[FILE_SIZE], const json_t *build, const char *member)
{
	const json_t *value = json_object_get(build, member);

	for (size_t i = 0; !value && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		value = json_object_get(json_object_get(build, kinds[i]), member);
	if (json_is_string(value) && json_string_value(value)[0] == '/')
		text_copy(out, FILE_SIZE, json_string_value(value));
}

/* Digits alone are the number of a cpupool, which says nothing on another host. */
static void
read_cpupool(char out[NAME_SIZE], const json_t *info)
{
	const char *name = json_string_value(json_object_get(info, "pool_name"));

	if (name && name[strspn(name, "0123456789")] != '\0')
		text_copy(out, NAME_SIZE, name);
}

static void
add_pin(struct xen_config *c, const json_t *set)
{
	struct cpus cpus = { { 0 } };
	char text[PIN_SIZE];

	for (size_t i = 0; i < json_array_size(set); i++)
		if (!json_is_integer(json_array_get(set, i)) ||
		    !cpus_add(&cpus, json_integer_value(json_array_get(set, i))))
			return;
	if (!cpus_format(text, sizeof(text), &cpus) || c->n_pinned == MAX_PINS)
		return;
	for (size_t i = 0; i < c->n_pinned; i++)
		if (strcmp(c->pinned[i], text) == 0)
			return;
	memcpy(c->pinned[c->n_pinned++], text, sizeof(text));
}

void
xen_config_parse(struct xen_config *c, const char *text, size_t len)
{
	json_t *config = json_loadb(text, len, 0, NULL);
	const json_t *build = json_object_get(config, "b_info");
	const json_t *pins = json_object_get(build, "vcpu_hard_affinity");

	read_path(c->kernel, build, "kernel");
	read_path(c->ramdisk, build, "ramdisk");
	read_cpupool(c->cpupool, json_object_get(config, "c_info"));
	for (size_t i = 0; i < json_array_size(pins); i++)
		add_pin(c, json_array_get(pins, i));
	json_decref(config);
}

/* libxl writes its final NUL too. */
static void
read_file(struct xen_config *c, int fd)
{
	char *text = malloc((size_t)c->size);
	ssize_t n = text ? read(fd, text, (size_t)c->size) : -1;

	if (n > 0)
		xen_config_parse(
		    c, text, text[n - 1] == '\0' ? (size_t)n - 1 : (size_t)n);
	free(text);
}

static bool
is_same(const struct xen_config *a, const struct xen_config *b)
{
	return a->domid == b->domid && uuid_equal(&a->uuid, &b->uuid) &&
	       a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

void
xen_config_read(
    struct xen_config *c, const char *root, unsigned domid, const struct uuid *uuid)
{
	struct xen_config now = { .domid = domid, .uuid = *uuid };
	char path[512], text[UUID_TEXT_SIZE];
	struct stat st;
	int fd;

	uuid_format(text, uuid);
	snprintf(path, sizeof(path), "%s/var/lib/xen/userdata-d.%u.%s.libxl-json", root,
	    domid, text);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= CONFIG_MAX) {
		now.inode = st.st_ino;
		now.size = st.st_size;
		now.changed = st.st_mtim;
	}
	if (!is_same(c, &now)) {
		*c = now;
		if (c->size > 0)
			read_file(c, fd);
	}
	if (fd >= 0)
		close(fd);
}
