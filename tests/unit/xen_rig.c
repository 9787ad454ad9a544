#include "tests/unit/xen_rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk.h"
#include "tests/unit/cmocka_all.h"

char xen_rig_path[] = "/tmp/test_xen.XXXXXX";

/* What lies under a disk is another module's: its name is its identity here. */
int
disk_block_name(char out[64], const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');

	snprintf(out, 64, "%s", slash + 1);
	return strstr(path, "/no-such/") ? err_set(err, -ENOENT, "%s", path) : 0;
}

int
disk_identify(
    char out[DISK_SIZE], const char *sysroot, const char *block_name, struct err *err)
{
	snprintf(out, DISK_SIZE, "id-%s%s", sysroot, block_name);
	return strcmp(block_name, "local") == 0 ? err_set(err, -ENODATA, "local") : 0;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void
xen_rig_state(const char *text)
{
	char new_path[sizeof(xen_rig_path) + 4];

	snprintf(new_path, sizeof(new_path), "%s.new", xen_rig_path);
	write_file(new_path, text);
	assert_int_equal(rename(new_path, xen_rig_path), 0);
}

char *
xen_rig_sparse(const char *head, unsigned n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs(head, f);
	for (unsigned i = 0; i < n; i++)
		fprintf(f,
		    "domain %u name=g%u uuid=c0ffee00-0000-4000-8000-%012u mem=4MiB\n",
		    1000 + i * 3, i, i + 1);
	assert_int_equal(fclose(f), 0);
	return text;
}

int
xen_rig_main(char **argv, int (*run)(void))
{
	/* Nothing else runs in this process yet. */
	const char *preloaded = getenv("LD_PRELOAD"); /* NOLINT(concurrency-mt-unsafe) */
	int fd, failed;

	if (!preloaded || !strstr(preloaded, FAKEXEN)) {
		setenv("LD_PRELOAD", FAKEXEN, 1); /* NOLINT(concurrency-mt-unsafe) */
		/* NOLINTNEXTLINE(concurrency-mt-unsafe) */
		setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
		execv("/proc/self/exe", argv);
		perror("execv");
		return 1;
	}
	fd = mkstemp(xen_rig_path);
	if (fd < 0)
		return 1;
	close(fd);
	setenv("FAKEXEN_STATE", xen_rig_path, 1); /* NOLINT(concurrency-mt-unsafe) */
	failed = run();
	unlink(xen_rig_path);
	return failed;
}
