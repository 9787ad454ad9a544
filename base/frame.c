#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/frame.h"

enum { RECORD_HEADER = 5, VERSION = 1 };

static const char magic[4] = { 'L', 'B', 'F', '1' };

static const char *const refusal_names[FRAME_REFUSALS] = {
	[FRAME_OK] = "accepted",
	[FRAME_E_LENGTH] = "length",
	[FRAME_E_MAGIC] = "magic",
	[FRAME_E_STRANGER] = "stranger",
	[FRAME_E_RECIPIENT] = "recipient",
	[FRAME_E_ROLE] = "role",
	[FRAME_E_SEAL] = "seal",
	[FRAME_E_SESSION] = "session",
	[FRAME_E_REPLAY] = "replay",
	[FRAME_E_DECODE] = "decode",
	[FRAME_E_VALUE] = "value",
};

const char *
frame_refusal_name(enum frame_refusal r)
{
	return (unsigned int)r < FRAME_REFUSALS ? refusal_names[r] : "?";
}

static void
put_u64(uint8_t *out, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t
get_u64(const uint8_t *in)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | in[i];
	return v;
}

void
frame_put_header(uint8_t out[FRAME_HEADER], const struct frame_header *h)
{
	memcpy(out, magic, sizeof(magic));
	out[4] = VERSION;
	out[5] = (uint8_t)h->role;
	out[6] = (uint8_t)h->kind;
	out[7] = 0;
	put_u64(out + 8, h->sender);
	put_u64(out + 16, h->recipient);
	memcpy(out + 24, h->session, SESSION_SIZE);
	put_u64(out + 40, h->sequence);
}

enum frame_refusal
frame_get_header(struct frame_header *h, const uint8_t *buf, size_t len)
{
	if (len < FRAME_HEADER + FRAME_TAG || len > FRAME_MAX)
		return FRAME_E_LENGTH;
	if (memcmp(buf, magic, sizeof(magic)) != 0 || buf[4] != VERSION || buf[7] != 0)
		return FRAME_E_MAGIC;
	if (buf[5] < ROLE_MONITOR || buf[5] > ROLE_ENGINE)
		return FRAME_E_MAGIC;
	if (buf[6] < FRAME_REPORT || buf[6] > FRAME_REPLY)
		return FRAME_E_MAGIC;
	h->role = (enum role)buf[5];
	h->kind = (enum frame_kind)buf[6];
	h->sender = get_u64(buf + 8);
	h->recipient = get_u64(buf + 16);
	memcpy(h->session, buf + 24, SESSION_SIZE);
	h->sequence = get_u64(buf + 40);
	return FRAME_OK;
}

static void
put_record_header(uint8_t out[RECORD_HEADER], uint8_t tag, size_t len)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(len >> (8 * i));
	out[4] = tag;
}

static size_t
get_record_length(const uint8_t in[RECORD_HEADER])
{
	return (size_t)in[0] | (size_t)in[1] << 8 | (size_t)in[2] << 16 |
	       (size_t)in[3] << 24;
}

int
record_write(int fd, uint8_t tag, const void *data, size_t len)
{
	uint8_t header[RECORD_HEADER];
	size_t done = 0, total = sizeof(header) + len;

	if (len > FRAME_MAX)
		return -EMSGSIZE;
	put_record_header(header, tag, len);
	while (done < total) {
		size_t in_data = done > sizeof(header) ? done - sizeof(header) : 0;
		size_t in_header = done < sizeof(header) ? done : sizeof(header);
		struct iovec iov[2] = {
			{ header + in_header, sizeof(header) - in_header },
			{ (uint8_t *)(uintptr_t)data + in_data, len - in_data },
		};
		ssize_t n = writev(fd, iov, 2);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

/* 1 when all is there, 0 at an end before the first byte, -EPROTO, -errno. */
static int
read_whole(int fd, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, buf + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return done == 0 ? 0 : -EPROTO;
		done += (size_t)n;
	}
	return 1;
}

int
record_read(int fd, uint8_t *tag, void *data, size_t max, size_t *len)
{
	uint8_t header[RECORD_HEADER];
	int r;

	r = read_whole(fd, header, sizeof(header));
	if (r <= 0)
		return r < 0 ? r : -EPIPE;
	*tag = header[4];
	*len = get_record_length(header);
	if (*len > max)
		return -EPROTO;
	r = read_whole(fd, data, *len);
	if (r <= 0)
		return r < 0 ? r : -EPROTO;
	return 0;
}

int
record_reader_init(struct record_reader *r)
{
	r->len = 0;
	r->buf = malloc(FRAME_MAX + RECORD_HEADER);
	return r->buf ? 0 : -ENOMEM;
}

void
record_reader_deinit(struct record_reader *r)
{
	free(r->buf);
	*r = (struct record_reader)RECORD_READER_NULL;
}

int
record_reader_fill(struct record_reader *r, int fd)
{
	ssize_t n;

	do
		n = read(fd, r->buf + r->len, FRAME_MAX + RECORD_HEADER - r->len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->len += (size_t)n;
	return (int)n;
}

int
record_reader_take(struct record_reader *r, uint8_t *tag, uint8_t **data, size_t *len)
{
	if (r->len < RECORD_HEADER)
		return 0;
	*len = get_record_length(r->buf);
	if (*len > FRAME_MAX)
		return -EPROTO;
	if (r->len < RECORD_HEADER + *len)
		return 0;
	*tag = r->buf[4];
	*data = r->buf + RECORD_HEADER;
	return 1;
}

void
record_reader_drop(struct record_reader *r)
{
	size_t whole = RECORD_HEADER + get_record_length(r->buf);

	memmove(r->buf, r->buf + whole, r->len - whole);
	r->len -= whole;
}
