#include "base/public.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A real path: none of its folders is a link. */
static int
all_may_pass(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat st;
		int r;

		*slash = '\0';
		r = stat(path, &st);
		*slash = '/';
		if (r < 0)
			return -errno;
		if (!(st.st_mode & S_IXOTH))
			return -EACCES;
	}
	return 0;
}

int
public_file(const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(path, real) || stat(real, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EISDIR;
	return st.st_mode & S_IROTH ? all_may_pass(real) : -EACCES;
}
