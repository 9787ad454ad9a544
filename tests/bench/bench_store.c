/* What the disk costs an order: durable writes to a store in a folder (default /var/tmp).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/seal.h"
#include "policy/store.h"
#include "tests/bench/row.h"

enum { ROUNDS = 200 };

int
main(int argc, char **argv)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	const char *under = argc > 1 ? argv[1] : "/var/tmp";
	char folder[200], path[256];
	double took[ROUNDS];
	struct store *store;
	struct err err;

	snprintf(folder, sizeof(folder), "%s/lifeboat-bench-XXXXXX", under);
	if (seal_start() < 0 || !mkdtemp(folder))
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/store.db", folder);
	if (store_open(&store, path, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms();

		if (store_set_term(store, (uint64_t)i + 2, &err) < 0)
			return EXIT_FAILURE;
		took[i] = now_ms() - start;
	}
	store_close(store);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s/store.db%s", folder, ends[i]);
		unlink(path);
	}
	rmdir(folder);
	qsort(took, ROUNDS, sizeof(took[0]), by_size);
	printf("store, one durable write:  median %.2f ms, 99 of 100 within %.2f ms (in "
	       "%s)\n",
	    took[ROUNDS / 2], took[ROUNDS * 99 / 100], under);
	row("store, one durable write, median", took[ROUNDS / 2], "ms", "");
	row("store, one durable write, 99 of 100 within", took[ROUNDS * 99 / 100], "ms",
	    "");
	return EXIT_SUCCESS;
}
