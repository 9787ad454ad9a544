/*
 * From a report's arrival to the order that it gave rise to, in a pool of 1,000 hosts:
 * bench_order [FOLDER [HOSTS]], the store and the recording in FOLDER (default /var/tmp).
 *
 * The whole engine but its sockets: the frame is opened, decoded and validated, the core
 * steps, its actions are logged (to /dev/null), recorded and stored; then the order is in
 * the book, and the next reply carries it.  Hosts fail one after the other, each of them
 * to the peace of the one before.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/exchange.h"
#include "policy/core/core.h"
#include "policy/engine.h"
#include "tests/bench/row.h"
#include "tests/lib/load_report.h"

enum { ROUNDS = 200, HOSTS = 1000, SWEEP_MS = 1000, ALARMS = 5, PEACE = 10 };

/* No hold, so that the report itself decides; silences apart, time is no matter here. */
static const char rules[] = "[rules]\nhold = 0s\ncalm = 0s\nsilence = 1h\nfacts = 1h\n"
			    "prepare = 1s\n";

static struct seal_pair pair, *host_pair;
static struct exchange *monitor;
static struct engine *engine;
static mono_t now = { 1000000 };
static double synced_ms; /* since it was set to 0 */
static uint8_t frame[FRAME_MAX], reply[FRAME_MAX], body[FRAME_MAX];

static int
synced(long call, int fd)
{
	double start = now_ms();
	int r = (int)syscall(call, fd);

	synced_ms += now_ms() - start;
	return r;
}

/* In place of libc's, also for SQLite: what the disk takes is told apart. */
int
fsync(int fd)
{
	return synced(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return synced(SYS_fdatasync, fd);
}

static void
die(const char *what)
{
	printf("bench_order: %s\n", what);
	exit(EXIT_FAILURE);
}

static FILE *
create(const char *folder, const char *name, char *path, size_t size)
{
	FILE *f;

	snprintf(path, size, "%s/%s", folder, name);
	f = fopen(path, "we");
	if (!f || fchmod(fileno(f), 0600) < 0)
		die(path);
	return f;
}

static void
start_engine(const char *folder, int hosts)
{
	char key[SEAL_TEXT], key_path[300], path[300];
	struct policy_conf *conf;
	struct err err;
	FILE *f = create(folder, "engine.key", key_path, sizeof(key_path));

	seal_format(key, pair.secret_key);
	fprintf(f, "%s\n", key);
	fclose(f);
	f = create(folder, "policy.conf", path, sizeof(path));
	fprintf(f, "[engine]\nkey = %s\nstore = %s/store.db\nrecording = %s\n%s",
	    key_path, folder, folder, rules);
	for (int i = 0; i < hosts; i++) {
		seal_format(key, host_pair[i].public_key);
		fprintf(f, "[host n%d]\npublic-key = %s\n", i, key);
	}
	fclose(f);
	if (policy_conf_read(&conf, path, &err) < 0 ||
	    engine_new(&engine, conf, now, &err) < 0)
		die(err.text);
}

/* Until it is admitted: the second time with the nonce. */
static void
ask(struct exchange *x, Lifeboat__Request *request)
{
	unsigned int news = EXCHANGE_ASK_AGAIN;

	for (int i = 0; i < 2 && (news & EXCHANGE_ASK_AGAIN); i++) {
		size_t len;

		exchange_tick(x);
		len = exchange_ask(x, now, request, frame);
		len = engine_request(engine, frame, len, now, reply);
		if (exchange_reply(x, now, reply, len, &news) != FRAME_OK)
			die("a request was refused");
	}
}

static void
connect_actuator(int host)
{
	Lifeboat__Request request = LIFEBOAT__REQUEST__INIT;
	uint8_t key[WIRE_KEY] = { 1 };
	struct exchange x;

	memcpy(key, &host, sizeof(host));
	key[WIRE_KEY - 1] = 1;
	request.carrier_key.data = key;
	request.carrier_key.len = sizeof(key);
	if (exchange_init(
		&x, ROLE_ACTUATOR, &host_pair[host], pair.public_key, &load_boot) < 0)
		die("no memory");
	ask(&x, &request);
	exchange_deinit(&x);
}

static size_t
make_report(int host, bool whole, bool critical)
{
	const struct load_part part = { host, 0, whole, whole, critical };

	return exchange_report(&monitor[host], frame, body, load_report(body, &part));
}

static void
fill_pool(int hosts)
{
	struct err err;

	for (int i = 0; i < hosts; i++) {
		Lifeboat__Request request = LIFEBOAT__REQUEST__INIT;
		size_t len;

		if (exchange_init(&monitor[i], ROLE_MONITOR, &host_pair[i],
			pair.public_key, &load_boot) < 0)
			die("no memory");
		ask(&monitor[i], &request);
		len = make_report(i, true, false);
		engine_report(engine, frame, len, now);
		connect_actuator(i);
	}
	if (engine_mode(engine, MODE_ACT, now, &err) < 0)
		die(err.text);
}

/* Takes one report in; ms without the disk. */
static double
take(int host, bool critical, double *disk_ms)
{
	size_t len = make_report(host, false, critical);
	double start = now_ms();

	synced_ms = 0;
	engine_report(engine, frame, len, now);
	if (mono_since(core_deadline(engine->core), now) <= 0)
		engine_tick(engine, now);
	*disk_ms = synced_ms;
	return now_ms() - start - synced_ms;
}

static void
pass_time(int64_t ms)
{
	now = mono_add(now, ms);
	engine_tick(engine, now);
}

/* One host fails, and is well again; ms that the deciding report took. */
static double
fail_once(int host, double *disk_ms)
{
	double took = 0, none;

	for (int i = 0; i < ALARMS && engine->book.n == 0; i++) {
		pass_time(SWEEP_MS);
		took = take(host, true, disk_ms);
	}
	if (engine->book.n != 1)
		die("the reports made no order");
	take(host, false, &none);
	for (int i = 0; i < PEACE && engine->book.n > 0; i++)
		pass_time(SWEEP_MS);
	if (engine->book.n != 0)
		die("the order did not end");
	return took;
}

static void
tell(const char *what, double *ms, int n, const char *goal)
{
	char name[80];

	qsort(ms, (size_t)n, sizeof(ms[0]), by_size);
	printf("  %-28s median %.2f ms, most %.2f ms%s%s\n", what, ms[n / 2], ms[n - 1],
	    goal[0] ? "   goal " : "", goal);
	snprintf(name, sizeof(name), "report to order: %s, median", what);
	row(name, ms[n / 2], "ms", goal);
	snprintf(name, sizeof(name), "report to order: %s, most", what);
	row(name, ms[n - 1], "ms", goal);
}

int
main(int argc, char **argv)
{
	int hosts = argc > 2 ? (int)strtol(argv[2], NULL, 10) : HOSTS;
	int rounds = hosts < ROUNDS ? hosts : ROUNDS;
	double ms[ROUNDS], disk_ms[ROUNDS];
	char folder[200], command[240];
	int r;

	snprintf(folder, sizeof(folder), "%s/lifeboat-bench-XXXXXX",
	    argc > 1 ? argv[1] : "/var/tmp");
	if (seal_start() < 0 || !mkdtemp(folder) || !freopen("/dev/null", "w", stderr))
		return EXIT_FAILURE;
	host_pair = calloc((size_t)hosts, sizeof(*host_pair));
	monitor = calloc((size_t)hosts, sizeof(*monitor));
	if (!host_pair || !monitor)
		return EXIT_FAILURE;
	seal_generate(&pair);
	for (int i = 0; i < hosts; i++)
		seal_generate(&host_pair[i]);
	start_engine(folder, hosts);
	fill_pool(hosts);
	for (int i = 0; i < rounds; i++)
		ms[i] = fail_once(i, &disk_ms[i]);
	engine_free(engine);
	printf("a report that makes a host failing, to the order in the store, %d hosts, "
	       "%d times:\n",
	    hosts, rounds);
	tell("without the disk", ms, rounds, "<= 20 ms");
	tell("the store's fsync", disk_ms, rounds, "");
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	r = system(command);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
