/*
 * actuator/shim: what xl starts as its way to the other host.
 *
 * It hands its standard input and output to the carrier that waits in the order's folder
 * and stays, doing nothing, until that carrier lets go: xl waits for its exit.
 */
#ifndef ACTUATOR_SHIM_H
#define ACTUATOR_SHIM_H

#define SHIM_SOCKET "shim"

/* The whole life of the shim.  Its exit status. */
int shim_run(const char *folder);

/* In the mover: a listening socket in that folder, or -errno. */
int shim_listen(const char *folder);

/* In the carrier: take one shim's knock.  Its socket, which says that it lives, and its
 * two descriptors; -EAGAIN, -EPERM for who is neither root nor of the carrier's user,
 * -errno. */
int shim_take(int listener, int *from_xl, int *to_xl);

#endif
