#include "actuator/look.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actuator/run.h"
#include "base/public.h"
#include "base/xen_features.h"

enum {
	LIMIT_MS = 10000,
	WHAT_SIZE = 256,
	READ_SIZE = 4096,
	LINE_SIZE = MAX_FEATURES * 9 + 1,
	BYTES_PER_KIB = 1024,
};

/* What it says goes to line[size]; NULL: nothing. */
static int
look(const char *what, char *line, size_t size)
{
	char role[WHAT_SIZE + sizeof("--role=look:")];
	const char *const argv[] = { SELF, role, NULL };
	struct err err;
	int r;

	if (snprintf(role, sizeof(role), "--role=look:%s", what) >= (int)sizeof(role))
		return -ENAMETOOLONG;
	r = run_output(argv, line, size, LIMIT_MS, &err);
	return r > 0 ? -r : r;
}

int
look_disk(const char *name)
{
	char what[WHAT_SIZE];
	int r;

	snprintf(what, sizeof(what), "disk:/dev/%.63s", name);
	r = look(what, NULL, 0);
	return r < 0 && r != -ETIMEDOUT ? -EIO : r;
}

int
look_file(const char *path)
{
	char what[WHAT_SIZE];

	if (snprintf(what, sizeof(what), "file:%s", path) >= (int)sizeof(what))
		return -ENAMETOOLONG;
	return look(what, NULL, 0);
}

int
look_room(const char *folder, int64_t kib)
{
	char what[WHAT_SIZE];

	if (snprintf(what, sizeof(what), "room:%" PRId64 ":%s", kib, folder) >=
	    (int)sizeof(what))
		return -ENAMETOOLONG;
	return look(what, NULL, 0);
}

size_t
look_features(uint32_t words[MAX_FEATURES], enum guest_type type, uint32_t minor)
{
	char what[WHAT_SIZE], line[LINE_SIZE];

	snprintf(what, sizeof(what), "features:%" PRIu32 ":%d", minor,
	    type == GUEST_PV ? XEN_FEATURES_PV : XEN_FEATURES_HVM);
	return look(what, line, sizeof(line)) < 0 ? 0 : look_parse_features(words, line);
}

size_t
look_parse_features(uint32_t words[MAX_FEATURES], const char *line)
{
	size_t n = 0;

	for (; *line && *line != '\n'; line += *line == ' ') {
		char *end;
		unsigned long word = strtoul(line, &end, 16);

		if (n == MAX_FEATURES || end == line || word > UINT32_MAX)
			return 0;
		words[n++] = (uint32_t)word;
		line = end;
		if (*line != ' ' && *line != '\n')
			return 0;
	}
	return n;
}

/* --- in the process of its own ---------------------------------------------------- */

static int
run_disk(const char *path)
{
	void *buf = NULL;
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	bool good = fd >= 0 && posix_memalign(&buf, READ_SIZE, READ_SIZE) == 0 &&
		    read(fd, buf, READ_SIZE) == READ_SIZE;

	free(buf);
	if (fd >= 0)
		close(fd);
	return good ? 0 : EIO;
}

static int
run_file(const char *path)
{
	return -public_file(path);
}

/* Some file systems know no file without a name; then to be allowed has to do. */
static int
run_room(const char *kib_and_folder)
{
	char *folder;
	int64_t kib = strtoll(kib_and_folder, &folder, 10);
	int fd, r;

	folder += *folder == ':';
	fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EOPNOTSUPP)
		return access(folder, W_OK) == 0 ? 0 : errno;
	if (fd < 0)
		return errno;
	r = posix_fallocate(fd, 0, (off_t)(kib * BYTES_PER_KIB));
	close(fd);
	return r;
}

/* Xen's libraries speak of what they miss: that is for nobody. */
static int
run_features(const char *minor_and_set)
{
	char *set;
	unsigned long minor = strtoul(minor_and_set, &set, 10);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint32_t words[MAX_FEATURES];
	size_t n;

	set += *set == ':';
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	n = xen_features(
	    NULL, (unsigned)minor, (enum xen_featureset)strtol(set, NULL, 10), words);
	for (size_t i = 0; i < n; i++)
		printf("%s%" PRIx32, i ? " " : "", words[i]);
	putchar('\n');
	return fflush(stdout) == 0 ? 0 : EIO;
}

int
look_run(const char *what)
{
	static const struct {
		const char *name;
		int (*run)(const char *of);
	} looks[] = { { "disk:", run_disk }, { "file:", run_file }, { "room:", run_room },
		{ "features:", run_features } };

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		size_t len = strlen(looks[i].name);
		if (strncmp(what, looks[i].name, len) == 0)
			return looks[i].run(what + len);
	}
	return EINVAL;
}
