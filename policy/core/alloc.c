#include "policy/core/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct core *
core_free(struct core *core)
{
	if (!core)
		return NULL;
	free(core->host);
	free(core->sensors);
	free(core->names);
	free(core->xen);
	free(core->storage);
	free(core->paths);
	free(core->sayings);
	free(core->order);
	free(core->rest);
	free(core->queue);
	free(core->spare);
	free(core);
	return NULL;
}

int
core_new(struct core **out, const struct core_limits *limits)
{
	struct core *c;
	size_t hosts = (size_t)limits->hosts, orders = (size_t)limits->orders;

	if (limits->hosts < 1 || limits->hosts > 65536 || limits->orders < 1 ||
	    limits->orders > 1024)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;

	c->limits = *limits;
	c->rules = rules_default();
	c->plan_at = NEVER;
	c->now.ms = INT64_MIN / 4;
	c->host = calloc(hosts, sizeof(*c->host));
	c->sensors = calloc(hosts, sizeof(*c->sensors));
	c->names = calloc(hosts, sizeof(*c->names));
	c->xen = calloc(hosts, sizeof(*c->xen));
	c->storage = calloc(hosts, sizeof(*c->storage));
	c->paths = calloc(hosts, sizeof(*c->paths));
	c->sayings = calloc(hosts, sizeof(*c->sayings));
	c->order = calloc(orders, sizeof(*c->order));
	c->rest = calloc(orders * RESTS_PER_ORDER, sizeof(*c->rest));
	c->queue = calloc(hosts, sizeof(*c->queue));
	c->spare = calloc(1, sizeof(*c->spare));
	if (!c->host || !c->sensors || !c->names || !c->xen || !c->storage || !c->paths ||
	    !c->sayings || !c->order || !c->rest || !c->queue || !c->spare) {
		core_free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

/* Only what is in use, so that the rest stays untouched. */
static void
copy_host(struct core *to, const struct core *from, int32_t i)
{
	const struct host *h = &from->host[i];
	size_t head = offsetof(struct xen_facts, guests);

	to->host[i] = *h;
	memcpy(&to->sensors[i], &from->sensors[i],
	    h->n_sensors * sizeof(struct sensor_state));
	memcpy(
	    &to->names[i], &from->names[i], h->n_sensors * sizeof(struct sensor_facts));
	memcpy(&to->xen[i], &from->xen[i],
	    head + from->xen[i].n_guests * sizeof(struct guest_facts));
	memcpy(&to->storage[i], &from->storage[i],
	    offsetof(struct storage_facts, disks) +
		from->storage[i].n_disks * sizeof(struct disk_facts));
	memcpy(&to->paths[i], &from->paths[i], h->n_paths * sizeof(struct path));
	memcpy(&to->sayings[i], &from->sayings[i], h->n_said * sizeof(struct said));
}

int
core_copy(struct core **out, const struct core *core)
{
	struct core *c, own;
	int r;

	r = core_new(&c, &core->limits);
	if (r < 0)
		return r;
	own = *c;
	*c = *core;
	c->host = own.host;
	c->sensors = own.sensors;
	c->names = own.names;
	c->xen = own.xen;
	c->storage = own.storage;
	c->paths = own.paths;
	c->sayings = own.sayings;
	c->order = own.order;
	c->rest = own.rest;
	c->queue = own.queue;
	c->spare = own.spare;
	c->out = NULL;
	for (int32_t i = 0; i < core->n_hosts; i++)
		copy_host(c, core, i);
	memcpy(c->order, core->order, (size_t)core->n_orders * sizeof(*c->order));
	memcpy(c->rest, core->rest, (size_t)core->n_rests * sizeof(*c->rest));
	memcpy(c->queue, core->queue, (size_t)core->n_hosts * sizeof(*c->queue));
	*out = c;
	return 0;
}
