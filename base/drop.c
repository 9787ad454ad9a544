#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/drop.h"
#include "base/err.h"
#include "base/log.h"

static int
fail(const char *user)
{
	char text[128];
	int r = -errno;

	log_line(LOG_LEVEL_ERROR, "child-drop-failed", "user", user, "error",
	    err_text(text, sizeof(text), r), NULL);
	return r;
}

int
drop_root(const char *user)
{
	const struct passwd *pw;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(user);
	if (!user || !*user)
		return 0;
	/* One thread, before any other is started.
	 * NOLINTNEXTLINE(concurrency-mt-unsafe) */
	pw = getpwnam(user);
	if (!pw) {
		log_line(LOG_LEVEL_ERROR, "child-no-user", "user", user, NULL);
		return -ENOENT;
	}
	if (pw->pw_uid == geteuid())
		return 0;
	if (setgroups(0, NULL) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return fail(user);
	return 0;
}
