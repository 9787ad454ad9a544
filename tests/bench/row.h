/*
 * tests/bench/row: a figure as tests/bench/all reads it, on a line of its own after what
 * is printed for people: row: NAME | VALUE | UNIT | GOAL.
 */
#ifndef TESTS_BENCH_ROW_H
#define TESTS_BENCH_ROW_H

#include <stdio.h>

/* goal: a sentence, "" for a figure that has none. */
static inline void
row(const char *name, double value, const char *unit, const char *goal)
{
	printf("row: %s | %.4g | %s | %s\n", name, value, unit, goal);
}

#endif
