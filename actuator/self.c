#include "actuator/self.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "actuator/run.h"

/* What the kernel says behind the name of a file that has been replaced. */
#define DELETED " (deleted)"

int
self_path(char *out, size_t size, struct err *err)
{
	const size_t mark = sizeof(DELETED) - 1;
	ssize_t n = readlink(SELF, out, size - 1);

	if (n <= 0)
		return err_set(err, n < 0 ? -errno : -ENOENT, SELF " cannot be read");
	if ((size_t)n == size - 1)
		return err_set(err, -ENAMETOOLONG, SELF ": too long");
	if ((size_t)n > mark && memcmp(out + (size_t)n - mark, DELETED, mark) == 0)
		n -= (ssize_t)mark;
	out[n] = '\0';
	return 0;
}
