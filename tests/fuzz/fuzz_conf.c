/* Any bytes as a configuration file: values, or a sentence that names a line. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct entry {
	char text[16];
	int64_t n;
	bool b;
	uint8_t key[32];
};

struct out {
	struct entry plain, named[4];
	int n_named;
};

static const struct conf_key keys[] = {
	/* clang-format off */
	{ "a", "text", CONF_STRING, offsetof(struct entry, text), 16, "x", 0, 0, NULL, "" },
	{ "a", "time", CONF_DURATION, offsetof(struct entry, n), 0, "1s", 0, 0, NULL, "" },
	{ "a", "mem", CONF_MEMORY, offsetof(struct entry, n), 0, "1MiB", 0, 0, NULL, "" },
	{ "a", "yes", CONF_BOOL, offsetof(struct entry, b), 0, "yes", 0, 0, NULL, "" },
	{ "b *", "hot", CONF_MILLI, offsetof(struct entry, n), 0, "1C", 0, 0, NULL, "" },
	{ "b *", "key", CONF_KEY, offsetof(struct entry, key), 0, "", 0, 0, NULL, "" },
	{ NULL, NULL, CONF_INT, 0, 0, NULL, 0, 0, NULL, NULL },
	/* clang-format on */
};

static void *
add(void *out, const char *kind, const char *name, struct err *err)
{
	struct out *o = out;

	(void)kind;
	(void)name;
	if (o->n_named == 4) {
		err_set(err, 0, "too many");
		return NULL;
	}
	return &o->named[o->n_named++];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct out out;
	struct conf conf = { keys, &out, add };
	struct err err = { "" };

	if (fd < 0) {
		fd = memfd_create("conf", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	memset(&out, 0, sizeof(out));
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (conf_read(&conf, path, &err) < 0 && err.text[0] == '\0')
		abort();
	return 0;
}
