#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.h"

enum { NONCE_AT = 24 };

_Static_assert(SEAL_KEY == crypto_kx_PUBLICKEYBYTES, "X25519");
_Static_assert(FRAME_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "Poly1305");
_Static_assert(FRAME_HEADER - NONCE_AT == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    "session and sequence are the nonce");

int
seal_start(void)
{
	return sodium_init() < 0 ? -EIO : 0;
}

void
seal_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}

uint64_t
seal_key_id(const uint8_t public_key[SEAL_KEY])
{
	uint8_t hash[32];
	uint64_t id = 0;

	crypto_generichash(hash, sizeof(hash), public_key, SEAL_KEY, NULL, 0);
	for (int i = 7; i >= 0; i--)
		id = id << 8 | hash[i];
	return id;
}

void
seal_generate(struct seal_pair *pair)
{
	randombytes_buf(pair->secret_key, sizeof(pair->secret_key));
	seal_derive(pair);
}

void
seal_derive(struct seal_pair *pair)
{
	crypto_scalarmult_base(pair->public_key, pair->secret_key);
	pair->id = seal_key_id(pair->public_key);
}

void
seal_format(char out[SEAL_TEXT], const uint8_t key[SEAL_KEY])
{
	sodium_bin2base64(out, SEAL_TEXT, key, SEAL_KEY, sodium_base64_VARIANT_ORIGINAL);
}

bool
seal_parse(uint8_t key[SEAL_KEY], const char *text)
{
	uint8_t bytes[SEAL_KEY];
	size_t len;
	const char *end;

	if (sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL, &len, &end,
		sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	if (len != SEAL_KEY || *end != '\0')
		return false;
	memcpy(key, bytes, SEAL_KEY);
	sodium_memzero(bytes, sizeof(bytes));
	return true;
}

int
seal_read(struct seal_pair *pair, const char *path, struct err *err)
{
	char text[SEAL_TEXT + 2] = "";
	char why[128];
	struct stat st;
	ssize_t n;
	int r = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		err_set(err, r, "%s: cannot read the key: %s", path,
		    err_text(why, sizeof(why), r));
		if (r == -ENOENT || r == -EACCES)
			r = -ENOKEY;
		goto out;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
		r = err_set(err, -ENOKEY,
		    "%s: the key must be a file that only its owner can read: chmod 600",
		    path);
		goto out;
	}
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		n = 0;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (!seal_parse(pair->secret_key, text)) {
		r = err_set(err, -ENOKEY,
		    "%s: not a key: 44 characters of base64, as 'lifeboat genkey' prints",
		    path);
		goto out;
	}
	seal_derive(pair);
out:
	sodium_memzero(text, sizeof(text));
	if (fd >= 0)
		close(fd);
	return r;
}

int
seal_peer_init(struct seal_peer *peer, const struct seal_pair *own,
    const uint8_t public_key[SEAL_KEY], bool we_are_engine)
{
	int r;

	memcpy(peer->public_key, public_key, SEAL_KEY);
	peer->id = seal_key_id(public_key);
	if (we_are_engine)
		r = crypto_kx_server_session_keys(
		    peer->rx, peer->tx, own->public_key, own->secret_key, public_key);
	else
		r = crypto_kx_client_session_keys(
		    peer->rx, peer->tx, own->public_key, own->secret_key, public_key);
	return r == 0 ? 0 : -EINVAL;
}

size_t
seal_close(uint8_t *out, const struct seal_peer *peer, const struct frame_header *h,
    const uint8_t *body, size_t len)
{
	unsigned long long sealed;

	frame_put_header(out, h);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + FRAME_HEADER, &sealed, body, len,
	    out, FRAME_HEADER, NULL, out + NONCE_AT, peer->tx);
	return FRAME_HEADER + (size_t)sealed;
}

bool
seal_open(uint8_t *frame, size_t len, const struct seal_peer *peer, uint8_t **body,
    size_t *body_len)
{
	unsigned long long opened;

	if (len < FRAME_HEADER + FRAME_TAG)
		return false;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(frame + FRAME_HEADER, &opened,
		NULL, frame + FRAME_HEADER, len - FRAME_HEADER, frame, FRAME_HEADER,
		frame + NONCE_AT, peer->rx) != 0)
		return false;
	*body = frame + FRAME_HEADER;
	*body_len = (size_t)opened;
	return true;
}
