#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/link.h"

enum { FLAG_AES = 1, RECORD_MAX = LINK_HEAD + LINK_BODY_MAX + LINK_TAG };

int
link_derive(struct link_keys *keys, const uint8_t own_public[LINK_KEY],
    const uint8_t own_secret[LINK_KEY], const uint8_t peer[LINK_KEY], bool server)
{
	int r = server ? crypto_kx_server_session_keys(
			     keys->rx, keys->tx, own_public, own_secret, peer)
		       : crypto_kx_client_session_keys(
			     keys->rx, keys->tx, own_public, own_secret, peer);

	return r == 0 ? 0 : -EINVAL;
}

int
link_init(struct link *l)
{
	memset(l, 0, sizeof(*l));
	l->fd = -1;
	l->in = malloc(RECORD_MAX);
	l->out = malloc(RECORD_MAX);
	return l->in && l->out ? 0 : -ENOMEM;
}

void
link_deinit(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->in);
	free(l->out);
	explicit_bzero(l, sizeof(*l));
	l->fd = -1;
}

/* One message under one key that is used for nothing else: its nonce comes with it. */
static void
greet(uint8_t *out, const uint8_t key[LINK_KEY], const uint8_t *body, size_t len)
{
	randombytes_buf(out, LINK_NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + LINK_NONCE, NULL, body, len,
	    out + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	    LINK_NONCE - crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, NULL, out, key);
}

static bool
understand(uint8_t *body, size_t len, const uint8_t key[LINK_KEY], const uint8_t *in)
{
	return crypto_aead_xchacha20poly1305_ietf_decrypt(body, NULL, NULL,
		   in + LINK_NONCE, len + LINK_TAG,
		   in + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
		   LINK_NONCE - crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, in,
		   key) == 0;
}

static void
start_cipher(struct link_cipher *c, const uint8_t secret[LINK_KEY],
    const uint8_t hello[LINK_NONCE], const uint8_t welcome[LINK_NONCE], bool aes)
{
	crypto_generichash_state hash;

	crypto_generichash_init(&hash, secret, LINK_KEY, LINK_KEY);
	crypto_generichash_update(&hash, hello, LINK_NONCE);
	crypto_generichash_update(&hash, welcome, LINK_NONCE);
	crypto_generichash_final(&hash, c->key, LINK_KEY);
	c->count = 0;
	if (aes)
		crypto_aead_aes256gcm_beforenm(&c->aes, c->key);
}

static void
start(struct link *l, const struct link_keys *keys, const uint8_t *hello,
    const uint8_t *welcome, bool aes)
{
	l->use_aes = aes;
	l->proved = false;
	start_cipher(&l->rx, keys->rx, hello, welcome, aes);
	start_cipher(&l->tx, keys->tx, hello, welcome, aes);
}

void
link_hello(uint8_t out[LINK_HELLO], const struct link_keys *keys,
    const uint8_t id[LINK_ID], bool aes)
{
	uint8_t body[LINK_ID + 1];

	memcpy(body, id, LINK_ID);
	body[LINK_ID] = aes ? FLAG_AES : 0;
	greet(out, keys->tx, body, sizeof(body));
}

bool
link_take_hello(struct link *l, uint8_t welcome[LINK_WELCOME],
    const struct link_keys *keys, const uint8_t id[LINK_ID],
    const uint8_t hello[LINK_HELLO])
{
	uint8_t body[LINK_ID + 1];
	uint8_t flags;

	if (!understand(body, sizeof(body), keys->rx, hello) ||
	    sodium_memcmp(body, id, LINK_ID) != 0)
		return false;
	flags = crypto_aead_aes256gcm_is_available() ? body[LINK_ID] & FLAG_AES : 0;
	greet(welcome, keys->tx, &flags, 1);
	start(l, keys, hello, welcome, flags & FLAG_AES);
	return true;
}

bool
link_take_welcome(struct link *l, const struct link_keys *keys,
    const uint8_t hello[LINK_HELLO], const uint8_t welcome[LINK_WELCOME])
{
	uint8_t flags;

	if (!understand(&flags, 1, keys->rx, welcome))
		return false;
	if ((flags & FLAG_AES) && !crypto_aead_aes256gcm_is_available())
		return false;
	start(l, keys, hello, welcome, flags & FLAG_AES);
	return true;
}

static void
count_nonce(uint8_t nonce[12], struct link_cipher *c)
{
	uint64_t n = c->count++;

	memset(nonce, 0, 12);
	for (int i = 0; i < 8; i++)
		nonce[i] = (uint8_t)(n >> 8 * i);
}

bool
link_has_room(const struct link *l)
{
	return l->out_len == 0;
}

void
link_put(struct link *l, enum link_type type, const void *body, size_t len)
{
	size_t sealed = len + LINK_TAG;
	uint8_t nonce[12], *o = l->out;

	for (int i = 0; i < 4; i++)
		o[i] = (uint8_t)(sealed >> 8 * i);
	o[4] = (uint8_t)type;
	count_nonce(nonce, &l->tx);
	if (l->use_aes)
		crypto_aead_aes256gcm_encrypt_afternm(o + LINK_HEAD, NULL, body, len, o,
		    LINK_HEAD, NULL, nonce, &l->tx.aes);
	else
		crypto_aead_chacha20poly1305_ietf_encrypt(
		    o + LINK_HEAD, NULL, body, len, o, LINK_HEAD, NULL, nonce, l->tx.key);
	l->out_len = LINK_HEAD + sealed;
	l->out_at = 0;
}

int
link_flush(struct link *l)
{
	while (l->out_at < l->out_len) {
		ssize_t n =
		    send(l->fd, l->out + l->out_at, l->out_len - l->out_at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		l->out_at += (size_t)n;
	}
	l->out_len = l->out_at = 0;
	return 0;
}

static size_t
sealed_length(const struct link *l)
{
	return (size_t)l->in[0] | (size_t)l->in[1] << 8 | (size_t)l->in[2] << 16 |
	       (size_t)l->in[3] << 24;
}

/* Until `in` holds want bytes: 1; 0: not yet. */
static int
fill(struct link *l, size_t want)
{
	while (l->in_len < want) {
		ssize_t n = recv(l->fd, l->in + l->in_len, want - l->in_len, 0);
		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		l->in_len += (size_t)n;
	}
	return 1;
}

static bool
open_record(struct link *l, size_t sealed)
{
	uint8_t nonce[12], *i = l->in;

	count_nonce(nonce, &l->rx);
	if (l->use_aes)
		return crypto_aead_aes256gcm_decrypt_afternm(i + LINK_HEAD, NULL, NULL,
			   i + LINK_HEAD, sealed, i, LINK_HEAD, nonce, &l->rx.aes) == 0;
	return crypto_aead_chacha20poly1305_ietf_decrypt(i + LINK_HEAD, NULL, NULL,
		   i + LINK_HEAD, sealed, i, LINK_HEAD, nonce, l->rx.key) == 0;
}

int
link_take(struct link *l, enum link_type *type, uint8_t **body, size_t *len)
{
	size_t sealed;
	int r;

	if (!l->opened) {
		r = fill(l, LINK_HEAD);
		if (r <= 0)
			return r;
		sealed = sealed_length(l);
		if (sealed < LINK_TAG || sealed > LINK_BODY_MAX + LINK_TAG)
			return -EBADMSG;
		r = fill(l, LINK_HEAD + sealed);
		if (r <= 0)
			return r;
		if (!open_record(l, sealed) || l->in[4] == 0 || l->in[4] >= LINK_TYPES)
			return -EBADMSG;
		l->opened = l->proved = true;
	}
	*type = (enum link_type)l->in[4];
	*body = l->in + LINK_HEAD;
	*len = sealed_length(l) - LINK_TAG;
	return 1;
}

void
link_drop(struct link *l)
{
	l->opened = false;
	l->in_len = 0;
}
