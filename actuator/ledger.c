#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "actuator/folder.h"
#include "actuator/ledger.h"
#include "actuator/preflight.h"

/* Its outcome is not said yet, or only that its berth is open. */
static bool
is_open(const char *folder)
{
	static uint8_t packed[FOLDER_FILE_MAX];
	int n = folder_read(folder, "state", packed, sizeof(packed));
	Lifeboat__OrderState *s =
	    n < 0 ? NULL : lifeboat__order_state__unpack(NULL, (size_t)n, packed);
	bool open = !s || s->outcome == OUTCOME_NONE || s->outcome == OUTCOME_READY;

	if (s)
		lifeboat__order_state__free_unpacked(s, NULL);
	return open;
}

static void
count(const char *folder, int *arriving, uint64_t *kib)
{
	static uint8_t packed[FOLDER_FILE_MAX];
	int n = folder_read(folder, "order", packed, sizeof(packed));
	Lifeboat__Order *o =
	    n < 0 ? NULL : lifeboat__order__unpack(NULL, (size_t)n, packed);

	if (!o)
		return;
	if (o->kind == ORDER_PREPARE && o->guest && is_open(folder)) {
		(*arriving)++;
		*kib += preflight_need(o->guest);
	}
	lifeboat__order__free_unpacked(o, NULL);
}

void
ledger_sum(const char *run, const char *self, int *arriving, uint64_t *kib)
{
	struct dirent *entry;
	DIR *dir = opendir(run);

	*arriving = 0;
	*kib = 0;
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && (entry = readdir(dir))) {
		char folder[FOLDER_SIZE];
		if (entry->d_name[0] == '.' ||
		    snprintf(folder, sizeof(folder), "%s/%s", run, entry->d_name) >=
			FOLDER_SIZE ||
		    strcmp(folder, self) == 0)
			continue;
		count(folder, arriving, kib);
	}
	if (dir)
		closedir(dir);
}
