#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

/* base/whole: as many bytes as were meant, though a system call may take fewer. */

#include <stddef.h>

/* All of data to a descriptor that blocks.  0 or -errno; some may have been written then.
 */
int whole_write(int fd, const void *data, size_t len);

#endif
