/*
 * tests/bench/row: a figure as tests/bench/all reads it, on a line of its own after what
 * is printed for people: row: NAME | VALUE | UNIT | GOAL; and the clock and the order
 * for it.
 */
#ifndef TESTS_BENCH_ROW_H
#define TESTS_BENCH_ROW_H

#include <stdio.h>
#include <time.h>

/* goal: a sentence, "" for a figure that has none. */
static inline void
row(const char *name, double value, const char *unit, const char *goal)
{
	printf("row: %s | %.4g | %s | %s\n", name, value, unit, goal);
}

static inline double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* For qsort of doubles. */
static inline int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

#endif
