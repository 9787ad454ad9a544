/*
 * base/frame: the clear header of a sealed frame, and length-prefixed pipes.
 *
 * Little-endian, 48 bytes, all of it authenticated by the seal:
 *   0  4  magic "LBF1"          4  1  version 1     5  1  role of the sender
 *   6  1  kind                  7  1  0
 *   8  8  sender key id         16 8  recipient key id
 *   24 16 session               40 8  sequence      (together the nonce)
 * then the ciphertext and a 16-byte tag.
 */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/types.h"

enum {
	FRAME_HEADER = 48,
	FRAME_TAG = 16,
	FRAME_MAX = 65536, /* header, ciphertext and tag */
	FRAME_BODY_MAX = FRAME_MAX - FRAME_HEADER - FRAME_TAG,
	SESSION_SIZE = 16,
};

enum frame_kind { FRAME_REPORT = 1, FRAME_REQUEST = 2, FRAME_REPLY = 3 };

struct frame_header {
	enum role role;
	enum frame_kind kind;
	uint64_t sender;
	uint64_t recipient;
	uint8_t session[SESSION_SIZE];
	uint64_t sequence;
};

/* Why a frame was refused; counted by the engine under these words. */
enum frame_refusal {
	FRAME_OK,
	FRAME_E_LENGTH,   /* shorter than header and tag, or over FRAME_MAX */
	FRAME_E_MAGIC,    /* not ours, another version, a reserved bit, an unknown kind */
	FRAME_E_STRANGER, /* no such key here */
	FRAME_E_RECIPIENT, /* for somebody else */
	FRAME_E_ROLE,      /* this role may not send this kind */
	FRAME_E_SEAL,      /* forged, damaged, or sealed with another key */
	FRAME_E_SESSION,   /* a session that was never admitted, or an old one */
	FRAME_E_REPLAY,    /* a sequence number seen before */
	FRAME_E_DECODE,    /* not a message */
	FRAME_E_VALUE,     /* a message with a field out of its range */
	FRAME_REFUSALS,
};

const char *frame_refusal_name(enum frame_refusal r);

void frame_put_header(uint8_t out[FRAME_HEADER], const struct frame_header *h);

/* FRAME_OK, FRAME_E_LENGTH or FRAME_E_MAGIC. */
enum frame_refusal frame_get_header(
    struct frame_header *h, const uint8_t *buf, size_t len);

/*
 * Records on a stream between our own processes: u32 length (little-endian), u8 tag,
 * then length bytes, FRAME_MAX at most.  Both block.  Writing: 0, -EMSGSIZE, -errno.
 * Reading: 0, -EPIPE at a clean end, -EPROTO for a length over max or an end inside a
 * record, -errno.
 */
int record_write(int fd, uint8_t tag, const void *data, size_t len);
int record_read(int fd, uint8_t *tag, void *data, size_t max, size_t *len);

/* For loops: an incremental reader.  Fill it when fd is readable, then take and drop
 * until no record is whole: a full one has no room and reads 0 bytes. */
struct record_reader {
	uint8_t *buf; /* owned, FRAME_MAX + 5 bytes */
	size_t len;
};
#define RECORD_READER_NULL                                                               \
	{                                                                                \
		NULL, 0                                                                  \
	}
/* 0 or -ENOMEM. */
int record_reader_init(struct record_reader *r);
void record_reader_deinit(struct record_reader *r);
/* Read once from fd into it.  >0 bytes, 0 at the end, -EAGAIN, -errno. */
int record_reader_fill(struct record_reader *r, int fd);
/* 1 and a record (data points into r, until the next fill), 0 when none is whole,
 * -EPROTO when the stream is damaged.  Call record_reader_drop after using it. */
int record_reader_take(
    struct record_reader *r, uint8_t *tag, uint8_t **data, size_t *len);
void record_reader_drop(struct record_reader *r);

#endif
