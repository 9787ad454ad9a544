#include "policy/core/queue.h"

static bool
earlier(const struct core *core, int32_t a, int32_t b)
{
	mono_t x = core->host[a].due, y = core->host[b].due;

	return x.ms < y.ms || (x.ms == y.ms && a < b);
}

static void
put(struct core *core, int32_t slot, int32_t host)
{
	core->queue[slot] = host;
	core->host[host].slot = slot;
}

static void
rise(struct core *core, int32_t slot)
{
	int32_t host = core->queue[slot];

	while (slot > 0 && earlier(core, host, core->queue[(slot - 1) / 2])) {
		put(core, slot, core->queue[(slot - 1) / 2]);
		slot = (slot - 1) / 2;
	}
	put(core, slot, host);
}

static void
sink(struct core *core, int32_t slot)
{
	int32_t host = core->queue[slot];

	for (;;) {
		int32_t child = 2 * slot + 1;

		if (child >= core->n_hosts)
			break;
		if (child + 1 < core->n_hosts &&
		    earlier(core, core->queue[child + 1], core->queue[child]))
			child++;
		if (!earlier(core, core->queue[child], host))
			break;
		put(core, slot, core->queue[child]);
		slot = child;
	}
	put(core, slot, host);
}

void
queue_add(struct core *core, int32_t host)
{
	put(core, host, host);
	rise(core, host);
}

void
queue_set(struct core *core, int32_t host, mono_t due)
{
	core->host[host].due = due;
	rise(core, core->host[host].slot);
	sink(core, core->host[host].slot);
}

void
queue_build(struct core *core)
{
	for (int32_t i = 0; i < core->n_hosts; i++)
		put(core, i, i);
	for (int32_t i = core->n_hosts / 2 - 1; i >= 0; i--)
		sink(core, i);
}

int32_t
queue_first(const struct core *core)
{
	return core->n_hosts > 0 ? core->queue[0] : -1;
}

bool
queue_check(const struct core *core)
{
	for (int32_t i = 0; i < core->n_hosts; i++) {
		int32_t host = core->queue[i];

		if (host < 0 || host >= core->n_hosts || core->host[host].slot != i)
			return false;
		if (i > 0 && earlier(core, host, core->queue[(i - 1) / 2]))
			return false;
	}
	return true;
}
