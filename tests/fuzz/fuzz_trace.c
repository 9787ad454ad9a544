/* Any text as a recording: events and actions, or a sentence that names a line. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *out;
	struct err err = { "" };
	FILE *in;
	int r;

	if (!out && (sodium_init() < 0 || !(out = fopen("/dev/null", "w"))))
		abort();
	if (size == 0)
		return 0;
	in = fmemopen((void *)(uintptr_t)data, size, "r");
	if (!in)
		abort();
	r = replay(in, out, &err);
	fclose(in);
	if (r == -ENOTRECOVERABLE || (r < 0 && err.text[0] == '\0'))
		abort();
	return 0;
}
