/* SPDX-License-Identifier: MIT */
/* What is made of samples beside the records: rows of alpaca and of pairs, and the unsolved questions. */
#include "support.h"

#include "dataset.h"
#include "file.h"
#include "output.h"
#include "select.h"

#include <stdio.h>
#include <string.h>

#define N_SAMPLES 3
#define N_QUESTIONS 3

static const char source[] = "[[\"q\\u0000 \\\"1\\\"\", 6e3], [\"q2\", \"7\"], [\"q3\", 1.5]]";

/* A sample as the tests say it is: its verdict, too. */
struct told {
    const char *text;
    enum rft_reason reason;
    enum rft_finish finish;
    const char *answer; /* in the text; NULL: none */
};
static const struct told told[N_QUESTIONS][N_SAMPLES] = {
    {{"five", RFT_REASON_WRONG, RFT_FINISH_STOP, "five"},
     {"\xf0\x9f\x98 six", RFT_REASON_ACCEPTED, RFT_FINISH_STOP, "six"},
     {"six\nthousand", RFT_REASON_ACCEPTED, RFT_FINISH_STOP, "six"}},
    {{"seven and", RFT_REASON_CUT_OFF, RFT_FINISH_LENGTH, "seven"},
     {"seven", RFT_REASON_NOT_FINITE, RFT_FINISH_NOT_FINITE, "seven"},
     {"eight", RFT_REASON_NO_ANSWER, RFT_FINISH_STOP, NULL}},
    {{"two", RFT_REASON_NOT_A_NUMBER, RFT_FINISH_STOP, NULL},
     {"1.5", RFT_REASON_ACCEPTED, RFT_FINISH_STOP, "1.5"},
     {"", RFT_REASON_NOT_A_NUMBER, RFT_FINISH_STOP, NULL}},
};

static struct rft_dataset dataset;
static char path[200], unsolved_path[200];
static struct rft_out_file rows_file, records_file, unsolved_file;

static int set_up(void **state)
{
    (void)state;
    struct rft_dataset_options options = {
        .path = "q.json", .question_field = "question", .answer_field = "answer", .answer_after = "", .id_field = ""};
    struct rft_str text = {0};
    snprintf(path, sizeof path, "%s/out.json", rft_test_tmp_dir());
    snprintf(unsolved_path, sizeof unsolved_path, "%s/unsolved.jsonl", rft_test_tmp_dir());
    return rft_str_append(&text, source, sizeof source - 1) == RFT_OK &&
                   rft_dataset_parse(&options, &text, &dataset) == RFT_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rft_dataset_finish(&dataset);
    return 0;
}

static uint32_t n_of(void *user, uint64_t question)
{
    (void)user;
    (void)question;
    return N_SAMPLES;
}

static enum rft_status read_sample(void *user, uint64_t question, uint32_t i, struct rft_str *text,
                                   struct rft_sample *out)
{
    const struct told *others = user, *t = others != NULL ? &others[i] : &told[question][i];
    rft_str_clear(text);
    RFT_TRY(rft_str_append_z(text, t->text));
    *out = (struct rft_sample){
        .question = question, .sample = i, .n_tokens = 3, .finish = t->finish, .text = {text->data, text->len}};
    return RFT_OK;
}

static enum rft_status judge(void *user, const struct rft_question *question, const struct rft_sample *sample,
                             struct rft_verdict *verdict)
{
    const struct told *t = &told[sample->question][sample->sample];
    const char *answer = t->answer != NULL ? strstr(sample->text.data, t->answer) : NULL;
    (void)user;
    (void)question;
    *verdict = (struct rft_verdict){.reason = t->reason, .detail = {"", 0}};
    if (answer != NULL)
        verdict->answer = (struct rft_bytes){answer, strlen(t->answer)};
    return RFT_OK;
}

static enum rft_status put_question(const void *user, struct rft_bytes question, struct rft_str *out)
{
    (void)user;
    RFT_TRY(rft_str_append_z(out, "Q: "));
    return rft_str_append(out, question.data, question.len);
}

static enum rft_status put_turns(const void *user, struct rft_bytes question, struct rft_str *out)
{
    (void)user;
    RFT_TRY(rft_str_append_z(out, "{\"role\": \"user\", \"content\": "));
    RFT_TRY(rft_str_append_json(out, question.data, question.len));
    return rft_str_append_z(out, "}");
}

static struct rft_output_options options_of(enum rft_output_format format, uint32_t keep)
{
    rows_file = rft_test_out(path);
    records_file = rft_test_out("");
    unsolved_file = rft_test_out(unsolved_path);
    return (struct rft_output_options){
        .rows = &rows_file,
        .records = &records_file,
        .unsolved = &unsolved_file,
        .format = format,
        .select = {.keep = keep, .max_solve_rate = 1},
        .n_pairs = 1,
        .samples = {NULL, N_SAMPLES, n_of, read_sample},
        .judge = {NULL, judge},
        .prompt = {.id = "chat:1", .put_turns = put_turns, .put_question = put_question, .prefill = {"<p>", 3}},
    };
}

static void close_files(void)
{
    rft_out_close(&rows_file, true);
    rft_out_close(&records_file, true);
    rft_out_close(&unsolved_file, true);
    rft_test_no_leftovers();
}

static void check_file(const char *file, const char *expected)
{
    struct rft_str text;
    assert_int_equal(rft_file_read(file, 1 << 20, &text), RFT_OK);
    assert_string_equal(text.data, expected);
    rft_str_finish(&text);
}

static struct rft_output_counts check_rows(const struct rft_output_options *options, uint64_t n_rows,
                                           const char *expected)
{
    struct rft_output_counts counts;
    assert_int_equal(rft_output_write(options, &dataset, &counts), RFT_OK);
    close_files();
    assert_int_equal(counts.n_rows, n_rows);
    check_file(path, expected);
    return counts;
}

#define Q1 "q\\u0000 \\\"1\\\""
#define ALPACA(q, a, more) "{\"instruction\": \"Q: " q "\", \"input\": \"\", \"output\": \"<p>" a "\"" more "}\n"

static void test_alpaca(void **state)
{
    (void)state;
    struct rft_output_options options = options_of(RFT_FORMAT_ALPACA, 1);
    check_rows(&options, 2, ALPACA(Q1, "\xef\xbf\xbd six", "") ALPACA("q3", "1.5", ""));
}

/* A system message has no place in such a row, so it gets a column. */
static void test_alpaca_system(void **state)
{
    (void)state;
    struct rft_output_options options = options_of(RFT_FORMAT_ALPACA, 1);
    options.prompt.system = rft_bytes_z("be \"brief\"");
    check_rows(&options, 2,
               ALPACA(Q1, "\xef\xbf\xbd six", ", \"system\": \"be \\\"brief\\\"\"")
                   ALPACA("q3", "1.5", ", \"system\": \"be \\\"brief\\\"\""));
}

#define MESSAGE(key, a) "\"" key "\": [{\"role\": \"assistant\", \"content\": \"<p>" a "\"}]"
#define PAIR(q, good, bad)                                                                                             \
    "{\"prompt\": [{\"role\": \"user\", \"content\": \"" q                                                             \
    "\"}], " MESSAGE("chosen", good) ", " MESSAGE("rejected", bad) "}\n"

/* Which samples are paired; unit_pairs looks at how partners are chosen. */
static void test_pairs(void **state)
{
    (void)state;
    static const struct {
        uint32_t keep, n_pairs;
        enum rft_pair_by by;
        uint64_t n_rows;
        const char *rows;
    } cases[] = {
        {1, 1, RFT_PAIR_FIRST, 2, PAIR(Q1, "\xef\xbf\xbd six", "five") PAIR("q3", "1.5", "two")},
        {1, 1, RFT_PAIR_FARTHEST, 2, PAIR(Q1, "\xef\xbf\xbd six", "five") PAIR("q3", "1.5", "")},
        {RFT_KEEP_ALL, RFT_PAIRS_ALL, RFT_PAIR_FIRST, 4,
         PAIR(Q1, "\xef\xbf\xbd six", "five") PAIR(Q1, "six\\nthousand", "five") PAIR("q3", "1.5", "two")
             PAIR("q3", "1.5", "")},
        {0, RFT_PAIRS_ALL, RFT_PAIR_FIRST, 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_output_options options = options_of(RFT_FORMAT_PAIRS, cases[i].keep);
        options.n_pairs = cases[i].n_pairs;
        options.pair_by = cases[i].by;
        check_rows(&options, cases[i].n_rows, cases[i].rows);
    }
}

/* Verdicts by fiat: the reasons of question 1's samples; the others are undecided. */
static enum rft_status judge_by_number(void *user, const struct rft_question *question, const struct rft_sample *sample,
                                       struct rft_verdict *verdict)
{
    const enum rft_reason *reasons = user;
    (void)question;
    *verdict = (struct rft_verdict){.reason = sample->question == 1 ? reasons[sample->sample] : RFT_REASON_UNDECIDED,
                                    .detail = {"", 0}};
    return RFT_OK;
}

/* Undecided ones and broken ones are never rejected, cut-off ones only if they are asked for. */
static void test_what_is_rejected(void **state)
{
    (void)state;
    static struct {
        enum rft_reason reasons[N_SAMPLES]; /* of question 1: cut off, not finite, whole */
        bool with_cut_off;
        uint64_t n_rows, n_unpaired;
    } cases[] = {
        {{RFT_REASON_WRONG, RFT_REASON_WRONG, RFT_REASON_ACCEPTED}, false, 0, 1},
        {{RFT_REASON_WRONG, RFT_REASON_WRONG, RFT_REASON_ACCEPTED}, true, 1, 0},
        {{RFT_REASON_CUT_OFF, RFT_REASON_NOT_FINITE, RFT_REASON_ACCEPTED}, true, 1, 0},
        {{RFT_REASON_ACCEPTED, RFT_REASON_WRONG, RFT_REASON_UNDECIDED}, false, 0, 1},
        {{RFT_REASON_ACCEPTED, RFT_REASON_NOT_FINITE, RFT_REASON_TOO_COMPLEX}, true, 0, 1},
        {{RFT_REASON_ACCEPTED, RFT_REASON_NOT_FINITE, RFT_REASON_NO_ANSWER}, false, 1, 0},
        {{RFT_REASON_WRONG, RFT_REASON_NOT_FINITE, RFT_REASON_WRONG}, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_output_options options = options_of(RFT_FORMAT_PAIRS, RFT_KEEP_ALL);
        struct rft_output_counts counts;
        options.n_pairs = RFT_PAIRS_ALL;
        options.pairs_cut_off = cases[i].with_cut_off;
        options.judge = (struct rft_output_judge){cases[i].reasons, judge_by_number};
        assert_int_equal(rft_output_write(&options, &dataset, &counts), RFT_OK);
        close_files();
        if (counts.n_rows != cases[i].n_rows || counts.n_unpaired != cases[i].n_unpaired)
            fail_msg("case %zu: %d pairs, %d questions without", i, (int)counts.n_rows, (int)counts.n_unpaired);
    }
}

/* What is compared is what is written: bytes that are no UTF-8 are U+FFFD there, three bytes long. */
static void test_pairs_of_ill_formed(void **state)
{
    (void)state;
    static struct told others[N_SAMPLES] = {
        {"a\xff", RFT_REASON_ACCEPTED, RFT_FINISH_STOP, NULL},
        {"a\xfe", RFT_REASON_WRONG, RFT_FINISH_STOP, NULL}, /* the same text, once written */
        {"abc", RFT_REASON_WRONG, RFT_FINISH_STOP, NULL},
    };
    static enum rft_reason reasons[N_SAMPLES] = {RFT_REASON_ACCEPTED, RFT_REASON_WRONG, RFT_REASON_WRONG};
    struct rft_output_options options = options_of(RFT_FORMAT_PAIRS, 1);
    options.samples.user = others;
    options.judge = (struct rft_output_judge){reasons, judge_by_number};
    options.n_pairs = RFT_PAIRS_ALL;
    check_rows(&options, 1, PAIR("q2", "a\xef\xbf\xbd", "abc"));
    others[1].text = "abcde"; /* of the length that is one more; "abc" is one less, and comes second */
    options = options_of(RFT_FORMAT_PAIRS, 1);
    options.samples.user = others;
    options.judge = (struct rft_output_judge){reasons, judge_by_number};
    options.pair_by = RFT_PAIR_NEAREST;
    check_rows(&options, 1, PAIR("q2", "a\xef\xbf\xbd", "abcde"));
}

/* The questions that no sample solved, with the answer that stands most often. */
static void test_unsolved(void **state)
{
    (void)state;
    struct rft_output_options options = options_of(RFT_FORMAT_JSONL, 0);
    struct rft_output_counts counts = check_rows(&options, 0, "");
    check_file(unsolved_path, "{\"id\": \"q2\", \"repeat\": 0, \"question_index\": 1, \"question\": \"q2\", \"gold\": "
                              "\"7\", \"samples\": 3, \"answer\": \"seven\", \"answer_count\": 2}\n");
    assert_int_equal(counts.n_questions_solved, 2);
}

static void test_most_answers(void **state)
{
    (void)state;
    static const struct {
        const char *answers[8]; /* "-": none */
        const char *line;
    } cases[] = {
        {{0}, "\"samples\": 9, \"answer\": null, \"answer_count\": 0}\n"},
        {{"-", "-"}, "\"samples\": 9, \"answer\": null, \"answer_count\": 0}\n"},
        {{"-", "", "-"}, "\"answer\": \"\", \"answer_count\": 1}\n"},
        {{"a", "b", "c"}, "\"answer\": \"a\", \"answer_count\": 1}\n"},
        {{"c", "b", "a"}, "\"answer\": \"c\", \"answer_count\": 1}\n"},
        {{"", "b"}, "\"answer\": \"\", \"answer_count\": 1}\n"},
        {{"b", ""}, "\"answer\": \"b\", \"answer_count\": 1}\n"},
        {{"a", "b", "b"}, "\"answer\": \"b\", \"answer_count\": 2}\n"},
        {{"a", "b", "-", "a", "b", "cc", "-", "-"}, "\"answer\": \"a\", \"answer_count\": 2}\n"},
        {{"a", "\xff", "\xfe"}, "\"answer\": \"\xef\xbf\xbd\", \"answer_count\": 2}\n"}, /* equal once written */
        {{"4", "4.0", "4.0"}, "\"answer\": \"4.0\", \"answer_count\": 2}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_out_file out = rft_test_out(unsolved_path);
        struct rft_unsolved unsolved = {.out = &out};
        struct rft_str text;
        assert_int_equal(rft_out_begin(&out), RFT_OK);
        assert_int_equal(rft_unsolved_add(&unsolved, rft_bytes_z("of another question")), RFT_OK);
        rft_unsolved_clear(&unsolved);
        for (size_t k = 0; k < 8 && cases[i].answers[k] != NULL; k++) {
            bool is_none = strcmp(cases[i].answers[k], "-") == 0;
            const struct rft_bytes answer = is_none ? (struct rft_bytes){0} : rft_bytes_z(cases[i].answers[k]);
            assert_int_equal(rft_unsolved_add(&unsolved, answer), RFT_OK);
        }
        assert_int_equal(rft_unsolved_write(&unsolved, &dataset.questions[1], 9), RFT_OK);
        assert_int_equal(rft_out_commit(&out), RFT_OK);
        rft_unsolved_finish(&unsolved);
        rft_out_close(&out, true);
        assert_int_equal(rft_file_read(unsolved_path, 1 << 20, &text), RFT_OK);
        if (!rft_ends_with(text.data, cases[i].line))
            fail_msg("case %zu: %s", i, text.data);
        rft_str_finish(&text);
    }
}

static enum rft_status write_once(void *user)
{
    struct rft_output_counts counts;
    return rft_output_write(user, &dataset, &counts);
}

static void test_alloc_faults(void **state)
{
    (void)state;
    struct rft_output_options options = options_of(RFT_FORMAT_PAIRS, RFT_KEEP_ALL);
    struct rft_out_file none = rft_test_out(""); /* which takes no time to be synced */
    options.rows = &none;
    assert_true(rft_test_alloc_faults(write_once, &options) > 12);
    options.unsolved = &none;
    options.format = RFT_FORMAT_ALPACA;
    options.prompt.system = rft_bytes_z("s");
    assert_true(rft_test_alloc_faults(write_once, &options) > 6);
    close_files();
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alpaca),       cmocka_unit_test(test_alpaca_system),
        cmocka_unit_test(test_pairs),        cmocka_unit_test(test_what_is_rejected),
        cmocka_unit_test(test_unsolved),     cmocka_unit_test(test_most_answers),
        cmocka_unit_test(test_alloc_faults), cmocka_unit_test(test_pairs_of_ill_formed),
    };
    return RFT_TEST_RUN(tests, set_up, tear_down);
}
