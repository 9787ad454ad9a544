/*
 * base/public: files that hold no secret, as everybody on this host may read them.
 */
#ifndef BASE_PUBLIC_H
#define BASE_PUBLIC_H

/*
 * Whether path leads to a plain file that all may read, in folders that all may pass.
 * 0, or -ENOENT; -EISDIR: no plain file; -EACCES: not for all, or not for this process;
 * or another -errno.
 */
int public_file(const char *path);

#endif
