#include <stdio.h>

#include "policy/history.h"

void
history_add(struct history *h, mono_t now, const struct action *action, const char *text)
{
	struct history_entry *e = &h->entry[h->n++ % HISTORY_SIZE];

	e->at = now;
	e->from = action->from;
	e->to = action->to;
	e->guest = action->guest;
	snprintf(e->text, sizeof(e->text), "%s", text);
}

static bool
is_about(const struct history_entry *e, host_t host, const struct uuid *guest)
{
	if (guest)
		return uuid_equal(&e->guest, guest);
	return host.i < 0 || e->from.i == host.i || e->to.i == host.i;
}

const struct history_entry *
history_find(const struct history *h, int i, host_t host, const struct uuid *guest)
{
	uint64_t kept = h->n < HISTORY_SIZE ? h->n : HISTORY_SIZE;

	for (uint64_t k = 1; k <= kept; k++) {
		const struct history_entry *e = &h->entry[(h->n - k) % HISTORY_SIZE];
		if (is_about(e, host, guest) && i-- == 0)
			return e;
	}
	return NULL;
}
