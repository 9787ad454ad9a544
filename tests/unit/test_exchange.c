#include <string.h>

#include "base/exchange.h"
#include "tests/unit/cmocka_all.h"

static const struct uuid boot_id = { { 7 } };

/* Both ends: the monitor under test, and an engine played by hand. */
struct ends {
	struct exchange x;
	struct seal_pair host, engine;
	struct seal_peer peer; /* the host, as the engine sees it */
	uint64_t sequence;     /* of the engine's frames */
	uint8_t request[FRAME_MAX];
	struct frame_header asked; /* of the last request */
	uint64_t nonce;            /* in the last request */
	uint8_t frame[FRAME_MAX];
	size_t len;
};

static struct ends e;

static int
setup(void **state)
{
	(void)state;
	memset(&e, 0, sizeof(e));
	if (seal_start() < 0)
		return -1;
	seal_generate(&e.host);
	seal_generate(&e.engine);
	if (seal_peer_init(&e.peer, &e.engine, e.host.public_key, true) < 0)
		return -1;
	return exchange_init(&e.x, ROLE_MONITOR, &e.host, e.engine.public_key, &boot_id);
}

static int
teardown(void **state)
{
	(void)state;
	exchange_deinit(&e.x);
	return 0;
}

static mono_t
at(int64_t ms)
{
	return (mono_t){ ms };
}

/* The monitor asks; the engine opens it. */
static void
ask(int64_t now)
{
	struct wire_arena arena;
	Lifeboat__Request *r;
	uint8_t *body;
	Lifeboat__Request asked = LIFEBOAT__REQUEST__INIT;
	size_t len = exchange_ask(&e.x, at(now), &asked, e.request), body_len;
	const char *what;

	assert_true(len <= sizeof(e.request));
	assert_int_equal(frame_get_header(&e.asked, e.request, len), FRAME_OK);
	assert_int_equal(e.asked.kind, FRAME_REQUEST);
	assert_int_equal(e.asked.role, ROLE_MONITOR);
	assert_int_equal(e.asked.recipient, e.engine.id);
	assert_true(seal_open(e.request, len, &e.peer, &body, &body_len));
	assert_int_equal(wire_arena_init(&arena), 0);
	assert_int_equal(wire_request(&r, &arena, body, body_len, &what), FRAME_OK);
	e.nonce = r->nonce;
	wire_arena_deinit(&arena);
}

/* The engine's reply to the last request, into e.frame. */
static void
seal_reply(Lifeboat__Reply *reply, enum role role)
{
	static uint8_t engine[16] = { 1 };
	uint8_t body[1024];
	struct frame_header h = { role, FRAME_REPLY, e.engine.id, e.host.id, { 9 },
		++e.sequence };

	if (!reply->session.data)
		reply->session = (ProtobufCBinaryData){ SESSION_SIZE, e.asked.session };
	if (reply->sequence == 0)
		reply->sequence = e.asked.sequence;
	reply->engine = (ProtobufCBinaryData){ 16, engine };
	e.len =
	    seal_close(e.frame, &e.peer, &h, body, lifeboat__reply__pack(reply, body));
}

static enum frame_refusal
reply(Lifeboat__Reply *r, int64_t now, unsigned int *news)
{
	seal_reply(r, ROLE_ENGINE);
	return exchange_reply(&e.x, at(now), e.frame, e.len, news);
}

static void
a_nonce_is_echoed_at_once_and_then_the_engine_is_reached(void **state)
{
	Lifeboat__Reply first = LIFEBOAT__REPLY__INIT, second = LIFEBOAT__REPLY__INIT;
	unsigned int news;

	(void)state;
	ask(0);
	assert_int_equal(e.nonce, 0);
	first.nonce = 4711;
	assert_int_equal(reply(&first, 10, &news), FRAME_OK);
	assert_int_equal(news, EXCHANGE_ASK_AGAIN);
	ask(10);
	assert_int_equal(e.nonce, 4711);
	assert_int_equal(reply(&second, 20, &news), FRAME_OK);
	assert_int_equal(news, EXCHANGE_REACHED);
}

static void
an_engine_that_only_gives_nonces_is_not_asked_without_end(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;
	unsigned int news;

	(void)state;
	r.nonce = 1;
	ask(0);
	assert_int_equal(reply(&r, 1, &news), FRAME_OK);
	ask(1);
	r = (Lifeboat__Reply)LIFEBOAT__REPLY__INIT;
	r.nonce = 2;
	assert_int_equal(reply(&r, 2, &news), FRAME_OK);
	assert_int_equal(news, 0);
	exchange_tick(&e.x);
	ask(5000);
	assert_int_equal(e.nonce, 2);
}

static void
a_reply_to_an_old_request_is_refused(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;
	unsigned int news;

	(void)state;
	ask(1000);
	assert_int_equal(reply(&r, 1000 + EXCHANGE_FRESH_MS + 1, &news), FRAME_E_REPLAY);
	assert_int_equal(news, 0);
	assert_int_equal(e.x.refusals[FRAME_E_REPLAY], 1);
}

static void
a_reply_that_is_just_fresh_is_taken(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;
	unsigned int news;

	(void)state;
	ask(1000);
	assert_int_equal(reply(&r, 1000 + EXCHANGE_FRESH_MS, &news), FRAME_OK);
}

static void
a_reply_is_taken_once(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;
	uint8_t copy[1024];
	unsigned int news;

	(void)state;
	ask(0);
	seal_reply(&r, ROLE_ENGINE);
	memcpy(copy, e.frame, e.len);
	assert_int_equal(exchange_reply(&e.x, at(1), e.frame, e.len, &news), FRAME_OK);
	assert_int_equal(exchange_reply(&e.x, at(2), copy, e.len, &news), FRAME_E_REPLAY);
}

static void
a_reply_to_another_session_or_request_is_refused(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT, never = LIFEBOAT__REPLY__INIT;
	uint8_t other[SESSION_SIZE] = { 3 };
	unsigned int news;

	(void)state;
	ask(0);
	r.session = (ProtobufCBinaryData){ SESSION_SIZE, other };
	assert_int_equal(reply(&r, 1, &news), FRAME_E_SESSION);
	never.sequence = 999;
	assert_int_equal(reply(&never, 1, &news), FRAME_E_REPLAY);
}

static void
a_reply_that_is_damaged_or_not_the_engines_is_refused(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;
	unsigned int news;

	(void)state;
	ask(0);
	seal_reply(&r, ROLE_ENGINE);
	e.frame[e.len - 1] ^= 1;
	assert_int_equal(
	    exchange_reply(&e.x, at(1), e.frame, e.len, &news), FRAME_E_SEAL);
	seal_reply(&r, ROLE_MONITOR);
	assert_int_equal(
	    exchange_reply(&e.x, at(1), e.frame, e.len, &news), FRAME_E_ROLE);
	seal_reply(&r, ROLE_ENGINE);
	e.frame[8] ^= 1;
	assert_int_equal(
	    exchange_reply(&e.x, at(1), e.frame, e.len, &news), FRAME_E_STRANGER);
	assert_int_equal(exchange_reply(&e.x, at(1), e.frame, 20, &news), FRAME_E_LENGTH);
}

static void
three_silences_ask_for_a_redial_and_are_said_once(void **state)
{
	unsigned int news = 0;
	int lost = 0, redials = 0;

	(void)state;
	ask(0);
	for (int i = 1; i <= 9; i++) {
		news = exchange_tick(&e.x);
		lost += (news & EXCHANGE_LOST) != 0;
		redials += (news & EXCHANGE_REDIAL) != 0;
		if (i < 3)
			assert_int_equal(news, 0);
		ask(i * (int64_t)5000);
	}
	assert_int_equal(lost, 1);
	assert_int_equal(redials, 3);
}

static void
a_lost_engine_that_answers_again_is_reached(void **state)
{
	Lifeboat__Reply r = LIFEBOAT__REPLY__INIT, again = LIFEBOAT__REPLY__INIT;
	unsigned int news;

	(void)state;
	ask(0);
	assert_int_equal(reply(&r, 1, &news), FRAME_OK);
	for (int i = 0; i < 3; i++) {
		ask(0);
		news = exchange_tick(&e.x);
	}
	assert_int_equal(news, EXCHANGE_LOST | EXCHANGE_REDIAL);
	ask(20000);
	assert_int_equal(reply(&again, 20001, &news), FRAME_OK);
	assert_int_equal(news, EXCHANGE_REACHED);
}

static void
reports_that_never_arrive_ask_for_a_redial(void **state)
{
	uint8_t body[1] = { 0 };
	unsigned int news = 0;

	(void)state;
	for (int i = 0; i < EXCHANGE_SILENCES; i++) {
		Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;

		assert_int_equal(news & EXCHANGE_REDIAL, 0);
		exchange_report(&e.x, e.frame, body, sizeof(body));
		ask(i * (int64_t)5000);
		assert_int_equal(reply(&r, i * (int64_t)5000, &news), FRAME_OK);
	}
	assert_int_equal(news, EXCHANGE_REDIAL | EXCHANGE_REPORTS_LOST);
}

static void
a_refusal_is_said_once_and_its_end_too(void **state)
{
	static char sentence[] = "two hosts are called n1";
	unsigned int news;

	(void)state;
	for (int i = 0; i < 3; i++) {
		Lifeboat__Reply r = LIFEBOAT__REPLY__INIT;

		r.refused = i < 2 ? sentence : r.refused;
		ask(i);
		assert_int_equal(reply(&r, i, &news), FRAME_OK);
		assert_int_equal((news & EXCHANGE_REFUSED) != 0, i == 0);
		assert_int_equal((news & EXCHANGE_ACCEPTED) != 0, i == 2);
	}
}

static void
numbers_rise_by_one_over_reports_and_requests(void **state)
{
	uint8_t body[1] = { 0 };
	struct frame_header h;
	size_t len;

	(void)state;
	ask(0);
	assert_int_equal(e.asked.sequence, 1);
	len = exchange_report(&e.x, e.frame, body, sizeof(body));
	assert_int_equal(frame_get_header(&h, e.frame, len), FRAME_OK);
	assert_int_equal(h.kind, FRAME_REPORT);
	assert_int_equal(h.sequence, 2);
	ask(1);
	assert_int_equal(e.asked.sequence, 3);
	assert_memory_equal(h.session, e.asked.session, SESSION_SIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_nonce_is_echoed_at_once_and_then_the_engine_is_reached),
		TEST(an_engine_that_only_gives_nonces_is_not_asked_without_end),
		TEST(a_reply_to_an_old_request_is_refused),
		TEST(a_reply_that_is_just_fresh_is_taken),
		TEST(a_reply_is_taken_once),
		TEST(a_reply_to_another_session_or_request_is_refused),
		TEST(a_reply_that_is_damaged_or_not_the_engines_is_refused),
		TEST(three_silences_ask_for_a_redial_and_are_said_once),
		TEST(a_lost_engine_that_answers_again_is_reached),
		TEST(reports_that_never_arrive_ask_for_a_redial),
		TEST(a_refusal_is_said_once_and_its_end_too),
		TEST(numbers_rise_by_one_over_reports_and_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
