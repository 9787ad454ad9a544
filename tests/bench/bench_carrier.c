/*
 * One guest's memory through a pair of real carriers: bench_carrier ACTUATOR MIB ADDRESS
 * [NAMESPACE], the target's carrier at ADDRESS in that network namespace.
 * Also the two ends of other ways: bench_carrier --source MIB, bench_carrier --sink MIB.
 *
 * The driver is mover and xl of both sides; the carriers are the actuator's own program.
 * What swallows the bytes prints the seconds between the first and the last of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actuator/carrier.h"
#include "actuator/keys.h"
#include "actuator/run.h"
#include "actuator/shim.h"
#include "actuator/words.h"
#include "base/clock.h"

enum { CHUNK = 256 * 1024, MIB = 1024 * 1024, WAIT_MS = 120000 };

static const char config[] =
    "{\"c_info\":{\"uuid\":\"c0ffee00-0000-4000-8000-000000000001\",\"name\":\"web\"},"
    "\"b_info\":{}}";

static uint8_t chunk[CHUNK];

static void
die(const char *what)
{
	perror(what);
	_exit(1);
}

static void
put(int fd, const void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)data + done, len - done);
		if (n <= 0)
			die("write");
		done += (size_t)n;
	}
}

static void
get(int fd, void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, (char *)data + done, len - done);
		if (n <= 0)
			die("read");
		done += (size_t)n;
	}
}

static void
pour(int fd, size_t mib)
{
	for (size_t i = 0; i < mib * (MIB / CHUNK); i++)
		put(fd, chunk, CHUNK);
}

static void
drink(int fd, size_t bytes)
{
	mono_t began = { 0 };
	int64_t ms;

	for (bool first = true; bytes > 0; first = false) {
		ssize_t n = read(fd, chunk, bytes < CHUNK ? bytes : CHUNK);
		if (n <= 0)
			die("the stream ended early");
		if (first)
			began = clock_mono();
		bytes -= (size_t)n;
	}
	ms = mono_since(clock_mono(), began);
	fprintf(stderr, "seconds %d.%03d\n", (int)(ms / 1000), (int)(ms % 1000));
}

static size_t
make_head(uint8_t head[512])
{
	static const char magic[32] = "Xen saved domain, xl format\n \0 \r";
	uint32_t words[] = { 0x01020304, 3, 0, 4 + sizeof(config), sizeof(config) };

	memcpy(head, magic, sizeof(magic));
	memcpy(head + sizeof(magic), words, sizeof(words));
	memcpy(head + sizeof(magic) + sizeof(words), config, sizeof(config));
	return sizeof(magic) + sizeof(words) + sizeof(config);
}

/* xl on the source: its pipes are the shim's other ends. */
static void
be_source(int to, int from, size_t mib)
{
	uint8_t head[512], word[64];

	get(from, word, WORDS_BANNER_SIZE);
	put(to, head, make_head(head));
	pour(to, mib);
	get(from, word, WORDS_READY_SIZE);
	put(to, WORDS_GO, WORDS_GO_SIZE);
	get(from, word, WORDS_REPORT_SIZE + 1);
	_exit(0);
}

static void
be_target(int from, int to, size_t mib)
{
	uint8_t head[512], word[64];

	put(to, WORDS_BANNER, WORDS_BANNER_SIZE);
	drink(from, make_head(head) + mib * MIB);
	put(to, WORDS_READY, WORDS_READY_SIZE);
	get(from, word, WORDS_GO_SIZE);
	put(to, WORDS_REPORT "\0", WORDS_REPORT_SIZE + 1);
	_exit(0);
}

static int
start_carrier(struct process *p, const char *actuator, const struct carrier_conf *conf,
    const int *fds, int n)
{
	const char *const argv[] = { "lifeboat-carrier", "--role=carrier", NULL };
	int all[8] = { -1, STDERR_FILENO, STDERR_FILENO };
	struct err err;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
	all[CARRIER_CONTROL] = pair[1];
	all[CARRIER_LOCK] = -1;
	for (int i = 0; i < n; i++)
		all[CARRIER_LISTENER + i] = fds[i];
	if (run_spawn(p, actuator, argv, (struct run_fds){ all, CARRIER_LISTENER + n },
		&err) < 0)
		die("carrier");
	close(pair[1]);
	record_write(pair[0], CARRIER_CONF, conf, sizeof(*conf));
	return pair[0];
}

static uint16_t
wait_port(int control)
{
	uint8_t tag, data[1024];
	size_t len;
	uint16_t port;

	do
		if (record_read(control, &tag, data, sizeof(data), &len) < 0)
			die("the target's carrier");
	while (tag != CARRIER_BERTH);
	memcpy(&port, data, sizeof(port));
	return port;
}

/* Both movers, until the source's carrier has ended. */
static int
see_through(int source, int target)
{
	struct pollfd p[] = { { source, POLLIN, 0 }, { target, POLLIN, 0 } };
	uint8_t tag, data[1024];
	size_t len;

	while (poll(p, 2, WAIT_MS) > 0) {
		for (int i = 0; i < 2; i++) {
			if (!p[i].revents)
				continue;
			if (record_read(p[i].fd, &tag, data, sizeof(data), &len) < 0) {
				if (i == 0)
					return 0;
				p[i].fd = -1;
				continue;
			}
			if (tag == CARRIER_FAILED) {
				fprintf(stderr, "%s: %s\n", (char *)data,
				    (char *)data + strlen((char *)data) + 1);
				return 1;
			}
			if (i == 0 && tag == CARRIER_PHASE && data[0] == PHASE_READY)
				record_write(source, CARRIER_ALLOW, NULL, 0);
		}
	}
	return 1;
}

static void
prepare(struct carrier_conf *source, struct carrier_conf *target, const char *address)
{
	struct keys_pair a, b;

	keys_make(&a);
	keys_make(&b);
	*target = (struct carrier_conf){ .is_target = true,
		.port = 7900,
		.ports = 16,
		.name = "web",
		.scripts = "/etc/xen/scripts",
		.berth_ms = WAIT_MS,
		.silence_ms = WAIT_MS,
		.stall_ms = WAIT_MS };
	snprintf(target->address, sizeof(target->address), "%s", address);
	uuid_parse(&target->uuid, "c0ffee00-0000-4000-8000-000000000001");
	*source = *target;
	source->is_target = false;
	link_derive(&source->keys, a.public_key, a.secret_key, b.public_key, false);
	link_derive(&target->keys, b.public_key, b.secret_key, a.public_key, true);
}

static void
enter(int namespace)
{
	if (namespace >= 0 && setns(namespace, CLONE_NEWNET) < 0)
		die("setns");
}

static int
carry(const char *actuator, size_t mib, const char *address, int away)
{
	struct carrier_conf source, target;
	struct process one = PROCESS_NULL, two = PROCESS_NULL;
	char folder[] = "/tmp/bench-carrier-XXXXXX", command[64];
	int to_t[2], from_t[2], to_s[2], from_s[2], s, t, listener, journal, r;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	prepare(&source, &target, address);
	if (!mkdtemp(folder) || pipe2(to_t, O_CLOEXEC) < 0 ||
	    pipe2(from_t, O_CLOEXEC) < 0 || pipe2(to_s, O_CLOEXEC) < 0 ||
	    pipe2(from_s, O_CLOEXEC) < 0)
		die("pipe");
	fcntl(to_t[1], F_SETPIPE_SZ, MIB);
	journal = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	enter(away);
	t = start_carrier(
	    &two, actuator, &target, (int[]){ to_t[1], from_t[0], journal }, 3);
	enter(home);
	if (fork() == 0)
		be_target(to_t[0], from_t[1], mib);
	close(to_t[1]);
	close(from_t[0]);
	source.port = wait_port(t);
	listener = shim_listen(folder);
	s = start_carrier(&one, actuator, &source, &listener, 1);
	if (fork() == 0) {
		dup2(to_s[0], STDIN_FILENO);
		dup2(from_s[1], STDOUT_FILENO);
		close(to_s[1]);
		_exit(shim_run(folder));
	}
	if (fork() == 0) {
		close(to_s[0]);
		be_source(to_s[1], from_s[0], mib);
	}
	close(to_s[0]);
	close(to_s[1]);
	close(from_s[0]);
	close(from_s[1]);
	r = see_through(s, t);
	close(s);
	close(t);
	while (wait(NULL) > 0)
		;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) | r;
}

int
main(int argc, char **argv)
{
	int away = -1;

	if (sodium_init() < 0)
		return 1;
	randombytes_buf(chunk, sizeof(chunk));
	if (argc == 3 && strcmp(argv[1], "--source") == 0) {
		pour(STDOUT_FILENO, strtoul(argv[2], NULL, 10));
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "--sink") == 0) {
		drink(STDIN_FILENO, strtoul(argv[2], NULL, 10) * MIB);
		return 0;
	}
	if (argc != 4 && argc != 5)
		return 2;
	if (argc == 5)
		away = open(argv[4], O_RDONLY | O_CLOEXEC);
	return carry(argv[1], strtoul(argv[2], NULL, 10), argv[3], away);
}
