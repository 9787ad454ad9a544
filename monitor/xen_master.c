#include "monitor/xen_master.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line of an xl configuration: key = "value", with either quote. */
static bool
value_of(const char *line, const char *key, char value[256])
{
	char word[16];
	int end = 0;
	char quote[2] = { 0 };

	if (sscanf(line, " %15[a-z_] = %n%1[\"']", word, &end, quote) != 2 ||
	    strcmp(word, key) != 0)
		return false;
	line += end + 1;
	size_t len = strcspn(line, quote);
	if (len >= 256 || line[len] != quote[0])
		return false;
	memcpy(value, line, len);
	value[len] = '\0';
	return true;
}

static void
read_auto(struct xen_master *m, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1024], value[256];

	if (!f)
		return;
	if (m->n == XEN_MASTER_AUTOS) {
		m->too_many = true;
		fclose(f);
		return;
	}
	m->autos[m->n].name[0] = '\0';
	m->autos[m->n].uuid = (struct uuid){ { 0 } };
	while (fgets(line, sizeof(line), f)) {
		if (value_of(line, "name", value))
			memcpy(m->autos[m->n].name, value, sizeof(value));
		if (value_of(line, "uuid", value) &&
		    !uuid_parse(&m->autos[m->n].uuid, value))
			m->autos[m->n].uuid = (struct uuid){ { 0 } };
	}
	fclose(f);
	m->n++;
}

void
xen_master_read(struct xen_master *m, const char *root)
{
	char path[512];
	const struct dirent *entry;
	DIR *dir;

	m->n = 0;
	m->too_many = false;
	m->root = root;
	snprintf(path, sizeof(path), "%s/etc/xen/auto", root);
	dir = opendir(path);
	/* Nobody else in this process reads this stream. */
	while (dir && !m->too_many &&
	       (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
		snprintf(path, sizeof(path), "%s/etc/xen/auto/%s", root, entry->d_name);
		if (entry->d_name[0] != '.')
			read_auto(m, path);
	}
	if (dir)
		closedir(dir);
}

static bool
is_libvirts(const char *root, const char *name)
{
	static const char *const folders[] = { "/var/run/libvirt/libxl",
		"/etc/libvirt/libxl" };
	char path[1024];

	if (*name == '\0' || strchr(name, '/'))
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		int n =
		    snprintf(path, sizeof(path), "%s%s/%s.xml", root, folders[i], name);

		if (n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

enum master
xen_master_of(const struct xen_master *m, const char *name, const struct uuid *uuid)
{
	if (is_libvirts(m->root, name))
		return MASTER_LIBVIRT;
	for (size_t i = 0; i < m->n; i++)
		if ((*name && strcmp(m->autos[i].name, name) == 0) ||
		    (!uuid_is_nil(uuid) && uuid_equal(&m->autos[i].uuid, uuid)))
			return MASTER_AUTO;
	return m->too_many ? MASTER_AUTO : MASTER_NONE;
}
