#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/seal.h"
#include "base/text.h"
#include "tests/unit/cmocka_all.h"

struct host {
	char name[32];
	uint8_t key[SEAL_KEY];
};

struct example {
	char path[64];
	bool loud;
	int64_t hold_ms, memory_kib, percent, limit, count;
	int mode;
	struct host host[2];
	int n_hosts;
};

static const char *const modes[] = { "observe", "act", NULL };

static const struct conf_key keys[] = {
	/* clang-format off */
	{ "engine", "path", CONF_STRING, offsetof(struct example, path), 64, "/x", 0, 0, NULL, "A path." },
	{ "engine", "loud", CONF_BOOL, offsetof(struct example, loud), 0, "no", 0, 0, NULL, "Loud." },
	{ "engine", "must", CONF_INT, offsetof(struct example, count), 0, NULL, 1, 9, NULL, "Must." },
	{ "engine", "mode", CONF_WORD, offsetof(struct example, mode), 0, "observe", 0, 0, modes, "Mode." },
	{ "rules", "hold", CONF_DURATION, offsetof(struct example, hold_ms), 0, "10s", 1, 60000, NULL, "Hold." },
	{ "rules", "memory", CONF_MEMORY, offsetof(struct example, memory_kib), 0, "1GiB", 0, 0, NULL, "Memory." },
	{ "rules", "part", CONF_PERCENT, offsetof(struct example, percent), 0, "80%", 0, 0, NULL, "Part." },
	{ "rules", "hot", CONF_MILLI, offsetof(struct example, limit), 0, "75C", 0, 0, NULL, "Hot." },
	{ "host *", "public-key", CONF_KEY, offsetof(struct host, key), 0, NULL, 0, 0, NULL, "Key." },
	{ NULL, NULL, CONF_INT, 0, 0, NULL, 0, 0, NULL, NULL },
	/* clang-format on */
};

static void *
add_host(void *out, const char *kind, const char *name, struct err *err)
{
	struct example *e = out;

	(void)kind;
	for (int i = 0; i < e->n_hosts; i++)
		if (strcmp(e->host[i].name, name) == 0) {
			err_set(err, 0, "two hosts of this name");
			return NULL;
		}
	if (e->n_hosts == 2) {
		err_set(err, 0, "too many hosts");
		return NULL;
	}
	text_copy(e->host[e->n_hosts].name, sizeof(e->host[0].name), name);
	return &e->host[e->n_hosts++];
}

/* Reads text as a file; the sentence without the file's name, "" when it was accepted. */
static const char *
sentence(struct example *e, const char *text)
{
	static struct err err;
	char path[] = "/tmp/lifeboat-conf-XXXXXX";
	struct conf conf = { keys, e, add_host };
	int fd = mkstemp(path);
	int r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	memset(e, 0, sizeof(*e));
	err.text[0] = '\0';
	r = conf_read(&conf, path, &err);
	unlink(path);
	assert_true((r == 0) == (err.text[0] == '\0'));
	if (r == 0)
		return "";
	assert_memory_equal(err.text, path, strlen(path));
	return err.text + strlen(path);
}

static void
values_are_read_with_their_units(void **state)
{
	struct example e;

	(void)state;
	assert_string_equal(
	    sentence(&e,
		"# a comment\n[engine]\nmust = 3\nloud = yes\nmode = act\n\n"
		"[rules]\nhold = 30s\nmemory = 512MiB\npart = 5%\nhot = 76.5C\n"),
	    "");
	assert_int_equal(e.count, 3);
	assert_true(e.loud);
	assert_int_equal(e.mode, 1);
	assert_int_equal(e.hold_ms, 30000);
	assert_int_equal(e.memory_kib, 512 * 1024);
	assert_int_equal(e.percent, 5);
	assert_int_equal(e.limit, 76500);
}

static void
what_is_not_given_has_its_default(void **state)
{
	struct example e;

	(void)state;
	assert_string_equal(sentence(&e, "[engine]\nmust = 1\n"), "");
	assert_string_equal(e.path, "/x");
	assert_int_equal(e.hold_ms, 10000);
	assert_int_equal(e.limit, 75000);
}

static void
every_refusal_names_its_line(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		/* clang-format off */
		{ "[nobody]\nx = 1\n", ":2: nobody: no such section" },
		{ "x = 1\n", ":1: a key before any section" },
		{ "[engine]\nmusst = 1\n", ":2: musst: no such key in this section" },
		{ "[engine]\nmust = 1\nmust = 2\n", ":3: must: is given twice in this section" },
		{ "[engine\nmust = 1\n", ":1: not a section: [name] or [kind name]" },
		{ "[]\nmust = 1\n", ":1: not a section: [name] or [kind name]" },
		{ "[engine]\n  must = 1\n", ":2: a line must not be indented" },
		{ "[engine]\nmust = 1\n\tact = 2\n", ":3: a line must not be indented" },
		{ "[engine]\nmust =\n", ":2: must: has no value" },
		{ "[engine]\nmust = 0\n", ":2: must: is out of its range (1 to 9)" },
		{ "[engine]\nmust = 10\n", ":2: must: is out of its range (1 to 9)" },
		{ "[engine]\nmust = many\n", ":2: must: needs a whole number (1 to 9)" },
		{ "[engine]\nmust = 1\nloud = maybe\n", ":3: loud: is yes or no" },
		{ "[engine]\nmust = 1\nmode = panic\n", ":3: mode: is not one of the words it may be: observe, act" },
		{ "[rules]\nhold = 30\n", ":2: hold: needs a duration, such as 30s (1ms to 1m)" },
		{ "[rules]\nhold = 61s\n", ":2: hold: is out of its range (1ms to 1m)" },
		{ "[rules]\nmemory = 1GB\n", ":2: memory: needs an amount of memory, such as 512MiB" },
		{ "[rules]\npart = 101%\n", ":2: part: needs a percentage, such as 80%" },
		{ "[rules]\nhot = warm\n", ":2: hot: needs a number with its unit, such as 75C, 300RPM or 3.3V" },
		{ "[rules]\nhold = 1s\n", ":2: must: must be given in [engine]" },
		{ "[host a]\npublic-key = abc\n", ":2: public-key: needs a public key, as 'lifeboat pubkey' prints it" },
		{ "[engine]\nmust = 1\n[nobody]\n", ":3: nobody: no such section" },
		{ "[nobody]\n# x = 1\n[engine]\nmust = 1\n", ":1: nobody: no such section" },
		{ "[engine]\nmust = 1\n[host a]\n[rules]\n", ":4: public-key: must be given in [host a]" },
		{ "[engine]\nmust = 1\n[host a]\n#public-key = x\n", ":4: public-key: must be given in [host a]" },
		{ "[host a]\n[host a]\n[host b]\n[host c]\n", ":4: host c: too many hosts" },
		{ "[engine]\njust words\n", ":2: neither a section nor key = value" },
		/* clang-format on */
	};
	struct example e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(sentence(&e, rows[i].text), rows[i].sentence);
}

static void
a_long_line_is_refused_and_never_cut(void **state)
{
	char text[400] = "[engine]\npath = ";
	struct example e;

	(void)state;
	memset(text + strlen(text), 'a', 300);
	strcpy(text + 316, " dry = no\n");
	assert_string_equal(sentence(&e, text), ":2: a line is at most 190 bytes");
}

static void
what_cannot_be_read_to_its_end_is_refused(void **state)
{
	struct example e;
	struct conf conf = { keys + 3, &e, add_host }; /* of which none must be given */
	struct err err;

	(void)state;
	memset(&e, 0, sizeof(e));
	assert_int_equal(conf_read(&conf, "/nonexistent", &err), -ENOENT);
	assert_int_equal(conf_read(&conf, "/tmp", &err), -EISDIR);
	assert_string_equal(err.text, "/tmp: cannot read: Is a directory");
}

static void
two_hosts_of_one_name_are_refused(void **state)
{
	char key[SEAL_TEXT], text[512];
	struct seal_pair pair;
	struct example e;

	(void)state;
	seal_generate(&pair);
	seal_format(key, pair.public_key);
	snprintf(text, sizeof(text),
	    "[engine]\nmust = 1\n[host a]\npublic-key = %s\n[host b]\npublic-key = %s\n"
	    "[host a]\npublic-key = %s\n",
	    key, key, key);
	assert_string_equal(sentence(&e, text), ":8: host a: two hosts of this name");
}

static void
what_is_printed_parses_to_itself(void **state)
{
	struct example e, back;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_string_equal(
	    sentence(&e, "[engine]\nmust = 7\n[rules]\nhot = 2.5C\n"), "");
	conf_print(f, keys, "engine", "engine", &e);
	conf_print(f, keys, "rules", "rules", &e);
	fclose(f);
	assert_string_equal(sentence(&back, text), "");
	assert_memory_equal(&e, &back, sizeof(e));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_with_their_units),
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(every_refusal_names_its_line),
		cmocka_unit_test(a_long_line_is_refused_and_never_cut),
		cmocka_unit_test(what_cannot_be_read_to_its_end_is_refused),
		cmocka_unit_test(two_hosts_of_one_name_are_refused),
		cmocka_unit_test(what_is_printed_parses_to_itself),
	};

	if (seal_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
