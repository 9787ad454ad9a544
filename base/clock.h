/*
 * base/clock: the only place that reads a clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/types.h"

/* CLOCK_MONOTONIC. */
mono_t clock_mono(void);

/* Milliseconds since 1970, only ever to print. */
int64_t clock_wall_ms(void);

#endif
