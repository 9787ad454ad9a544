#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "actuator/folder.h"
#include "actuator/ledger.h"
#include "actuator/need.h"

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

/* What Xen takes besides a guest's memory stays promised as long as it arrives. */
static uint64_t
still_needs(const Lifeboat__Guest *g, const struct xl_domain *list, int n)
{
	uint64_t most = need_most(g), has = 0;
	struct uuid uuid;
	int at;

	memcpy(uuid.b, g->uuid.data, sizeof(uuid.b));
	at = xl_find(list, n, &uuid, 0);
	if (at >= 0)
		has = list[at].memory_kib < most ? list[at].memory_kib : most;
	return need_free(g) - has;
}

static void
count(struct ledger *out, const char *folder, const struct xl_domain *list, int n_domains)
{
	static uint8_t packed[FOLDER_FILE_MAX];
	int n = folder_read(folder, "order", packed, sizeof(packed));
	Lifeboat__Order *o =
	    n < 0 ? NULL : lifeboat__order__unpack(NULL, (size_t)n, packed);

	if (!o)
		return;
	if (o->kind == ORDER_PREPARE && o->guest &&
	    o->guest->uuid.len == sizeof(struct uuid) && is_open(folder)) {
		out->arriving++;
		out->kib += still_needs(o->guest, list, n_domains);
	}
	lifeboat__order__free_unpacked(o, NULL);
}

void
ledger_sum(struct ledger *out, const char *run, const char *self,
    const struct xl_domain *list, int n)
{
	struct dirent *entry;
	DIR *dir = opendir(run);

	*out = (struct ledger){ 0 };
	/* One thread.  NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while (dir && (entry = readdir(dir))) {
		char folder[FOLDER_SIZE];
		if (entry->d_name[0] == '.' ||
		    snprintf(folder, sizeof(folder), "%s/%s", run, entry->d_name) >=
			FOLDER_SIZE ||
		    strcmp(folder, self) == 0)
			continue;
		count(out, folder, list, n);
	}
	if (dir)
		closedir(dir);
}
