/*
 * actuator/link: the sealed TCP stream between two carriers.
 *
 * Keys come from two ephemeral X25519 keys that travelled in sealed orders, and from two
 * nonces of the connection.  A greeting proves each side before anything is believed.
 * Then records: u32 length (little-endian, with the tag), u8 type, both authenticated,
 * and the sealed body; the nonce is a counter, so a record can neither be dropped,
 * repeated nor reordered, and an end without LINK_END is no end.  AES-256-GCM where both
 * processors have it, else ChaCha20-Poly1305.
 */
#ifndef ACTUATOR_LINK_H
#define ACTUATOR_LINK_H

#include <sodium.h>

#include "base/types.h"

enum {
	LINK_KEY = 32,
	LINK_ID = 32, /* what the two are about: a hash of the prepare's id */
	LINK_NONCE = 32,
	LINK_TAG = 16,
	LINK_HEAD = 5,              /* length and type */
	LINK_BODY_MAX = 256 * 1024, /* of a record, before it is sealed */
	LINK_HELLO = LINK_NONCE + LINK_ID + 1 + LINK_TAG,
	LINK_WELCOME = LINK_NONCE + 1 + LINK_TAG,
};

enum link_type {
	LINK_BANNER = 1, /* target -> source: its xl waits for the stream */
	LINK_DATA,       /* source -> target */
	LINK_READY,      /* target -> source: all of it has arrived */
	LINK_GO,         /* source -> target: its xl has let go of the guest */
	LINK_FILE,       /* source -> target: what starts the guest at boot, as text */
	LINK_REPORT,     /* target -> source: u8, 0 when it runs */
	LINK_PERMISSION, /* target -> source: it does not run here and never will */
	LINK_ALIVE,      /* both, each second */
	LINK_ABORT,      /* both: a why, a NUL and a sentence; nothing follows */
	LINK_END,        /* source: it has heard how it ended; target: xl did not say */
	LINK_TYPES,
};

struct link_keys {
	uint8_t rx[LINK_KEY], tx[LINK_KEY];
};

struct link_cipher {
	_Alignas(16) crypto_aead_aes256gcm_state aes;
	uint8_t key[LINK_KEY];
	uint64_t count;
};

struct link {
	int fd; /* non-blocking; -1 */
	bool use_aes;
	struct link_cipher rx, tx;
	uint8_t *in, *out; /* owned; one record each */
	size_t in_len, out_len, out_at;
	bool opened; /* the record in `in` has been opened and not dropped */
	bool proved; /* one of this connection has: its greeting is nobody's recording */
};

/* Keys of the berth's side (server) or of the one that comes.  -EINVAL: a weak key. */
int link_derive(struct link_keys *keys, const uint8_t own_public[LINK_KEY],
    const uint8_t own_secret[LINK_KEY], const uint8_t peer[LINK_KEY], bool server);

/* 0 or -ENOMEM.  libsodium was started. */
int link_init(struct link *l);
void link_deinit(struct link *l);

/*
 * The greeting.  The one that comes sends hello, keeps it, and takes welcome; the berth
 * takes hello (false: a stranger) and sends welcome.  After that l has the keys of this
 * connection.  aes: this processor has it.
 */
void link_hello(uint8_t out[LINK_HELLO], const struct link_keys *keys,
    const uint8_t id[LINK_ID], bool aes);
bool link_take_hello(struct link *l, uint8_t welcome[LINK_WELCOME],
    const struct link_keys *keys, const uint8_t id[LINK_ID],
    const uint8_t hello[LINK_HELLO]);
bool link_take_welcome(struct link *l, const struct link_keys *keys,
    const uint8_t hello[LINK_HELLO], const uint8_t welcome[LINK_WELCOME]);

/*
 * A greeting alone can be a recording of an earlier one.  What the other side says under
 * the keys of this connection cannot: until then l->proved is false.
 */

/* Room for one more record to send. */
bool link_has_room(const struct link *l);
/* There must be room.  len <= LINK_BODY_MAX. */
void link_put(struct link *l, enum link_type type, const void *body, size_t len);
/* Send what was put.  0, even if the socket is full (then !link_has_room), or -errno. */
int link_flush(struct link *l);

/*
 * 1 and a record (body points into l until link_drop), 0 when none is whole, -EPIPE at
 * the stream's end, -EBADMSG when it was tampered with, -errno.
 */
int link_take(struct link *l, enum link_type *type, uint8_t **body, size_t *len);
void link_drop(struct link *l);

#endif
