#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actuator/run.h"
#include "actuator/xl.h"
#include "base/text.h"

enum {
	SAYS_MAX = 64 * 1024,
	COLUMNS_MIN = 7,
	KIB_PER_MIB = 1024,
	CPUPOOL_WIDTH = 19, /* of a name; a longer one touches what follows */
	REASON_SUSPEND = 2, /* xen/include/public/sched.h: SHUTDOWN_suspend */
	REASON_CRASH = 3,
};

int
xl_say(char **text, size_t size, const char *const argv[], struct err *err)
{
	int r;

	*text = malloc(size);
	if (!*text)
		return err_set(err, -ENOMEM, "out of memory");
	r = run_output(argv, *text, size, XL_LIMIT_MS, err);
	if (r > 0)
		r = err_set(err, -EIO, "%s %s: exit status %d", argv[0], argv[1], r);
	if (r < 0) {
		free(*text);
		*text = NULL;
	}
	return r;
}

static enum guest_state
read_state(const char *flags, const char *reason)
{
	if (strchr(flags, 'd'))
		return GUEST_DYING;
	if (strchr(flags, 'c'))
		return GUEST_CRASHED;
	if (strchr(flags, 's')) {
		char *end;
		unsigned long code = strtoul(reason, &end, 16);
		if (end == reason)
			return GUEST_SHUTDOWN;
		return code == REASON_SUSPEND ? GUEST_SUSPENDED
		       : code == REASON_CRASH ? GUEST_CRASHED
					      : GUEST_SHUTDOWN;
	}
	return strchr(flags, 'p') ? GUEST_PAUSED : GUEST_RUNNING;
}

/* The name may hold blanks: columns are counted from the UUID, which is unmistakable. */
bool
xl_parse_line(struct xl_domain *out, const char *line)
{
	char copy[512], *word[64], *save = NULL, *end;
	int n = 0, at = -1;
	size_t len;

	if (!text_copy(copy, sizeof(copy), line))
		return false;
	for (char *w = strtok_r(copy, " \t\r\n", &save); w && n < 64;
	     w = strtok_r(NULL, " \t\r\n", &save)) {
		if (at < 0 && n >= COLUMNS_MIN - 1 && uuid_parse(&out->uuid, w))
			at = n;
		word[n++] = w;
	}
	if (at < COLUMNS_MIN - 1)
		return false;
	out->domid = (uint32_t)strtoul(word[at - 5], &end, 10);
	if (*end != '\0')
		return false;
	out->memory_kib = strtoull(word[at - 4], NULL, 10) * KIB_PER_MIB;
	out->state = read_state(word[at - 2], at + 1 < n ? word[at + 1] : "-");
	len = (size_t)(word[at - 6] - copy) + strlen(word[at - 6]);
	if (len >= sizeof(out->name))
		len = sizeof(out->name) - 1;
	memcpy(out->name, line, len);
	out->name[len] = '\0';
	return true;
}

int
xl_list(const char *xl, struct xl_domain *out, struct err *err)
{
	const char *const argv[] = { xl, "list", "-v", NULL };
	char *text, *save = NULL;
	bool dom0 = false, heading = true;
	int n = 0, r = xl_say(&text, SAYS_MAX, argv, err);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), heading = false) {
		struct xl_domain d;
		if (heading && strncmp(line, "Name ", 5) == 0)
			continue;
		if (!xl_parse_line(&d, line)) {
			r = err_set(
			    err, -EPROTO, "%s list: what is \"%.80s\"?", xl, line);
			break;
		}
		if (n == XL_DOMAINS) {
			r = err_set(err, -E2BIG, "%s list: too many domains", xl);
			break;
		}
		dom0 |= d.domid == 0;
		out[n++] = d;
	}
	free(text);
	if (r == 0 && !dom0)
		r = err_set(err, -ENODATA, "%s list: dom0 is not in it", xl);
	return r < 0 ? r : n;
}

int
xl_find(const struct xl_domain *list, int n, const struct uuid *uuid, int from)
{
	for (int i = from; i < n; i++)
		if (uuid_equal(&list[i].uuid, uuid))
			return i;
	return -1;
}

bool
xl_is_half(const char *name)
{
	static const char *const ends[] = { XL_INCOMING, XL_AWAY };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t n = strlen(ends[i]);
		if (len >= n && strcmp(name + len - n, ends[i]) == 0)
			return true;
	}
	return false;
}

bool
xl_parse_cpupool(struct cpus *out, const char *line, const char *name)
{
	size_t len = strlen(name), width = len < CPUPOOL_WIDTH ? CPUPOOL_WIDTH : len;

	if (strlen(line) < width || strncmp(line, name, len) != 0 ||
	    strspn(line + len, " ") < width - len)
		return false;
	memset(out, 0, sizeof(*out));
	return line[width] == '\0' || cpus_parse(out, line + width);
}

int
xl_cpupool(const char *xl, const char *name, struct cpus *out, struct err *err)
{
	const char *const argv[] = { xl, "cpupool-list", "-c", NULL };
	char *text, *save = NULL;
	bool found = false;
	int r = xl_say(&text, SAYS_MAX, argv, err);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line && !found;
	     line = strtok_r(NULL, "\n", &save))
		found = xl_parse_cpupool(out, line, name);
	free(text);
	return found ? 0 : err_set(err, -ENOENT, "cpupool %s is not here", name);
}

int
xl_do(
    const char *xl, const char *verb, const char *arg, const char *arg2, struct err *err)
{
	const char *const argv[] = { xl, verb, arg, arg2, NULL };
	int r = run_output(argv, NULL, 0, XL_LIMIT_MS, err);

	if (r > 0)
		return err_set(err, -EIO, "%s %s %s: exit status %d", xl, verb, arg, r);
	return r;
}
