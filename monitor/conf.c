#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "monitor/conf.h"

#define KEY_PATH      "/etc/lifeboat/host.key"
#define USER          "lifeboat"
#define SENSORS_EVERY "1s"
#define REST_EVERY    "5s"
#define DEADLINE      "4s"

#define AT(member)                                                                       \
	offsetof(struct monitor_conf, member), sizeof(((struct monitor_conf *)0)->member)

static const struct conf_key keys[] = {
	/* clang-format off */
	{ "host", "key", CONF_STRING, AT(key_path), KEY_PATH, 0, 0, NULL,
	  "File with this host's secret key, as written by 'lifeboat genkey'." },
	{ "engine", "public-key", CONF_KEY, AT(engine_key), NULL, 0, 0, NULL,
	  "Public key of the policy engine, as printed by 'lifeboat pubkey'." },
	{ "engine", "report", CONF_STRING, AT(engine.report), NULL, 0, 0, NULL,
	  "Where the engine takes reports: tcp://ADDRESS:PORT; no name." },
	{ "engine", "exchange", CONF_STRING, AT(engine.exchange), NULL, 0, 0, NULL,
	  "Where the engine answers requests: tcp://ADDRESS:PORT; no name." },
	{ "monitor", "user", CONF_STRING, AT(user), USER, 0, 0, NULL,
	  "Unprivileged user of the process that owns the network sockets." },
	{ "monitor", "sensors-every", CONF_DURATION, AT(sensors_every_ms), SENSORS_EVERY,
	  100, 60000, NULL, "How often sensors and the readings file are read." },
	{ "monitor", "rest-every", CONF_DURATION, AT(rest_every_ms), REST_EVERY,
	  500, 60000, NULL, "How often Xen and the iSCSI sessions are read." },
	{ "monitor", "deadline", CONF_DURATION, AT(deadline_ms), DEADLINE,
	  100, 60000, NULL, "How long a probe may take before it is killed and reported as hung." },
	{ "monitor", "readings-file", CONF_STRING, AT(readings_file), "", 0, 0, NULL,
	  "Text file with readings from elsewhere, by its absolute path; none when left out." },
	{ NULL, NULL, CONF_STRING, 0, 0, NULL, 0, 0, NULL, NULL },
	/* clang-format on */
};

int
monitor_conf_read(struct monitor_conf *conf, const char *path, struct err *err)
{
	const struct conf reader = { .keys = keys, .out = conf };
	int r;

	memset(conf, 0, sizeof(*conf));
	r = conf_read(&reader, path, err);
	if (r < 0)
		return r;
	if (!bus_is_address(conf->engine.report))
		return err_set(err, -EINVAL,
		    "%s: report: must be tcp://ADDRESS:PORT, and ADDRESS a number", path);
	if (!bus_is_address(conf->engine.exchange))
		return err_set(err, -EINVAL,
		    "%s: exchange: must be tcp://ADDRESS:PORT, and ADDRESS a number",
		    path);
	if (conf->readings_file[0] != '\0' && conf->readings_file[0] != '/')
		return err_set(
		    err, -EINVAL, "%s: readings-file: must be an absolute path", path);
	return 0;
}

void
monitor_conf_default(struct monitor_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	text_copy(conf->key_path, sizeof(conf->key_path), KEY_PATH);
	text_copy(conf->user, sizeof(conf->user), USER);
	text_parse_duration(&conf->sensors_every_ms, SENSORS_EVERY);
	text_parse_duration(&conf->rest_every_ms, REST_EVERY);
	text_parse_duration(&conf->deadline_ms, DEADLINE);
}

static const char *const sections[] = { "host", "engine", "monitor" };

void
monitor_conf_print(FILE *f, const struct monitor_conf *conf)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		conf_print(f, keys, sections[i], sections[i], conf);
}

void
monitor_conf_print_mdoc(FILE *f)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		conf_print_mdoc(f, keys, sections[i]);
}
