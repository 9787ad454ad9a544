#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "tests/unit/cmocka_all.h"

static const struct frame_header header = {
	.role = ROLE_ACTUATOR,
	.kind = FRAME_REQUEST,
	.sender = 0x0123456789abcdef,
	.recipient = 0xfedcba9876543210,
	.session = "sessionsessions",
	.sequence = UINT64_MAX - 1,
};

static void
a_header_survives_the_round_trip(void **state)
{
	uint8_t buf[FRAME_HEADER + FRAME_TAG] = { 0 };
	struct frame_header back;

	(void)state;
	frame_put_header(buf, &header);
	assert_int_equal(frame_get_header(&back, buf, sizeof(buf)), FRAME_OK);
	assert_int_equal(back.role, header.role);
	assert_int_equal(back.kind, header.kind);
	assert_true(back.sender == header.sender && back.recipient == header.recipient);
	assert_memory_equal(back.session, header.session, SESSION_SIZE);
	assert_true(back.sequence == header.sequence);
}

static void
what_is_no_header_is_refused(void **state)
{
	uint8_t buf[FRAME_HEADER + FRAME_TAG] = { 0 };
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = { { 0, 'X' }, { 4, 2 }, { 5, 0 }, { 5, 4 }, { 6, 0 }, { 6, 4 },
		{ 7, 1 } };
	struct frame_header back;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		frame_put_header(buf, &header);
		buf[bad[i].at] = bad[i].value;
		assert_int_equal(
		    frame_get_header(&back, buf, sizeof(buf)), FRAME_E_MAGIC);
	}
	assert_int_equal(frame_get_header(&back, buf, sizeof(buf) - 1), FRAME_E_LENGTH);
	assert_int_equal(frame_get_header(&back, buf, FRAME_MAX + 1), FRAME_E_LENGTH);
}

static void
records_pass_a_pipe_whole(void **state)
{
	char data[16];
	uint8_t tag;
	size_t len;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(record_write(p[1], 'P', "hello", 5), 0);
	assert_int_equal(record_write(p[1], 'Q', "", 0), 0);
	assert_int_equal(record_read(p[0], &tag, data, sizeof(data), &len), 0);
	assert_int_equal(tag, 'P');
	assert_int_equal(len, 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(record_read(p[0], &tag, data, sizeof(data), &len), 0);
	assert_int_equal(len, 0);
	close(p[1]);
	assert_int_equal(record_read(p[0], &tag, data, sizeof(data), &len), -EPIPE);
	close(p[0]);
}

static void
a_record_too_long_or_cut_short_is_refused(void **state)
{
	char data[16];
	uint8_t tag;
	size_t len;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "\x11\0\0\0P", 5), 5);
	assert_int_equal(record_read(p[0], &tag, data, sizeof(data), &len), -EPROTO);
	assert_int_equal(write(p[1], "\x05\0\0\0Pab", 7), 7);
	close(p[1]);
	assert_int_equal(record_read(p[0], &tag, data, sizeof(data), &len), -EPROTO);
	close(p[0]);
}

static void
a_reader_gives_records_however_they_are_cut(void **state)
{
	static const char bytes[] = "\x02\0\0\0Aab\x00\0\0\0B\x01\0\0\0Cx";
	struct record_reader r = RECORD_READER_NULL;
	char seen[8] = "";
	uint8_t tag, *data;
	size_t len;
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(record_reader_init(&r), 0);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		assert_int_equal(write(p[1], bytes + i, 1), 1);
		assert_int_equal(record_reader_fill(&r, p[0]), 1);
		while (record_reader_take(&r, &tag, &data, &len) == 1) {
			seen[strlen(seen)] = (char)tag;
			record_reader_drop(&r);
		}
	}
	assert_string_equal(seen, "ABC");
	assert_int_equal(write(p[1], "\xff\xff\xff\xff!", 5), 5);
	assert_int_equal(record_reader_fill(&r, p[0]), 5);
	assert_int_equal(record_reader_take(&r, &tag, &data, &len), -EPROTO);
	record_reader_deinit(&r);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_survives_the_round_trip),
		cmocka_unit_test(what_is_no_header_is_refused),
		cmocka_unit_test(records_pass_a_pipe_whole),
		cmocka_unit_test(a_record_too_long_or_cut_short_is_refused),
		cmocka_unit_test(a_reader_gives_records_however_they_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
