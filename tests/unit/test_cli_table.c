#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "tests/unit/cmocka_all.h"

static const struct table_column columns[] = { { "HOST", false }, { "GUESTS", true },
	{ "NOTES", false }, { "WHY", false } };

struct page {
	struct screen screen;
	struct table table;
	char *text;
	size_t size;
};

static void
open_page(struct page *p)
{
	*p = (struct page){ .text = NULL };
	p->screen.out = open_memstream(&p->text, &p->size);
	assert_non_null(p->screen.out);
	table_init(&p->table, columns, 4);
}

static void
add_row(struct page *p, const char *host, const char *guests, const char *why)
{
	table_cell(&p->table, TINT_NONE, "%s", host);
	table_cell(&p->table, TINT_NONE, "%s", guests);
	table_cell(&p->table, TINT_NONE, "%s", "");
	table_cell(&p->table, TINT_BAD, "%s", why);
}

static void
check_page(struct page *p, const char *expected)
{
	table_print(&p->table, &p->screen);
	fclose(p->screen.out);
	assert_string_equal(p->text, expected);
	free(p->text);
	table_deinit(&p->table);
}

static void
columns_are_aligned_and_empty_ones_left_out(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	add_row(&p, "n1", "2", "hot");
	add_row(&p, "long-name", "128", "");
	check_page(&p, "HOST       GUESTS  WHY\n"
		       "n1              2  hot\n"
		       "long-name     128  \n");
}

static void
wide_characters_take_one_column(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	add_row(&p, "K\xc3\xa4se1", "2", "x");
	add_row(&p, "abcde", "2", "y");
	check_page(&p, "HOST   GUESTS  WHY\n"
		       "K\xc3\xa4se1       2  x\n"
		       "abcde       2  y\n");
}

static void
a_cell_is_escaped_before_it_is_measured(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	add_row(&p, "a\nb", "1", "x");
	add_row(&p, "abcdef", "1", "y");
	check_page(&p, "HOST    GUESTS  WHY\n"
		       "a\\x0ab       1  x\n"
		       "abcdef       1  y\n");
}

static void
on_a_terminal_there_is_a_rule_and_the_last_column_is_wrapped(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	p.screen.terminal = true;
	p.screen.width = 34;
	add_row(&p, "n1", "2", "one two three four five six");
	check_page(&p, "HOST  GUESTS  WHY\n"
		       "----  ------  ---\n"
		       "n1         2  one two three four\n"
		       "              five six\n");
}

static void
a_word_longer_than_the_line_is_broken_and_nothing_is_lost(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	p.screen.width = 34;
	add_row(&p, "n1", "2", "aaaaaaaaaabbbbbbbbbbcccccccccc");
	check_page(&p, "HOST  GUESTS  WHY\n"
		       "n1         2  aaaaaaaaaabbbbbbbbbb\n"
		       "              cccccccccc\n");
}

static void
a_terminal_too_narrow_to_wrap_gets_whole_lines(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	p.screen.width = 16;
	add_row(&p, "n1", "2", "one two three four five six");
	check_page(&p, "HOST  GUESTS  WHY\n"
		       "n1         2  one two three four five six\n");
}

static void
a_table_without_rows_prints_nothing(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	check_page(&p, "");
}

static void
a_thousand_rows_are_kept(void **state)
{
	struct page p;

	(void)state;
	open_page(&p);
	for (int i = 0; i < 1000; i++)
		add_row(&p, "n", "1", "x");
	assert_int_equal(p.table.used, 4000);
	table_print(&p.table, &p.screen);
	fclose(p.screen.out);
	assert_int_equal(
	    p.size, strlen("HOST  GUESTS  WHY\n") + 1000 * strlen("n          1  x\n"));
	free(p.text);
	table_deinit(&p.table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned_and_empty_ones_left_out),
		cmocka_unit_test(wide_characters_take_one_column),
		cmocka_unit_test(a_cell_is_escaped_before_it_is_measured),
		cmocka_unit_test(
		    on_a_terminal_there_is_a_rule_and_the_last_column_is_wrapped),
		cmocka_unit_test(
		    a_word_longer_than_the_line_is_broken_and_nothing_is_lost),
		cmocka_unit_test(a_terminal_too_narrow_to_wrap_gets_whole_lines),
		cmocka_unit_test(a_table_without_rows_prints_nothing),
		cmocka_unit_test(a_thousand_rows_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
