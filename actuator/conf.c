#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "actuator/conf.h"

#define AT(member)                                                                       \
	offsetof(struct actuator_conf, member),                                          \
	    sizeof(((struct actuator_conf *)0)->member)

static const char *const autostart_words[] = { "refuse", "follow", NULL };

static const struct conf_key keys[] = {
	/* clang-format off */
	{ "host", "key", CONF_STRING, AT(key_path), "/etc/lifeboat/host.key", 0, 0, NULL,
	  "File with this host's secret key, as written by 'lifeboat genkey'." },
	{ "engine", "public-key", CONF_KEY, AT(engine_key), NULL, 0, 0, NULL,
	  "Public key of the policy engine, as printed by 'lifeboat pubkey'." },
	{ "engine", "exchange", CONF_STRING, AT(engine.exchange), NULL, 0, 0, NULL,
	  "Where the engine answers requests: tcp://ADDRESS:PORT; no name." },
	{ "arrival", "address", CONF_STRING, AT(address), NULL, 0, 0, NULL,
	  "Numeric address of this host at which guests arrive; a network apart from the disks' is best." },
	{ "arrival", "port", CONF_INT, AT(port), "7810", 1, 65000, NULL,
	  "First of the ports at which guests arrive; as many follow as there are berths." },
	{ "arrival", "berths", CONF_INT, AT(berths), "2", 1, 16, NULL,
	  "How many guests may be arriving at once." },
	{ "arrival", "berth-open", CONF_DURATION, AT(berth_ms), "60s", 1000, 3600000, NULL,
	  "How long a berth stays open for a guest that does not come." },
	{ "arrival", "reserve", CONF_MEMORY, AT(reserve_kib), "64MiB", 0, 0, NULL,
	  "Free memory of this host that no arriving guest is given." },
	{ "carrier", "silence", CONF_DURATION, AT(silence_ms), "30s", 1000, 3600000, NULL,
	  "A link on which the other side says nothing for so long is given up." },
	{ "carrier", "stall", CONF_DURATION, AT(stall_ms), "120s", 1000, 3600000, NULL,
	  "A move in which no byte moves for so long is given up, if it still may be." },
	{ "actuator", "user", CONF_STRING, AT(user), "lifeboat", 0, 0, NULL,
	  "Unprivileged user of the processes that own network sockets." },
	{ "actuator", "xl", CONF_STRING, AT(xl), "/usr/sbin/xl", 0, 0, NULL,
	  "The xl program." },
	{ "actuator", "run", CONF_STRING, AT(run), "/run/lifeboat/orders", 0, 0, NULL,
	  "Folder of the orders under way; it must not outlive a boot." },
	{ "actuator", "autostart", CONF_WORD, AT(autostart), "refuse", 0, 0, autostart_words,
	  "A guest with a link in /etc/xen/auto: refuse to move it, or follow it with file and link." },
	{ NULL, NULL, CONF_STRING, 0, 0, NULL, 0, 0, NULL, NULL },
	/* clang-format on */
};

static bool
is_numeric(const char *address)
{
	struct in6_addr any;

	return inet_pton(AF_INET, address, &any) == 1 ||
	       inet_pton(AF_INET6, address, &any) == 1;
}

int
actuator_conf_read(struct actuator_conf *conf, const char *path, struct err *err)
{
	const struct conf reader = { .keys = keys, .out = conf };
	int r;

	memset(conf, 0, sizeof(*conf));
	r = conf_read(&reader, path, err);
	if (r < 0)
		return r;
	if (!bus_is_address(conf->engine.exchange))
		return err_set(err, -EINVAL,
		    "%s: exchange: must be tcp://ADDRESS:PORT, and ADDRESS a number",
		    path);
	if (!is_numeric(conf->address))
		return err_set(err, -EINVAL, "%s: address: '%s' is no numeric address",
		    path, conf->address);
	if (conf->xl[0] != '/' || conf->run[0] != '/')
		return err_set(err, -EINVAL, "%s: xl, run: must be absolute paths", path);
	return 0;
}

/* Whoever changes the struct is to see this, and raise its version. */
_Static_assert(sizeof(struct actuator_conf) == 824 && ACTUATOR_CONF_VERSION == 1,
    "struct actuator_conf has changed: raise ACTUATOR_CONF_VERSION");

void
actuator_conf_pack(struct actuator_conf_record *record, const struct actuator_conf *conf)
{
	memset(record, 0, sizeof(*record));
	record->version = ACTUATOR_CONF_VERSION;
	record->size = sizeof(*conf);
	record->conf = *conf;
}

bool
actuator_conf_is_ours(const struct actuator_conf_record *record, int len)
{
	return len == (int)sizeof(*record) && record->version == ACTUATOR_CONF_VERSION &&
	       record->size == sizeof(record->conf);
}

static const char *const sections[] = { "host", "engine", "arrival", "carrier",
	"actuator" };

void
actuator_conf_print(FILE *f, const struct actuator_conf *conf)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		conf_print(f, keys, sections[i], sections[i], conf);
}

void
actuator_conf_print_mdoc(FILE *f)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		conf_print_mdoc(f, keys, sections[i]);
}
