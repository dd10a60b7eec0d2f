/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* dup, dup2 */
#include "support.h"

#include "file.h"
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct rft_progress_view a_view = {
    .state = {.questions_done = 30,
              .samples_done = 350,
              .accepted = 84,
              .tokens = 9000,
              .memory_bytes = 3 << 20,
              .budget_bytes = (uint64_t)5 << 29},
    .n_questions = 100,
    .n_samples = 1000,
    .tokens_per_second = 123.44,
    .eta_seconds = 75,
};

#define TEXT "30/100 questions, 84 accepted, 123.4 tokens/s, 3.0 MiB of 2.5 GiB, ETA 0:01:15"

static void test_format(void **state)
{
    (void)state;
    static const struct {
        uint32_t width;
        const char *line;
    } cases[] = {
        {0, TEXT},
        {99, "[######............] " TEXT},
        {89, "[##......] " TEXT},
        {88, TEXT},
        {78, TEXT},
        {77, "30/100 questions, 84 accepted, 123.4 tokens/s, 3.0 MiB of 2.5 GiB"},
        {45, "30/100 questions, 84 accepted, 123.4 tokens/s"},
        {44, "30/100 questions, 84 accepted"},
        {16, "30/100 questions"},
        {5, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[256];
        rft_progress_format(&a_view, cases[i].width, line, sizeof line);
        assert_string_equal(line, cases[i].line);
    }
}

/* No width and no number makes a line that is too wide. */
static void test_format_width(void **state)
{
    (void)state;
    struct rft_progress_view huge = a_view;
    huge.n_questions = huge.n_samples = huge.state.accepted = huge.state.questions_done = UINT64_MAX;
    huge.state.samples_done = huge.state.memory_bytes = huge.state.budget_bytes = UINT64_MAX;
    huge.tokens_per_second = 1e15;
    const struct rft_progress_view *views[] = {&a_view, &huge};
    for (size_t v = 0; v < 2; v++)
        for (uint32_t width = 1; width < 400; width++) {
            char line[256];
            rft_progress_format(views[v], width, line, sizeof line);
            assert_true(strlen(line) <= width);
        }
}

static void test_eta_forms(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{-1, "ETA -:--:--"},   {0, "ETA 0:00:00"},    {59.4, "ETA 0:00:59"},  {59.6, "ETA 0:01:00"},
                 {1e11, "ETA -:--:--"}, {3600, "ETA 1:00:00"}, {90061, "ETA 25:01:01"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_progress_view view = a_view;
        char line[256];
        view.eta_seconds = cases[i].seconds;
        rft_progress_format(&view, 0, line, sizeof line);
        assert_string_equal(strstr(line, "ETA"), cases[i].text);
    }
}

/* The rate is that of the last RFT_RATE_POINTS seconds: a slow start is forgotten, samples of an earlier run never
 * count. */
static void test_rate(void **state)
{
    (void)state;
    struct rft_progress p = {.n_questions = 100, .n_samples = 10000, .state = {.samples_done = 5000}};
    struct rft_progress_view view = rft_progress_view_at(&p, 1000);
    assert_true(view.tokens_per_second == 0 && view.eta_seconds < 0);
    for (int i = 1; i <= 10; i++) {
        p.state.tokens += 1;
        view = rft_progress_view_at(&p, 1000 + i);
    }
    assert_true(view.tokens_per_second == 1 && view.eta_seconds < 0);
    for (int i = 11; i <= 80; i++) {
        p.state.tokens += 100;
        p.state.samples_done += 10;
        view = rft_progress_view_at(&p, 1000 + i);
    }
    assert_true(view.tokens_per_second == 100);
    assert_true(view.eta_seconds == (10000.0 - 5700) / 10);
    p.state.tokens += 3200; /* 30 steps of 100 and this one, over 31 seconds */
    assert_true(rft_progress_view_at(&p, 1081).tokens_per_second == 200);
    p.state.samples_done = 10000;
    assert_true(rft_progress_view_at(&p, 1082).eta_seconds == 0);
}

/* What stderr, which is a file here, is given by fn. */
static void stderr_of(void (*fn)(void), struct rft_str *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/stderr", rft_test_tmp_dir());
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen(path, "w", stderr));
    fn();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(rft_file_read(path, 1 << 20, text), RFT_OK);
}

static void run_loud(void)
{
    struct rft_progress p;
    rft_progress_start(&p, 2, 20, 5, false);
    rft_progress_update(&p, &(struct rft_progress_state){.questions_done = 1, .samples_done = 10});
    rft_progress_update(&p, &(struct rft_progress_state){.questions_done = 2, .samples_done = 20, .accepted = 3});
    rft_progress_finish(&p);
    rft_progress_finish(&p);
}

static void run_quiet(void)
{
    struct rft_progress p;
    rft_progress_start(&p, 2, 20, 0, true);
    rft_progress_update(&p, &(struct rft_progress_state){.questions_done = 2, .samples_done = 20});
    rft_progress_finish(&p);
}

static void test_plain_lines(void **state)
{
    (void)state;
    struct rft_str text;
    stderr_of(run_loud, &text);
    assert_int_equal(strncmp(text.data, "2/2 questions, 3 accepted, ", 27), 0);
    assert_ptr_equal(strchr(text.data, '\n'), text.data + text.len - 1); /* one line, though updated often */
    rft_str_finish(&text);
    stderr_of(run_quiet, &text);
    assert_string_equal(text.data, "");
    rft_str_finish(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format), cmocka_unit_test(test_format_width), cmocka_unit_test(test_eta_forms),
        cmocka_unit_test(test_rate),   cmocka_unit_test(test_plain_lines),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
