#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actuator/link.h"
#include "cmocka_all.h"

enum { TEXT = 40, RECORD = LINK_HEAD + TEXT + LINK_TAG };

/* A source and a berth over a socket pair, and a third that knows neither's secret. */
static struct {
	struct link source, berth;
	struct link_keys source_keys, berth_keys, strange_keys;
	uint8_t id[LINK_ID];
	uint8_t hello[LINK_HELLO], welcome[LINK_WELCOME];
	uint8_t text[TEXT];
} t;

static void
connect_both(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	t.source.fd = pair[0];
	t.berth.fd = pair[1];
}

static int
setup(void **state)
{
	uint8_t a[2][LINK_KEY], b[2][LINK_KEY], c[2][LINK_KEY];

	(void)state;
	memset(&t, 0, sizeof(t));
	if (sodium_init() < 0 || link_init(&t.source) < 0 || link_init(&t.berth) < 0)
		return -1;
	crypto_kx_keypair(a[0], a[1]);
	crypto_kx_keypair(b[0], b[1]);
	crypto_kx_keypair(c[0], c[1]);
	memset(t.id, 7, sizeof(t.id));
	memset(t.text, 'g', sizeof(t.text));
	connect_both();
	return link_derive(&t.source_keys, a[0], a[1], b[0], false) |
	       link_derive(&t.berth_keys, b[0], b[1], a[0], true) |
	       link_derive(&t.strange_keys, c[0], c[1], b[0], false);
}

static int
teardown(void **state)
{
	(void)state;
	link_deinit(&t.source);
	link_deinit(&t.berth);
	return 0;
}

static bool
greet(bool aes)
{
	link_hello(t.hello, &t.source_keys, t.id, aes);
	return link_take_hello(&t.berth, t.welcome, &t.berth_keys, t.id, t.hello) &&
	       link_take_welcome(&t.source, &t.source_keys, t.hello, t.welcome);
}

static void
put(const char *text)
{
	assert_true(link_has_room(&t.source));
	link_put(&t.source, LINK_DATA, text, strlen(text));
	assert_int_equal(link_flush(&t.source), 0);
}

/* As bytes on the way, before they are sent. */
static size_t
seal(uint8_t *out, const void *body, size_t len)
{
	size_t n;

	link_put(&t.source, LINK_DATA, body, len);
	n = t.source.out_len;
	memcpy(out, t.source.out, n);
	t.source.out_len = t.source.out_at = 0;
	return n;
}

static void
deliver(const void *bytes, size_t len)
{
	assert_int_equal(send(t.source.fd, bytes, len, MSG_NOSIGNAL), len);
}

static int
take(void)
{
	enum link_type type;
	uint8_t *body;
	size_t len;

	return link_take(&t.berth, &type, &body, &len);
}

static void
takes(const char *text)
{
	enum link_type type;
	uint8_t *body;
	size_t len;

	assert_int_equal(link_take(&t.berth, &type, &body, &len), 1);
	assert_int_equal(type, LINK_DATA);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(body, text, len);
	link_drop(&t.berth);
}

/* Records are counted on both sides: each try needs a greeting of its own. */
static void
again(void)
{
	close(t.source.fd);
	close(t.berth.fd);
	link_drop(&t.berth);
	connect_both();
	assert_true(greet(false));
}

static void
records_arrive_in_order_under_either_cipher(void **state)
{
	const bool has = crypto_aead_aes256gcm_is_available() != 0;

	(void)state;
	for (int aes = 0; aes <= (has ? 1 : 0); aes++) {
		assert_true(greet(aes));
		assert_true(t.source.use_aes == (aes != 0));
		assert_true(t.berth.use_aes == (aes != 0));
		for (int i = 0; i < 300; i++) {
			put("first");
			put("");
			takes("first");
			takes("");
		}
		assert_int_equal(take(), 0);
	}
}

static void
aes_is_used_only_where_both_have_it(void **state)
{
	(void)state;
	assert_true(greet(false));
	assert_false(t.source.use_aes || t.berth.use_aes);
	assert_true(greet(true));
	assert_int_equal(t.berth.use_aes, crypto_aead_aes256gcm_is_available());
	assert_int_equal(t.source.use_aes, t.berth.use_aes);
}

static void
a_record_of_the_greatest_length_arrives(void **state)
{
	static uint8_t body[LINK_BODY_MAX];
	enum link_type type;
	uint8_t *got;
	size_t len;
	int r;

	(void)state;
	assert_true(greet(false));
	randombytes_buf(body, sizeof(body));
	link_put(&t.source, LINK_DATA, body, sizeof(body));
	while ((r = link_take(&t.berth, &type, &got, &len)) == 0)
		assert_int_equal(link_flush(&t.source), 0);
	assert_int_equal(r, 1);
	assert_int_equal(len, sizeof(body));
	assert_memory_equal(got, body, len);
	assert_true(link_has_room(&t.source));
}

static void
a_record_is_seen_again_until_it_is_dropped(void **state)
{
	(void)state;
	assert_true(greet(false));
	put("once");
	assert_int_equal(take(), 1);
	takes("once");
	assert_int_equal(take(), 0);
}

static void
a_byte_changed_anywhere_is_noticed(void **state)
{
	uint8_t bytes[RECORD];

	(void)state;
	for (size_t at = 0; at < RECORD; at++) {
		again();
		assert_int_equal(seal(bytes, t.text, TEXT), RECORD);
		bytes[at] ^= 0x10;
		deliver(bytes, RECORD);
		shutdown(t.source.fd, SHUT_WR);
		assert_true(take() < 0);
	}
}

static void
a_record_cut_anywhere_is_no_record(void **state)
{
	uint8_t bytes[RECORD];

	(void)state;
	for (size_t len = 0; len < RECORD; len++) {
		again();
		seal(bytes, t.text, TEXT);
		deliver(bytes, len);
		assert_int_equal(take(), 0);
		shutdown(t.source.fd, SHUT_WR);
		assert_int_equal(take(), -EPIPE);
	}
}

static void
a_record_arrives_byte_by_byte(void **state)
{
	uint8_t bytes[RECORD];

	(void)state;
	assert_true(greet(false));
	seal(bytes, t.text, TEXT);
	for (size_t at = 0; at < RECORD; at++) {
		assert_int_equal(take(), 0);
		deliver(bytes + at, 1);
	}
	assert_int_equal(take(), 1);
}

static void
a_record_repeated_left_out_or_out_of_order_is_noticed(void **state)
{
	uint8_t first[RECORD], second[RECORD];

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		again();
		seal(first, t.text, TEXT);
		seal(second, t.text, TEXT);
		if (kind == 0) { /* repeated */
			deliver(first, RECORD);
			assert_int_equal(take(), 1);
			link_drop(&t.berth);
			deliver(first, RECORD);
		} else if (kind == 1) { /* left out */
			deliver(second, RECORD);
		} else { /* out of order */
			deliver(second, RECORD);
			deliver(first, RECORD);
		}
		assert_int_equal(take(), -EBADMSG);
	}
}

static void
a_record_of_another_connection_of_the_same_keys_is_noticed(void **state)
{
	uint8_t bytes[RECORD];

	(void)state;
	assert_true(greet(false));
	seal(bytes, t.text, TEXT);
	again();
	deliver(bytes, RECORD);
	assert_int_equal(take(), -EBADMSG);
}

static void
a_record_sent_back_to_its_sender_is_noticed(void **state)
{
	uint8_t bytes[RECORD];
	enum link_type type;
	uint8_t *body;
	size_t len;

	(void)state;
	assert_true(greet(false));
	seal(bytes, t.text, TEXT);
	assert_int_equal(send(t.berth.fd, bytes, RECORD, 0), RECORD);
	assert_int_equal(link_take(&t.source, &type, &body, &len), -EBADMSG);
}

static void
a_length_beyond_the_greatest_is_refused_before_it_is_read(void **state)
{
	static const uint32_t lengths[] = { 0, LINK_TAG - 1, LINK_BODY_MAX + LINK_TAG + 1,
		INT32_MAX, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint8_t head[LINK_HEAD] = { [4] = LINK_DATA };

		again();
		for (int b = 0; b < 4; b++)
			head[b] = (uint8_t)(lengths[i] >> 8 * b);
		deliver(head, sizeof(head));
		assert_int_equal(take(), -EBADMSG);
	}
}

static void
a_type_that_is_not_known_is_refused(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type += type == 0 ? LINK_TYPES : 1) {
		again();
		link_put(&t.source, (enum link_type)type, "x", 1);
		assert_int_equal(link_flush(&t.source), 0);
		assert_int_equal(take(), -EBADMSG);
	}
}

static void
a_stranger_s_greeting_is_not_taken(void **state)
{
	(void)state;
	link_hello(t.hello, &t.strange_keys, t.id, false);
	assert_false(link_take_hello(&t.berth, t.welcome, &t.berth_keys, t.id, t.hello));
}

static void
a_greeting_about_another_berth_is_not_taken(void **state)
{
	(void)state;
	for (size_t at = 0; at < LINK_ID; at += LINK_ID - 1) {
		uint8_t other[LINK_ID];

		memcpy(other, t.id, sizeof(other));
		other[at] ^= 1;
		link_hello(t.hello, &t.source_keys, other, false);
		assert_false(
		    link_take_hello(&t.berth, t.welcome, &t.berth_keys, t.id, t.hello));
	}
}

static void
a_greeting_changed_anywhere_is_not_taken(void **state)
{
	(void)state;
	assert_true(greet(false));
	for (size_t at = 0; at < LINK_HELLO; at++) {
		t.hello[at] ^= 1;
		assert_false(
		    link_take_hello(&t.berth, t.welcome, &t.berth_keys, t.id, t.hello));
		t.hello[at] ^= 1;
	}
	assert_true(greet(false));
	for (size_t at = 0; at < LINK_WELCOME; at++) {
		t.welcome[at] ^= 1;
		assert_false(
		    link_take_welcome(&t.source, &t.source_keys, t.hello, t.welcome));
		t.welcome[at] ^= 1;
	}
}

/* The hello is no secret: whoever repeats it gets an answer that is of no use to it. */
static void
a_hello_repeated_gives_other_keys(void **state)
{
	uint8_t bytes[RECORD];

	(void)state;
	assert_true(greet(false));
	seal(bytes, t.text, TEXT);
	assert_true(link_take_hello(&t.berth, t.welcome, &t.berth_keys, t.id, t.hello));
	deliver(bytes, RECORD);
	assert_int_equal(take(), -EBADMSG);
}

static void
a_weak_public_key_is_refused(void **state)
{
	static const uint8_t zero[LINK_KEY];
	uint8_t own[2][LINK_KEY];
	struct link_keys keys;

	(void)state;
	crypto_kx_keypair(own[0], own[1]);
	assert_int_equal(link_derive(&keys, own[0], own[1], zero, true), -EINVAL);
	assert_int_equal(link_derive(&keys, own[0], own[1], zero, false), -EINVAL);
}

static void
a_full_socket_keeps_the_rest_for_later(void **state)
{
	static uint8_t body[LINK_BODY_MAX];
	int sent = 0;

	(void)state;
	assert_true(greet(false));
	while (link_has_room(&t.source)) {
		link_put(&t.source, LINK_DATA, body, sizeof(body));
		assert_int_equal(link_flush(&t.source), 0);
		assert_true(++sent < 1000);
	}
	for (int got = 0; got < sent;) {
		int r = take();
		assert_true(r >= 0);
		got += r;
		if (r)
			link_drop(&t.berth);
		assert_int_equal(link_flush(&t.source), 0);
	}
	assert_true(link_has_room(&t.source));
	close(t.berth.fd);
	t.berth.fd = -1;
	link_put(&t.source, LINK_DATA, "x", 1);
	assert_int_equal(link_flush(&t.source), -EPIPE);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(records_arrive_in_order_under_either_cipher),
		FRESH(aes_is_used_only_where_both_have_it),
		FRESH(a_record_of_the_greatest_length_arrives),
		FRESH(a_record_is_seen_again_until_it_is_dropped),
		FRESH(a_byte_changed_anywhere_is_noticed),
		FRESH(a_record_cut_anywhere_is_no_record),
		FRESH(a_record_arrives_byte_by_byte),
		FRESH(a_record_repeated_left_out_or_out_of_order_is_noticed),
		FRESH(a_record_of_another_connection_of_the_same_keys_is_noticed),
		FRESH(a_record_sent_back_to_its_sender_is_noticed),
		FRESH(a_length_beyond_the_greatest_is_refused_before_it_is_read),
		FRESH(a_type_that_is_not_known_is_refused),
		FRESH(a_stranger_s_greeting_is_not_taken),
		FRESH(a_greeting_about_another_berth_is_not_taken),
		FRESH(a_greeting_changed_anywhere_is_not_taken),
		FRESH(a_hello_repeated_gives_other_keys),
		FRESH(a_weak_public_key_is_refused),
		FRESH(a_full_socket_keeps_the_rest_for_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
