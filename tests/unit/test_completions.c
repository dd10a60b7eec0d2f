/* SPDX-License-Identifier: MIT */
/* Completions that exist: anybody's rows, and rftgen's own, which are written again byte for byte. */
#include "support.h"

#include "completions.h"
#include "file.h"
#include "judge.h"
#include "output.h"
#include "select.h"

#include <stdio.h>
#include <string.h>

static const struct rft_verify_options by_command = {.kind = RFT_VERIFY_COMMAND};
static const struct rft_verify_options by_number = {.kind = RFT_VERIFY_ANSWER_TAG};

static struct rft_dataset_options plain(void)
{
    return (struct rft_dataset_options){
        .path = "rows.jsonl", .question_field = "question", .answer_after = "", .id_field = ""};
}

static enum rft_status parse(const struct rft_dataset_options *options, struct rft_bytes source,
                             struct rft_completions *completions)
{
    struct rft_str text = {0};
    RFT_TRY(rft_str_append(&text, source.data, source.len));
    rft_test_log_capture();
    enum rft_status status = rft_completions_parse(options, &text, completions);
    rft_test_log_release();
    return status;
}

/* Each question, then its samples: "row/id/repeat/gold: sample=text(finish)"; questions parted by ";". */
static const char *shown(struct rft_completions *completions)
{
    static struct rft_str s;
    struct rft_samples samples = rft_completions_as_samples(completions);
    struct rft_str scratch = {0};
    size_t n = 0;
    rft_str_clear(&s);
    for (size_t i = 0; i < completions->dataset.n; i++) {
        const struct rft_question *q = &completions->dataset.questions[i];
        assert_int_equal(rft_str_printf(&s, "%d/%.*s/%u/", (int)q->row, (int)q->id.len, q->id.data, q->repeat), RFT_OK);
        assert_int_equal(rft_question_put_gold(q, &s), RFT_OK);
        assert_true(samples.n_of(samples.user, i) > 0 && samples.n_of(samples.user, i) <= samples.n_max);
        for (uint32_t k = 0; k < samples.n_of(samples.user, i); k++, n++) {
            struct rft_sample sample;
            assert_int_equal(samples.read(samples.user, i, k, &scratch, &sample), RFT_OK);
            assert_true(sample.question == i && sample.origin != NULL);
            assert_int_equal(rft_str_printf(&s, " %u=%.*s", sample.sample, (int)sample.text.len, sample.text.data),
                             RFT_OK);
            if (sample.finish != RFT_FINISH_STOP)
                assert_int_equal(rft_str_printf(&s, "(%s)", rft_finish_text(sample.finish)), RFT_OK);
        }
        assert_int_equal(rft_str_append_z(&s, ";"), RFT_OK);
    }
    assert_int_equal(n, completions->n);
    rft_str_finish(&scratch);
    return s.data;
}

#define OWN(id, repeat, sample, gold, completion)                                                                      \
    "{\"id\": " id ", \"repeat\": " repeat ", \"question_index\": 7, \"sample\": " sample ", \"key\": \"00ff\", "      \
    "\"reason\": \"wrong\", \"finish\": \"length\", \"tokens\": 4, \"gold\": " gold                                    \
    ", \"question\": \"q\", \"completion\": " completion ", \"prompt\": \"raw:1\", \"seed\": 5, \"arithmetic\": 1}\n"

struct good_case {
    const char *source, *shown;
    const char *question, *answer, *completion, *id, *after, *filter;
    uint64_t limit;
    const struct rft_verify_options *verify;
};

static void test_good(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {.source = "{\"question\": \"q\", \"gold\": 4, \"completion\": \"x\"}", .shown = "0/q/0/4 0=x;"},
        {.source = "[[\"q\", 4, \"x\"], [\"r\", \"5\", \"y\", 1], [\"q\", 4, \"z\"]]",
         .shown = "0/q/0/4 0=x 1=z;1/r/0/\"5\" 0=y;"},
        {.source = "[\"q\", \"#### 4\", \"x\"]\n[\"q\", 4, \"y\"]\n", .shown = "0/q/0/\"4\" 0=x 1=y;", .after = "####"},
        {.source =
             "{\"question\": \"q\", \"answer\": \"4\", \"gold\": \"5\", \"response\": \"x\"}\n"
             "{\"question\": \"r\", \"answer\": \"4\", \"completion\": [], \"output\": \"y\", \"response\": null, "
             "\"finish\": \"length\"}\n"
             "{\"question\": \"s\", \"answer\": \"4\", \"prediction\": \"z\", \"finish\": \"eos\"}\n",
         .shown = "0/q/0/\"5\" 0=x;1/r/0/\"4\" 0=y(length);2/s/0/\"4\" 0=z;"},
        {.source = "{\"p\": {\"q\": \"q\"}, \"gold\": 1, \"a\": [\"4\", \"5\"], \"m\": [{\"role\": \"assistant\", "
                   "\"content\": \"x\"}]}",
         .shown = "0/q/0/[\"4\", \"5\"] 0=x;",
         .question = "p.q",
         .answer = "a",
         .completion = "m.role=assistant.content"},
        {.source = "{\"question\": \"q\", \"n\": 1, \"gold\": 4, \"completion\": \"x\"}\n"
                   "{\"question\": \"q\", \"n\": 2, \"gold\": 5, \"completion\": \"y\"}\n"
                   "{\"question\": \"q\", \"n\": 1, \"gold\": 4, \"completion\": \"z\"}\n",
         .shown = "0/1/0/4 0=x 1=z;1/2/0/5 0=y;",
         .id = "n"},
        {.source = OWN("\"i\"", "0", "3", "\"4\"", "\"a\\u0000b\\\"\"") OWN("\"i\"", "1", "0", "\"5\"", "\"y\"")
             OWN("\"i\"", "0", "1", "\"4\"", "\"\""),
         .shown = "7/i/0/\"4\" 3=a"},
        {.source = OWN("\"i\"", "0", "1", "\"[\\\"4\\\", \\\"\\\\\\\\5\\\"]\"", "\"x\""),
         .shown = "7/i/0/[\"4\", \"\\\\5\"] 1=x(length);",
         .question = "not.there",
         .answer = "nor",
         .completion = "this",
         .id = "here",
         .after = "####",
         .filter = "level=5"},
        {.source = "{\"question\": \"q\", \"answer\": 4, \"code\": [\"\\u0078\", \"y\"]}\n"
                   "{\"question\": \"q\", \"answer\": 4, \"code\": \"z\"}\n",
         .shown = "0/q/0/4 0=x 1=y 2=z;",
         .completion = "code"},
        {.source = OWN("\"i\"", "0", "1", "\"[\\\"4\\\",\\\"5\\\"]\"", "\"x\""),
         .shown = "7/i/0/\"[\\\"4\\\",\\\"5\\\"]\" 1=x(length);"}, /* not as rftgen writes lists */
        {.source = OWN("\"i\"", "0", "1", "null", "\"x\""), .shown = "7/i/0/null 1=x(length);", .verify = &by_command},
        {.source = OWN("\"i\"", "0", "1", "\"4\"", "\"x\"") OWN("\"i\"", "0", "2", "\"4\"", "\"y\""),
         .shown = "7/i/0/\"4\" 2=y(length);",
         .filter = "sample=2"},
        {.source = "[[\"q\", 4, \"x\"], [\"r\", 5, \"y\"], [\"q\", 4, \"z\"], [\"s\", 6, \"y\"]]",
         .shown = "0/q/0/4 0=x 1=z;1/r/0/5 0=y;",
         .limit = 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct good_case *c = &cases[i];
        struct rft_dataset_options options = plain();
        struct rft_completions completions;
        options.question_field = c->question != NULL ? c->question : "question";
        options.answer_field = c->answer;
        options.completion_field = c->completion;
        options.id_field = c->id != NULL ? c->id : "";
        options.answer_after = c->after != NULL ? c->after : "";
        options.filter = &c->filter;
        options.n_filter = c->filter != NULL;
        options.limit = c->limit;
        options.verify = c->verify;
        if (parse(&options, rft_bytes_z(c->source), &completions) != RFT_OK)
            fail_msg("%s: %s", c->source, rft_test_log_text());
        if (strncmp(shown(&completions), c->shown, strlen(c->shown)) != 0)
            fail_msg("%s: %s, expected %s", c->source, shown(&completions), c->shown);
        rft_completions_finish(&completions);
    }
}

struct bad_case {
    const char *source, *message;
};

static void test_bad(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {"", "rows.jsonl: holds no completions\n"},
        {"[]", "rows.jsonl: holds no completions\n"},
        {"{\"question\": \"q\", \"gold\": 1, \"text\": \"x\"}",
         "rows.jsonl:1: row 1: field \"completion\" is missing; the row has question, gold, text: set "
         "data.completion_field=text; no row of 1 can be used"},
        {"{\"question\": \"q\", \"gold\": 1, \"completion\": [\"x\", {}]}",
         "field \"completion\" is a list that holds an object"},
        {"{\"question\": \"q\", \"gold\": 1, \"completion\": []}", "field \"completion\" is an empty list"},
        {"{\"question\": \"q\", \"gold\": 1, \"completion\": {}}", "field \"completion\" is an object; expected"},
        {OWN("\"i\"", "0", "0", "\"1\"", "[\"x\"]"), "field \"completion\" is an array; expected a string"},
        {"{\"question\": \"q\", \"gold\": 1, \"completion\": null}", "field \"completion\" is true, false or null"},
        {"[\"q\", 1]", "element 3 is missing"},
        {"[\"q\", 1, 2]", "element 3 is a number; expected a string"},
        {"{\"question\": \"q\", \"solution\": \"1\", \"completion\": \"x\"}",
         "field \"gold\" is missing; the row has question, solution, completion: set data.answer_field=solution"},
        {"[\"q\", 1, \"x\"]\n[\"q\", 2, \"x\"]",
         "rows.jsonl:2: row 2: its gold answer differs from that of line 1, which is of the same question; it is the "
         "only bad row of 2: mend it"},
        {OWN("\"i\"", "0", "0", "\"1\"", "\"x\"") "{\"id\": \"i\", \"repeat\": 0, \"sample\": 1, \"question\": \"r\", "
                                                  "\"gold\": \"1\", \"completion\": \"\", \"prompt\": null}",
         "its question differs from that of line 1"},
        {OWN("\"i\"", "-1", "0", "\"1\"", "\"x\""), "field \"repeat\" is no whole number"},
        {OWN("\"i\"", "0", "\"0\"", "\"1\"", "\"x\""), "field \"sample\" is no whole number"},
        {OWN("\"i\"", "0", "4294967296", "\"1\"", "\"x\""), "field \"sample\" is no whole number"},
        {OWN("\"i\"", "0", "1.0", "\"1\"", "\"x\""), "field \"sample\" is no whole number"},
        {OWN("null", "0", "0", "\"1\"", "\"x\""), "field \"id\" is true, false or null"},
        {OWN("\"i\"", "0", "0", "null", "\"x\""), "field \"gold\" is true, false or null"},
        {OWN("\"i\"", "0", "0", "\"1\"", "null"), "field \"completion\" is true, false or null"},
        {"{\"question\": \"q\", \"gold\": 1, \"completion\": \"x\"}\nno row\n", "rows.jsonl:2: row 2: not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_dataset_options options = plain();
        struct rft_completions completions;
        enum rft_status status = parse(&options, rft_bytes_z(cases[i].source), &completions);
        const char *log = rft_test_log_text(), *newline = strchr(log, '\n');
        if (status != RFT_ERR_INPUT || strstr(log, cases[i].message) == NULL || newline == NULL || newline[1] != '\0')
            fail_msg("%s: %s, \"%s\", expected \"%s\"", cases[i].source, rft_status_text(status), log,
                     cases[i].message);
        assert_null(completions.items);
        assert_null(completions.dataset.questions);
    }
}

/* ---- written again ---- */

static enum rft_status judge(void *user, const struct rft_question *question, const struct rft_sample *sample,
                             struct rft_verdict *verdict)
{
    (void)user;
    *verdict = rft_test_verify(&by_number, sample->text, sample->finish, question->gold);
    return RFT_OK;
}

static struct rft_str written_rows, written_records;

static const uint64_t seeds[] = {UINT64_MAX, 3};
static const double temperature = 1e-6;
static const struct rft_provenance provenance = {.sweep = {seeds, 2, &temperature, 1},
                                                 .model = "0123456789abcdef",
                                                 .prompt = "fedcba9876543210",
                                                 .settings = "stop=[\"\\n\"]",
                                                 .arithmetic_version = 7};

static void write_output(const struct rft_dataset *dataset, struct rft_samples samples, bool is_first)
{
    static char rows_path[300], records_path[300];
    snprintf(rows_path, sizeof rows_path, "%s", rft_test_tmp_path("out.jsonl"));
    snprintf(records_path, sizeof records_path, "%s", rft_test_tmp_path("records.jsonl"));
    struct rft_out_file rows = rft_test_out(rows_path), records = rft_test_out(records_path), none = rft_test_out("");
    const struct rft_output_options options = {
        .rows = &rows,
        .records = &records,
        .unsolved = &none,
        .format = RFT_FORMAT_JSONL,
        .select = {.keep = RFT_KEEP_ALL, .max_solve_rate = 1},
        .samples = samples,
        .provenance = is_first ? &provenance : NULL,
        .logprobs = RFT_LOGPROBS_TOKENS,
        .judge = {NULL, judge},
        .prompt = {.id = is_first ? "chat:1" : "none"},
    };
    struct rft_output_counts counts;
    assert_int_equal(rft_output_write(&options, dataset, &counts), RFT_OK);
    rft_out_close(&rows, true);
    rft_out_close(&records, true);
    rft_str_finish(&written_rows);
    rft_str_finish(&written_records);
    assert_int_equal(rft_file_read(rows_path, 1 << 20, &written_rows), RFT_OK);
    assert_int_equal(rft_file_read(records_path, 1 << 20, &written_records), RFT_OK);
}

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
static const float logprobs[] = {-0.1f, -1e-30f, -3.0f, 0.0f};
static const struct rft_sample drawn[] = {
    {.question = 0,
     .sample = 0,
     .n_tokens = 4,
     .text = TEXT("a\0b\x7f\x01\\u0000\"\xff\xf0\x9f<answer>4</answer>"),
     .has_logprob = true,
     .logprob = -3.1000000014901161,
     .logprobs = logprobs,
     .n_logprobs = 4},
    {.question = 0, .sample = 1, .n_tokens = 5, .finish = RFT_FINISH_LENGTH, .text = TEXT("\xef\xbf\xbd<answer>")},
    {.question = 1, .sample = 0, .n_tokens = 6, .text = TEXT("<answer>5</answer>")},
    {.question = 1, .sample = 1, .n_tokens = 7, .finish = RFT_FINISH_NOT_FINITE, .text = TEXT("")},
    {.question = 2, .sample = 0, .n_tokens = 8, .text = TEXT("\xf0\x9f\x98\x80 <answer>4</answer>\n\n")},
    {.question = 2, .sample = 1, .text = TEXT(""), .is_not_drawn = true},
};

static uint32_t two_of_each(void *user, uint64_t question)
{
    (void)user;
    (void)question;
    return 2;
}

static enum rft_status read_drawn(void *user, uint64_t question, uint32_t i, struct rft_str *text,
                                  struct rft_sample *out)
{
    (void)user;
    rft_str_clear(text);
    *out = drawn[2 * question + i];
    return RFT_OK;
}

static void check_again(struct rft_str *source, const char *expected_rows, const char *expected_records)
{
    struct rft_dataset_options options = plain();
    struct rft_completions completions;
    rft_test_log_capture();
    assert_int_equal(rft_completions_parse(&options, source, &completions), RFT_OK);
    rft_test_log_release();
    write_output(&completions.dataset, rft_completions_as_samples(&completions), false);
    rft_completions_finish(&completions);
    assert_string_equal(written_rows.data, expected_rows);
    if (expected_records != NULL)
        assert_string_equal(written_records.data, expected_records);
}

static void test_written_again(void **state)
{
    (void)state;
    static const char questions[] =
        "[\"q \\u0000\\ufffd \\\\ \\\"\", \"4\"]\n{\"question\": \"bad\"}\n[\"r\", [\"x\", \"\\\"5\\\\\"]]\nno row\n"
        "[\"q \\u0000\\ufffd \\\\ \\\"\", 4]\n";
    struct rft_dataset_options options = plain();
    struct rft_dataset dataset;
    struct rft_str text = {0};
    options.answer_field = "answer";
    options.skip_bad_rows = true;
    assert_int_equal(rft_str_append_z(&text, questions), RFT_OK);
    rft_test_log_capture();
    assert_int_equal(rft_dataset_parse(&options, &text, &dataset), RFT_OK);
    rft_test_log_release();
    assert_int_equal(dataset.n, 3);
    write_output(&dataset, (struct rft_samples){NULL, 2, two_of_each, read_drawn}, true);
    rft_dataset_finish(&dataset);
    char *rows = rft_strndup(written_rows.data, written_rows.len);
    char *records = rft_strndup(written_records.data, written_records.len);
    assert_true(rows != NULL && records != NULL);
    struct rft_str source = written_records;
    written_records = (struct rft_str){0};
    check_again(&source, rows, records);
    assert_int_equal(rft_str_append_z(&source, rows), RFT_OK);
    check_again(&source, rows, NULL); /* rows do not say what records do */
    rft_str_finish(&written_rows);
    rft_str_finish(&written_records);
    rft_free(rows);
    rft_free(records);
}

/* Bad rows, and what was left out when the records were written. */
static void test_skip(void **state)
{
    (void)state;
    static const char source[] =
        "{\"id\": \"b\", \"repeat\": null, \"question_index\": 9, \"sample\": null, \"key\": null, \"reason\": "
        "\"too_long\", \"detail\": \"much \\\"too\\\" long\", \"gold\": null, \"question\": \"b\", \"completion\": "
        "null, "
        "\"prompt\": \"raw:1\", \"seed\": \"18446744073709551615\", \"arithmetic\": \"unchecked\"}\n" OWN(
            "\"i\"", "0", "0", "\"1\"", "\"x\"") "[\"r\", 1, 2]\n" OWN("\"i\"", "0", "1", "\"2\"", "\"x\"");
    struct rft_dataset_options options = plain();
    struct rft_completions completions;
    options.skip_bad_rows = true;
    assert_int_equal(parse(&options, rft_bytes_z(source), &completions), RFT_OK);
    assert_int_equal(rft_test_log_count("2 of 4 rows are left out (data.bad_rows = skip); the first is row 3"), 1);
    assert_string_equal(shown(&completions), "7/i/0/\"1\" 0=x(length);");
    const struct rft_skipped *skipped = completions.dataset.skipped;
    assert_int_equal(completions.dataset.n_skipped, 3);
    assert_true(skipped[0].row == 2 && skipped[0].line == 3 && skipped[0].reason == RFT_SKIP_BAD_ROW);
    assert_true(skipped[0].origin->prompt.data == NULL && rft_bytes_equal(skipped[0].question, rft_bytes_z("r")));
    assert_true(skipped[1].row == 3 && rft_bytes_equal(skipped[1].origin->facts[RFT_DRAWN_SEED], rft_bytes_z("5")));
    assert_true(skipped[2].row == 9 && skipped[2].reason == RFT_SKIP_TOO_LONG);
    assert_string_equal(skipped[2].detail, "much \"too\" long");
    assert_true(rft_bytes_equal(skipped[2].origin->facts[RFT_DRAWN_SEED], rft_bytes_z("\"18446744073709551615\"")));
    assert_true(rft_bytes_equal(skipped[2].id, rft_bytes_z("b")));
    rft_completions_finish(&completions);
}

/* Records say which gold answers were numbers, and which options a question had. */
static void test_types(void **state)
{
    (void)state;
#define RECORD(gold, is_number, choices)                                                                               \
    "{\"id\": \"" gold is_number "\", \"repeat\": 0, \"sample\": 0, \"question\": \"q\", \"gold\": \"" gold            \
    "\", \"gold_is_json\": " is_number ", \"choices\": " choices ", \"completion\": \"x\", \"prompt\": null}\n"
    static const char rows[] = RECORD("4.0", "true", "null") RECORD("4.0", "false", "null")
        RECORD("four", "true", "null") RECORD("1}", "true", "3") RECORD("5", "null", "\"[\\\"x\\\", \\\"y\\\"]\"")
            RECORD("6", "1", "\"[\\\"x\\\", 3]\"");
    static const bool is_number[] = {true, false, false, false, false, false};
    static const size_t n_choices[] = {0, 0, 0, 0, 2, 0};
    const struct rft_dataset_options options = plain();
    struct rft_completions completions;
    assert_int_equal(parse(&options, rft_bytes_z(rows), &completions), RFT_OK);
    assert_int_equal(completions.dataset.n, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct rft_question *q = &completions.dataset.questions[i];
        assert_true(q->gold_is_json == is_number[i] && q->n_choices == n_choices[i]);
    }
    assert_true(rft_bytes_equal(completions.dataset.questions[4].choices[1], rft_bytes_z("y")));
    rft_completions_finish(&completions);
}

/* Linear in the number of rows and of questions. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 60000, N_QUESTIONS = 20000 };
    const struct rft_dataset_options options = plain();
    struct rft_completions completions;
    struct rft_str source = {0};
    for (int i = 0; i < N; i++)
        assert_int_equal(
            rft_str_printf(&source, "[\"question %d\", %d, \"%d\"]\n", i % N_QUESTIONS, i % N_QUESTIONS, i), RFT_OK);
    double start = rft_os_seconds();
    assert_int_equal(rft_completions_parse(&options, &source, &completions), RFT_OK);
    assert_true(rft_os_seconds() - start < 10);
    assert_int_equal(completions.dataset.n, N_QUESTIONS);
    assert_int_equal(completions.n_max, N / N_QUESTIONS);
    rft_completions_finish(&completions);
}

static enum rft_status load_once(void *user)
{
    struct rft_dataset_options options = plain();
    struct rft_completions completions;
    options.path = user;
    options.skip_bad_rows = true;
    rft_test_log_capture();
    RFT_TRY(rft_completions_load(&options, &completions));
    rft_completions_finish(&completions);
    return RFT_OK;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    static const char source[] =
        OWN("\"i\"", "0", "0", "\"[\\\"1\\\", \\\"2\\\"]\"", "\"x\"") OWN("\"j\"", "0", "0", "\"1\"", "\"x\"")
            OWN("\"i\"", "0", "0", "\"1\"", "\"x\"") "{\"id\": \"b\", \"repeat\": null, \"sample\": null, \"reason\": "
                                                     "\"too_long\", \"gold\": null, \"question\": \"b\", "
                                                     "\"completion\": null, \"prompt\": null}\n"
                                                     "[\"a\"]\nno row\n";
    char path[300];
    snprintf(path, sizeof path, "%s", rft_test_tmp_path("faults.jsonl"));
    rft_test_write_file(path, source, sizeof source - 1);
    assert_true(rft_test_alloc_faults(load_once, path) > 20);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_bad),   cmocka_unit_test(test_written_again),
        cmocka_unit_test(test_skip),         cmocka_unit_test(test_types), cmocka_unit_test(test_many),
        cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
