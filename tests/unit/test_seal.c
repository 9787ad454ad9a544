#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.h"
#include "tests/unit/cmocka_all.h"

static struct seal_pair host, engine, other;
static struct seal_peer to_engine, to_host, to_other;
static uint8_t frame[FRAME_MAX];

static const struct frame_header header = {
	.role = ROLE_MONITOR,
	.kind = FRAME_REPORT,
	.session = "0123456789abcde",
	.sequence = 7,
};

static int
make_keys(void **state)
{
	(void)state;
	if (seal_start() < 0)
		return -1;
	seal_generate(&host);
	seal_generate(&engine);
	seal_generate(&other);
	return seal_peer_init(&to_engine, &host, engine.public_key, false) ||
	       seal_peer_init(&to_host, &engine, host.public_key, true) ||
	       seal_peer_init(&to_other, &engine, other.public_key, true);
}

static void
what_the_host_seals_the_engine_opens(void **state)
{
	uint8_t *body;
	size_t len, body_len;

	(void)state;
	len = seal_close(frame, &to_engine, &header, (const uint8_t *)"hello", 5);
	assert_int_equal(len, FRAME_HEADER + 5 + FRAME_TAG);
	assert_true(seal_open(frame, len, &to_host, &body, &body_len));
	assert_int_equal(body_len, 5);
	assert_memory_equal(body, "hello", 5);
}

static void
a_flipped_bit_anywhere_breaks_the_seal(void **state)
{
	uint8_t copy[FRAME_HEADER + 5 + FRAME_TAG];
	uint8_t *body;
	size_t body_len;

	(void)state;
	seal_close(frame, &to_engine, &header, (const uint8_t *)"hello", 5);
	for (size_t i = 0; i < sizeof(copy); i++) {
		memcpy(copy, frame, sizeof(copy));
		copy[i] ^= 0x10;
		assert_false(seal_open(copy, sizeof(copy), &to_host, &body, &body_len));
	}
}

static void
another_key_does_not_open_it(void **state)
{
	uint8_t *body;
	size_t len, body_len;

	(void)state;
	len = seal_close(frame, &to_engine, &header, (const uint8_t *)"hello", 5);
	assert_false(seal_open(frame, len, &to_other, &body, &body_len));
}

static void
a_frame_is_not_its_own_answer(void **state)
{
	uint8_t *body;
	size_t len, body_len;

	(void)state;
	len = seal_close(frame, &to_engine, &header, (const uint8_t *)"hello", 5);
	assert_false(seal_open(frame, len, &to_engine, &body, &body_len));
}

static void
a_truncated_frame_is_refused(void **state)
{
	uint8_t *body;
	size_t len, body_len;

	(void)state;
	len = seal_close(frame, &to_engine, &header, (const uint8_t *)"hello", 5);
	for (size_t cut = 0; cut < len; cut++)
		assert_false(seal_open(frame, cut, &to_host, &body, &body_len));
}

static void
a_weak_public_key_is_refused(void **state)
{
	static const uint8_t zero[SEAL_KEY];
	struct seal_peer peer;

	(void)state;
	assert_int_equal(seal_peer_init(&peer, &host, zero, false), -EINVAL);
}

static void
keys_are_written_and_read_as_base64(void **state)
{
	char text[SEAL_TEXT];
	uint8_t back[SEAL_KEY];

	(void)state;
	seal_format(text, host.secret_key);
	assert_int_equal(strlen(text), 44);
	assert_true(seal_parse(back, text));
	assert_memory_equal(back, host.secret_key, SEAL_KEY);
	text[0] = '!';
	assert_false(seal_parse(back, text));
	assert_false(seal_parse(back, "c2hvcnQ="));
	assert_false(seal_parse(back, ""));
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void
a_key_that_others_may_read_is_refused(void **state)
{
	char path[] = "/tmp/lifeboat-key-XXXXXX", text[SEAL_TEXT + 1];
	struct seal_pair read_back;
	struct err err;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	seal_format(text, host.secret_key);
	strcat(text, "\n");
	write_file(path, text, 0600);
	assert_int_equal(seal_read(&read_back, path, &err), 0);
	assert_memory_equal(&read_back, &host, sizeof(host));
	write_file(path, text, 0640);
	assert_int_equal(seal_read(&read_back, path, &err), -ENOKEY);
	assert_non_null(strstr(err.text, "chmod 600"));
	write_file(path, "not a key\n", 0600);
	assert_int_equal(seal_read(&read_back, path, &err), -ENOKEY);
	unlink(path);
	assert_int_equal(seal_read(&read_back, path, &err), -ENOKEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_host_seals_the_engine_opens),
		cmocka_unit_test(a_flipped_bit_anywhere_breaks_the_seal),
		cmocka_unit_test(another_key_does_not_open_it),
		cmocka_unit_test(a_frame_is_not_its_own_answer),
		cmocka_unit_test(a_truncated_frame_is_refused),
		cmocka_unit_test(a_weak_public_key_is_refused),
		cmocka_unit_test(keys_are_written_and_read_as_base64),
		cmocka_unit_test(a_key_that_others_may_read_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
