/*
 * base/seal: static X25519 keys, and sealing frames between two of them.
 *
 * Keys per direction come from crypto_kx (a host is the client, the engine the server)
 * and are cached in the peer; frames are XChaCha20-Poly1305 with the header as
 * additional data.  The nonce is session and sequence, so a session must be new random
 * bytes at each start and a sequence must never repeat in it.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/err.h"
#include "base/frame.h"

enum { SEAL_KEY = 32, SEAL_TEXT = 45 /* base64 of a key, with NUL */ };

struct seal_pair {
	uint8_t public_key[SEAL_KEY];
	uint8_t secret_key[SEAL_KEY];
	uint64_t id; /* first 8 bytes of BLAKE2b of the public key */
};

/* What is kept of the other side. */
struct seal_peer {
	uint8_t public_key[SEAL_KEY];
	uint8_t rx[SEAL_KEY]; /* opens what it sends */
	uint8_t tx[SEAL_KEY]; /* closes what it is sent */
	uint64_t id;          /* of its public key */
};

/* Once per process, before anything else here.  0 or -errno. */
int seal_start(void);

void seal_random(void *out, size_t len);
/* A new pair with its id. */
void seal_generate(struct seal_pair *pair);
uint64_t seal_key_id(const uint8_t public_key[SEAL_KEY]);

/* Base64 text of a key, as WireGuard writes it; and back: false, and key untouched, for
 * what is none. */
void seal_format(char out[SEAL_TEXT], const uint8_t key[SEAL_KEY]);
bool seal_parse(uint8_t key[SEAL_KEY], const char *text);

/* Read a secret key's file.  0; -ENOKEY with a sentence: none there, others may read it,
 * or not a key; or another -errno with one. */
int seal_read(struct seal_pair *pair, const char *path, struct err *err);
/* The public key that belongs to pair->secret_key, and its id. */
void seal_derive(struct seal_pair *pair);

/* As the engine (server) or as a host (client).  -EINVAL for a weak public key. */
int seal_peer_init(struct seal_peer *peer, const struct seal_pair *own,
    const uint8_t public_key[SEAL_KEY], bool we_are_engine);

/* out: FRAME_HEADER + len + FRAME_TAG bytes; returns that.  len <= FRAME_BODY_MAX. */
size_t seal_close(uint8_t *out, const struct seal_peer *peer,
    const struct frame_header *h, const uint8_t *body, size_t len);

/* The body, in place behind the header.  False: not sealed by that peer for us. */
bool seal_open(uint8_t *frame, size_t len, const struct seal_peer *peer, uint8_t **body,
    size_t *body_len);

#endif
