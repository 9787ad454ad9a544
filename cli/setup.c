#include "cli/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/program.h"

enum { KEY_MODE = 0600, CONF_MODE = 0644, MAX_UNITS = 4 };

/* What the daemons look for when their configuration names no key. */
#define DEFAULT_FOLDER "/etc/lifeboat"

void
setup_say(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = screen_vformat(fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s\n", text);
	free(text);
}

void
setup_next(const char *sentence, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = screen_vformat(fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n%s\n\n    %s\n", sentence, text);
	free(text);
}

int
setup_begin(struct setup *s, const struct cli *cli)
{
	*s = (struct setup){ .cli = cli, .lock = -1 };
	if (seal_start() < 0)
		return err_set(&s->err, -EIO, "libsodium does not start");
	if (cli->folder[0] != '/')
		return err_set(&s->err, -EINVAL, "--folder: a path begins with a slash");
	s->lock = files_lock(cli->folder, &s->err);
	return s->lock < 0 ? s->lock : 0;
}

int
setup_end(struct setup *s, int r, const char *command)
{
	for (size_t i = 0; i < s->n; i++)
		files_drop(&s->files[i]);
	if (s->lock >= 0)
		close(s->lock);
	if (r == 0)
		return CLI_OK;
	cli_error("%s: %s%s", command, s->err.text,
	    (r == -EACCES || r == -EPERM) && geteuid() != 0 ? "; this needs root" : "");
	return CLI_REFUSED;
}

static int
path_in(struct setup *s, char path[SETUP_PATH], const char *file)
{
	if (snprintf(path, SETUP_PATH, "%s/%s", s->cli->folder, file) >= SETUP_PATH)
		return err_set(&s->err, -ENAMETOOLONG, "--folder: the path is too long");
	return 0;
}

static void
note_read(struct setup *s, const char *path)
{
	if (s->n_read < SETUP_FILES)
		text_copy(s->read[s->n_read++], SETUP_PATH, path);
}

int
setup_open(struct setup *s, struct setup_conf *c, const char *daemon, const char *file)
{
	char *text;
	int r;

	*c = (struct setup_conf){ .daemon = daemon, .edit = EDIT_NULL };
	r = path_in(s, c->path, file);
	if (r == 0)
		note_read(s, c->path);
	if (r == 0)
		r = files_read(&text, &c->found, c->path, &s->err);
	if (r != 0)
		return r;
	r = edit_init(&c->edit, text);
	free(text);
	return r == 0 ? 0 : err_set(&s->err, r, "out of memory");
}

void
setup_close(struct setup_conf *c)
{
	edit_deinit(&c->edit);
}

int
setup_want(struct setup *s, struct setup_conf *c, const char *const where[2],
    const char *value, const char *example)
{
	char old[EDIT_VALUE];
	size_t line = edit_get(&c->edit, where[0], where[1], old);

	if (line && strcmp(old, value) == 0)
		return 0;
	if (line && !s->cli->force && (!example || strcmp(old, example) != 0))
		return err_set(&s->err, -EEXIST,
		    "%s:%zu: %s is %s already; --force makes it %s", c->path, line,
		    where[1], old, value);
	c->changed = true;
	if (edit_set(&c->edit, where[0], where[1], value) < 0)
		return err_set(&s->err, -ENOMEM, "out of memory");
	return 0;
}

int
setup_key_path(struct setup *s, struct setup_conf *c, const char *section,
    const char *file, char path[SETUP_PATH])
{
	const char *const where[2] = { section, "key" };
	char given[EDIT_VALUE];
	int r;

	if (edit_get(&c->edit, section, "key", given)) {
		text_copy(path, SETUP_PATH, given);
		return 0;
	}
	r = path_in(s, path, file);
	if (r < 0 || strcmp(s->cli->folder, DEFAULT_FOLDER) == 0)
		return r;
	return setup_want(s, c, where, path, NULL);
}

static int
prepare(struct setup *s, const char *path, const char *text, struct files_owner owner)
{
	int r = files_prepare(&s->files[s->n], path, text, &owner, &s->err);

	s->n += r == 0;
	return r;
}

static int
make_key(struct setup *s, const char *path, uid_t uid, gid_t gid, struct seal_pair *pair)
{
	const struct files_owner owner = { uid, gid, KEY_MODE };
	char text[SEAL_TEXT + 1];
	int r;

	seal_generate(pair);
	seal_format(text, pair->secret_key);
	text[SEAL_TEXT - 1] = '\n';
	text[SEAL_TEXT] = '\0';
	r = prepare(s, path, text, owner);
	explicit_bzero(text, sizeof(text));
	return r;
}

int
setup_key(struct setup *s, const char *path, uid_t uid, gid_t gid, struct seal_pair *pair)
{
	struct stat st;

	note_read(s, path);
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return make_key(s, path, uid, gid, pair);
	if (seal_read(pair, path, &s->err) < 0)
		return -EINVAL;
	if (stat(path, &st) == 0 && st.st_uid != uid)
		return err_set(&s->err, -EINVAL,
		    "%s belongs to another than it should: chown %u:%u %s", path, uid,
		    gid, path);
	setup_say("%s: stands already", path);
	return 0;
}

int
setup_stage(struct setup *s, struct setup_conf *c)
{
	const struct files_owner owner = { geteuid(), getegid(), CONF_MODE };
	const char *argv[] = { NULL, "-n", "-c", NULL, NULL };
	char program[PATH_MAX], *text;
	int r;

	if (!c->changed && c->found) {
		setup_say("%s: stands already", c->path);
		return 0;
	}
	if (!program_find(program, c->daemon))
		return err_set(&s->err, -ENOENT, "%s is not installed here", c->daemon);
	text = edit_text(&c->edit);
	if (!text)
		return err_set(&s->err, -ENOMEM, "out of memory");
	r = prepare(s, c->path, text, owner);
	free(text);
	if (r < 0)
		return r;
	argv[0] = program;
	argv[3] = s->files[s->n - 1].path_new;
	r = program_run(argv);
	if (r != 0)
		return err_set(&s->err, -EINVAL,
		    "%s would not accept %s as it would become; nothing was changed",
		    c->daemon, c->path);
	return 0;
}

int
setup_commit(struct setup *s)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++) {
		r = files_commit(&s->files[i], s->lock, &s->err);
		if (r == 0)
			setup_say("%s: written", s->files[i].path);
	}
	return r;
}

static int
systemctl(struct setup *s, const char *verb, const char *const *units)
{
	const char *argv[MAX_UNITS + 3] = { "systemctl", verb };
	char why[128];
	int r;

	for (size_t i = 0; i < MAX_UNITS && units[i]; i++)
		argv[2 + i] = units[i];
	r = program_run(argv);
	if (r < 0)
		return err_set(&s->err, -EIO, "cannot run systemctl: %s",
		    err_text(why, sizeof(why), r));
	if (r > 0)
		return err_set(&s->err, -EIO, "systemctl %s %s failed; all is written",
		    verb, units[0]);
	return 0;
}

static int64_t
now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* When the youngest of what the daemons read took its place, on the monotonic clock. */
static int64_t
newest_us(const struct setup *s)
{
	int64_t offset = now_us(CLOCK_REALTIME) - now_us(CLOCK_MONOTONIC), at, newest = 0;
	struct stat st;

	for (size_t i = 0; i < s->n_read; i++) {
		if (stat(s->read[i], &st) < 0)
			continue;
		at = (int64_t)st.st_ctim.tv_sec * 1000000 + st.st_ctim.tv_nsec / 1000;
		newest = at - offset > newest ? at - offset : newest;
	}
	return newest;
}

/* "start", or "restart" for one that may have read what stood before. */
static const char *
verb_for(const struct setup *s, const char *unit)
{
	const char *const argv[] = { "systemctl", "show",
		"--property=ExecMainStartTimestampMonotonic", "--value", unit, NULL };
	char answer[64], *end;
	long long started;

	if (program_ask(argv, answer, sizeof(answer)) != 0)
		return "restart";
	started = strtoll(answer, &end, 10);
	if (end == answer || (*end != '\n' && *end != '\0'))
		return "restart";
	return started > 0 && started <= newest_us(s) ? "restart" : "start";
}

int
setup_units(struct setup *s, const char *const *units)
{
	int r;

	if (!s->cli->start)
		return 0;
	r = systemctl(s, "enable", units);
	for (size_t i = 0; r == 0 && units[i]; i++) {
		const char *const one[] = { units[i], NULL };
		const char *verb = verb_for(s, units[i]);

		r = systemctl(s, verb, one);
		if (r == 0)
			setup_say(
			    "%s: %s", units[i], *verb == 'r' ? "started anew" : "runs");
	}
	return r;
}

bool
setup_parse(const char *word, char *name, size_t size, char key_text[SEAL_TEXT])
{
	uint8_t key[SEAL_KEY];
	struct seal_pair own;
	struct seal_peer peer;
	const char *equals = strchr(word, '=');
	bool good;

	if (!equals || equals == word || (size_t)(equals - word) >= size)
		return false;
	memcpy(name, word, (size_t)(equals - word));
	name[equals - word] = '\0';
	if (!text_copy(key_text, SEAL_TEXT, equals + 1) || !seal_parse(key, key_text))
		return false;
	seal_generate(&own); /* some numbers are no public key of anything */
	good = seal_peer_init(&peer, &own, key, true) == 0;
	explicit_bzero(&own, sizeof(own));
	explicit_bzero(&peer, sizeof(peer));
	return good;
}

void
setup_print(const struct cli *cli, const char *name, const char *key_text)
{
	if (!cli->screen.terminal)
		fprintf(cli->screen.out, "%s=%s\n", name, key_text);
}

bool
setup_is_host(const char *name)
{
	return *name && strlen(name) < NAME_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789.-_") == strlen(name);
}
