#include "tests/unit/engine_rig.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "policy/door_answer.h"
#include "tests/unit/cmocka_all.h"

static const struct uuid boot = { { 7 } };
static uint8_t web_uuid[16] = { 0xc0, 0xff, 0xee, [15] = 1 };
static uint8_t frame[FRAME_MAX], reply[FRAME_MAX];

static void
write_file(const struct rig *r, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
}

static void
write_conf(struct rig *r)
{
	char text[4096], key[SEAL_TEXT];
	size_t len;

	seal_format(key, r->pair.secret_key);
	write_file(r, "engine.key", key);
	len = (size_t)snprintf(text, sizeof(text),
	    "[engine]\nkey = %s/engine.key\nstore = %s/store.db\nrecording = no\n"
	    "[rules]\nhold = 2s\ncalm = 0s\n[sensor *]\nhigh-critical = 60C\n",
	    r->folder, r->folder);
	for (int i = 0; i < RIG_HOSTS; i++) {
		seal_format(key, r->host[i].pair.public_key);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "[host n%d]\npublic-key = %s\n", i + 1, key);
	}
	write_file(r, "policy.conf", text);
}

static void
start(struct rig *r)
{
	struct policy_conf *conf;
	struct err err;
	char path[128];

	snprintf(path, sizeof(path), "%s/policy.conf", r->folder);
	if (policy_conf_read(&conf, path, &err) < 0 ||
	    engine_new(&r->engine, conf, r->now, &err) < 0)
		fail_msg("%s", err.text);
}

void
rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	r->now.ms = 1000000;
	strcpy(r->folder, "/tmp/lifeboat-rig-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	seal_generate(&r->pair);
	for (int i = 0; i < RIG_HOSTS; i++) {
		struct rig_host *h = &r->host[i];

		seal_generate(&h->pair);
		h->carrier_key[0] = (uint8_t)(i + 1);
		h->guest = i == 0;
		h->temp = 45000;
		h->domid = 3;
		assert_int_equal(exchange_init(&h->monitor, ROLE_MONITOR, &h->pair,
				     r->pair.public_key, &boot),
		    0);
		assert_int_equal(exchange_init(&h->actuator, ROLE_ACTUATOR, &h->pair,
				     r->pair.public_key, &boot),
		    0);
	}
	write_conf(r);
	start(r);
}

void
rig_deinit(struct rig *r)
{
	static const char *const files[] = { "engine.key", "policy.conf", "store.db",
		"store.db-wal", "store.db-shm" };
	char path[128];

	engine_free(r->engine);
	for (int i = 0; i < RIG_HOSTS; i++) {
		exchange_deinit(&r->host[i].monitor);
		exchange_deinit(&r->host[i].actuator);
		rig_drop(r, i);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", r->folder, files[i]);
		unlink(path);
	}
	rmdir(r->folder);
}

int
rig_setup(void **state)
{
	struct rig *r = malloc(sizeof(*r));

	assert_non_null(r);
	rig_init(r);
	rig_run(r, 3000);
	*state = r;
	return 0;
}

int
rig_teardown(void **state)
{
	rig_deinit(*state);
	free(*state);
	return 0;
}

void
rig_restart(struct rig *r)
{
	engine_free(r->engine);
	start(r);
}

/* Ask, and once more with the nonce if it must be so. */
static const Lifeboat__Reply *
ask(struct rig *r, struct exchange *x, Lifeboat__Request *request)
{
	unsigned int news = 0;

	for (int i = 0; i < 2; i++) {
		size_t len;

		exchange_tick(x);
		len = exchange_ask(x, r->now, request, frame);
		len = engine_request(r->engine, frame, len, r->now, reply);
		assert_int_equal(exchange_reply(x, r->now, reply, len, &news), FRAME_OK);
		if (!(news & EXCHANGE_ASK_AGAIN))
			break;
	}
	return x->reply;
}

static void
fill_guest(Lifeboat__Guest *g, const struct rig_host *h)
{
	static char disk[] = "lun1", bridge[] = "xenbr0", name[] = "web";
	static char *disks[] = { disk }, *bridges[] = { bridge };

	lifeboat__guest__init(g);
	g->uuid.data = web_uuid;
	g->uuid.len = sizeof(web_uuid);
	g->name = name;
	g->domid = h->domid;
	g->type = GUEST_PVH;
	g->state = h->state;
	g->memory_kib = g->max_kib = 1048576;
	g->vcpus = 1;
	g->disks = disks;
	g->n_disks = 1;
	g->bridges = bridges;
	g->n_bridges = 1;
}

static void
fill_xen(Lifeboat__Xen *x, Lifeboat__Guest **guests, const struct rig_host *h)
{
	static char bridge[] = "xenbr0", capabilities[] = "hvm-3.0-x86_64";
	static char *bridges[] = { bridge };

	lifeboat__xen__init(x);
	x->major = 4;
	x->minor = 17;
	x->capabilities = capabilities;
	x->total_kib = 16 << 20;
	x->free_kib = 8 << 20;
	x->cpus = 8;
	x->live_hvm = true;
	x->bridges = bridges;
	x->n_bridges = 1;
	x->guests = guests;
	x->n_guests = h->guest ? 1 : 0;
}

static size_t
pack_report(const struct rig_host *h, uint8_t *body)
{
	static char lun[] = "lun1", sensor_name[] = "cpu/temp1";
	static uint8_t boot_id[16] = { 7 };
	Lifeboat__Report m = LIFEBOAT__REPORT__INIT;
	Lifeboat__Probe probe[3], *probes[3];
	Lifeboat__Sensor sensor = LIFEBOAT__SENSOR__INIT, *sensors[] = { &sensor };
	Lifeboat__Catalogue catalogue = LIFEBOAT__CATALOGUE__INIT,
			    *catalogues[] = { &catalogue };
	Lifeboat__Readings readings = LIFEBOAT__READINGS__INIT,
			   *readings_list[] = { &readings };
	Lifeboat__Disk disk = LIFEBOAT__DISK__INIT, *disks[] = { &disk };
	Lifeboat__Storage storage = LIFEBOAT__STORAGE__INIT;
	Lifeboat__Guest guest, *guests[] = { &guest };
	Lifeboat__Xen xen;
	int64_t value = h->temp;
	uint32_t state = 0;

	for (uint32_t i = 0; i < 3; i++) {
		lifeboat__probe__init(&probe[i]);
		probe[i].id = i;
		probes[i] = &probe[i];
	}
	sensor.name = sensor_name;
	sensor.kind = SENSOR_TEMP;
	catalogue.generation = readings.generation = 1;
	catalogue.sensors = sensors;
	catalogue.n_sensors = 1;
	readings.values = &value;
	readings.states = &state;
	readings.n_values = readings.n_states = 1;
	disk.identity = lun;
	disk.size_kib = 4096;
	storage.disks = disks;
	storage.n_disks = 1;
	fill_guest(&guest, h);
	fill_xen(&xen, guests, h);
	m.boot_id.data = boot_id;
	m.boot_id.len = sizeof(boot_id);
	m.probes = probes;
	m.n_probes = 3;
	m.catalogues = catalogues;
	m.n_catalogues = 1;
	m.readings = readings_list;
	m.n_readings = 1;
	m.xen = &xen;
	m.storage = &storage;
	return lifeboat__report__pack(&m, body);
}

void
rig_report(struct rig *r, int host)
{
	static uint8_t body[FRAME_MAX];
	struct rig_host *h = &r->host[host];
	Lifeboat__Request request = LIFEBOAT__REQUEST__INIT;
	size_t len;

	ask(r, &h->monitor, &request);
	len = exchange_report(&h->monitor, frame, body, pack_report(h, body));
	engine_report(r->engine, frame, len, r->now);
}

void
rig_ask(struct rig *r, int host)
{
	struct rig_host *h = &r->host[host];
	Lifeboat__Request request = LIFEBOAT__REQUEST__INIT;

	request.term = h->term;
	request.carrier_key.data = h->carrier_key;
	request.carrier_key.len = WIRE_KEY;
	request.orders = h->states;
	request.n_orders = h->n_states;
	h->reply = ask(r, &h->actuator, &request);
}

void
rig_run(struct rig *r, int64_t ms)
{
	for (; ms > 0; ms -= 1000) {
		r->now = mono_add(r->now, 1000);
		engine_tick(r->engine, r->now);
		engine_sweep(r->engine, r->now);
		for (int i = 0; i < RIG_HOSTS; i++) {
			rig_report(r, i);
			rig_ask(r, i);
		}
	}
}

Lifeboat__OrderState *
rig_take(struct rig *r, int host, const Lifeboat__Order *order)
{
	struct rig_host *h = &r->host[host];
	Lifeboat__OrderState blank = LIFEBOAT__ORDER_STATE__INIT, *s;
	uint8_t hash[WIRE_HASH], body[1024];
	Lifeboat__OrderId id = *order->id;
	size_t len;

	/* Packed and unpacked: nothing borrowed from the reply. */
	wire_order_hash(hash, order);
	blank.id = &id;
	blank.hash.data = hash;
	blank.hash.len = sizeof(hash);
	len = lifeboat__order_state__pack(&blank, body);
	s = lifeboat__order_state__unpack(NULL, len, body);
	assert_non_null(s);
	h->states[h->n_states++] = s;
	return s;
}

void
rig_drop(struct rig *r, int host)
{
	struct rig_host *h = &r->host[host];

	for (size_t i = 0; i < h->n_states; i++)
		lifeboat__order_state__free_unpacked(h->states[i], NULL);
	h->n_states = 0;
}

char *
rig_door(struct rig *r, const char *request)
{
	struct door_asker asker = { .now = r->now, .by = "olga" };
	json_t *answer = door_answer(r->engine, request, strlen(request), &asker);
	char *text = json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS);

	json_decref(answer);
	return text;
}

void
rig_door_says(struct rig *r, const char *request, const char *part)
{
	char *text = rig_door(r, request);

	if (!strstr(text, part))
		fail_msg("%s: %s is not in %s", request, part, text);
	free(text);
}

static FILE *log_kept;
static int log_before;

void
rig_log_begin(void)
{
	log_kept = tmpfile();
	log_before = dup(STDERR_FILENO);
	assert_non_null(log_kept);
	dup2(fileno(log_kept), STDERR_FILENO);
}

const char *
rig_log_end(void)
{
	static char text[65536];
	ssize_t n = pread(fileno(log_kept), text, sizeof(text) - 1, 0);

	dup2(log_before, STDERR_FILENO);
	close(log_before);
	fclose(log_kept);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

Lifeboat__OrderState *
rig_prepare(struct rig *r)
{
	struct err err;

	assert_int_equal(engine_mode(r->engine, MODE_ACT, r->now, &err), 0);
	assert_int_equal(engine_drain(r->engine, (host_t){ 0 }, true, r->now, &err), 0);
	rig_ask(r, 1);
	assert_int_equal(r->host[1].reply->n_orders, 1);
	return rig_take(r, 1, r->host[1].reply->orders[0]);
}

void
rig_open_berth(Lifeboat__OrderState *s)
{
	Lifeboat__Berth *b = malloc(sizeof(*b));

	lifeboat__berth__init(b);
	b->address = strdup("192.0.2.2");
	b->port = 7900;
	b->key.data = malloc(WIRE_KEY);
	memset(b->key.data, 9, WIRE_KEY);
	b->key.len = WIRE_KEY;
	s->berth = b;
	s->outcome = OUTCOME_READY;
	s->phase = PHASE_BERTHED;
}

Lifeboat__OrderState *
rig_move(struct rig *r, Lifeboat__OrderState *prepared)
{
	rig_open_berth(prepared);
	rig_ask(r, 1);
	rig_ask(r, 0);
	assert_int_equal(r->host[0].reply->n_orders, 1);
	return rig_take(r, 0, r->host[0].reply->orders[0]);
}
