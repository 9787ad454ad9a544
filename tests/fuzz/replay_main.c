/* Hands every file of the folders named to the target once: a corpus as a plain test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data; /* of its own size, so that a byte too many is noticed */
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f || fstat(fileno(f), &st) < 0) {
		perror(path);
		return -1;
	}
	data = malloc((size_t)st.st_size);
	if (fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		perror(path);
		return -1;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	int replayed = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		const struct dirent *e;
		if (!d) {
			perror(argv[i]);
			return 1;
		}
		/* One thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
		while ((e = readdir(d))) {
			if (e->d_name[0] == '.')
				continue;
			if (replay_file(argv[i], e->d_name) < 0)
				return 1;
			replayed++;
		}
		closedir(d);
	}
	printf("%d inputs\n", replayed);
	return replayed > 0 ? 0 : 1;
}
