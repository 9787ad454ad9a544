/*
 * actuator/words: what `xl migrate` and `xl migrate-receive` say to each other.
 *
 * The same bytes in every xl (Xen's tools/xl/xl.h).  The banner goes without its NUL, all
 * others with it.  The phase of a move is known by the order in which they come, never by
 * looking for them: memory may hold any of them.
 */
#ifndef ACTUATOR_WORDS_H
#define ACTUATOR_WORDS_H

/* target -> source, then the stream flows */
#define WORDS_BANNER "xl migration receiver ready, send binary domain data.\n"
/* target -> source */
#define WORDS_READY "domain received, ready to unpause"
/* source -> target; and target -> source when it could not start it */
#define WORDS_GO "domain is yours, you are cleared to unpause"
/* target -> source, followed by one byte: 0 when it runs */
#define WORDS_REPORT "my copy unpause results are as follows"

enum {
	WORDS_BANNER_SIZE = sizeof(WORDS_BANNER) - 1,
	WORDS_READY_SIZE = sizeof(WORDS_READY),
	WORDS_GO_SIZE = sizeof(WORDS_GO),
	WORDS_REPORT_SIZE = sizeof(WORDS_REPORT), /* and one byte more */
};

#endif
