#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/boot.h"

int
boot_id_read(struct uuid *out)
{
	char text[UUID_TEXT_SIZE] = "";
	ssize_t n;
	int r = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		r = -errno;
	else if (!uuid_parse(out, text))
		r = -EINVAL;
	close(fd);
	return r;
}
