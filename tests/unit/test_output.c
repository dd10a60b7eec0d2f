/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "journal.h"
#include "judge.h"

#include "file.h"
#include "json.h"
#include "output.h"
#include "select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_SAMPLES 3

static char path[200], records_path[200], journal_path[200];

/* Three questions: solved twice, never solved, a repeat of the first one solved once. */
static const char source[] =
    "[[\"how many \\u0000 \\\"g\\\"?\", 6e3], [\"other\", \"7\"], [\"how many \\u0000 \\\"g\\\"?\", 1.50]]";

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
static const struct rft_sample samples[] = {
    {.question = 0, .sample = 0, .n_tokens = 4, .finish = RFT_FINISH_STOP, .text = TEXT("<answer>5</answer>")},
    {.question = 0,
     .sample = 1,
     .n_tokens = 5,
     .finish = RFT_FINISH_STOP,
     .text = TEXT("\xf0\x9f\x98 <answer>6000</answer>")},
    {.question = 0, .sample = 2, .n_tokens = 6, .finish = RFT_FINISH_STOP, .text = TEXT("a\0b\n<answer>6001</answer>")},
    {.question = 1, .sample = 0, .n_tokens = 7, .finish = RFT_FINISH_LENGTH, .text = TEXT("<answer>7</answer> and")},
    {.question = 1, .sample = 1, .n_tokens = 8, .finish = RFT_FINISH_NOT_FINITE, .text = TEXT("<answer>7</answer>")},
    {.question = 1, .sample = 2, .n_tokens = 9, .finish = RFT_FINISH_STOP, .text = TEXT("seven")},
    {.question = 2, .sample = 0, .n_tokens = 1, .finish = RFT_FINISH_STOP, .text = TEXT("<answer>1.5\xff</answer>")},
    {.question = 2, .sample = 1, .n_tokens = 2, .finish = RFT_FINISH_STOP, .text = TEXT("<answer>1.5</answer>")},
    {.question = 2, .sample = 2, .n_tokens = 3, .finish = RFT_FINISH_STOP, .text = TEXT("<answer></answer>")},
};
#define N_ALL (sizeof samples / sizeof *samples)

static struct rft_dataset dataset;
static const struct rft_fingerprint fingerprint = {.hash = 1, .text = "0000000000000001"};

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/out.json", rft_test_tmp_dir());
    snprintf(records_path, sizeof records_path, "%s/records.jsonl", rft_test_tmp_dir());
    snprintf(journal_path, sizeof journal_path, "%s/out.json.journal", rft_test_tmp_dir());
    unlink(path);
    unlink(records_path);
    unlink(journal_path);
    struct rft_dataset_options options = {
        .path = "q.json", .question_field = "question", .answer_field = "answer", .answer_after = "", .id_field = ""};
    struct rft_str text = {0};
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

/* Samples come in any order: last first. */
static struct rft_journal *filled(size_t n)
{
    struct rft_journal *journal;
    unlink(journal_path);
    assert_int_equal(rft_journal_open(journal_path,
                                      &(struct rft_journal_run){&fingerprint, dataset.questions, dataset.n, N_SAMPLES},
                                      true, &journal),
                     RFT_OK);
    for (size_t i = n; i-- > 0;)
        assert_int_equal(rft_journal_append(journal, &samples[i]), RFT_OK);
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    return journal;
}

static struct rft_out_file rows_file, records_file, unsolved_file;

static enum rft_status put_turns(const void *user, struct rft_bytes question, struct rft_str *out)
{
    RFT_TRY(rft_str_printf(
        out, "{\"role\": \"system\", \"content\": \"%s\"}, {\"role\": \"user\", \"content\": ", (const char *)user));
    RFT_TRY(rft_str_append_json(out, question.data, question.len));
    return rft_str_append_z(out, "}");
}

static enum rft_status judge(void *user, const struct rft_question *question, const struct rft_sample *sample,
                             struct rft_verdict *verdict)
{
    static const struct rft_verify_options options = {.kind = RFT_VERIFY_ANSWER_TAG, .rel_tol = 0.05};
    (void)user;
    const struct rft_verify_case c = {
        .completion = sample->text, .finish = sample->finish, .golds = rft_question_golds(question)};
    return rft_test_try_verify(&options, &c, verdict);
}

/* What is written are the journal's samples. */
static enum rft_status write_output(const struct rft_output_options *options, struct rft_journal *journal,
                                    struct rft_output_counts *counts)
{
    struct rft_output_options with_samples = *options;
    with_samples.samples = rft_journal_as_samples(journal);
    return rft_output_write(&with_samples, &dataset, counts);
}

static const uint64_t seed = UINT64_MAX;
static const double temperatures[] = {0, 0.7};
static const struct rft_provenance provenance = {.sweep = {&seed, 1, temperatures, 2},
                                                 .model = "m",
                                                 .prompt = "p",
                                                 .settings = "top_k=off",
                                                 .arithmetic_version = 7};

static struct rft_output_options options_of(enum rft_output_format format, uint32_t keep, const char *records)
{
    rows_file = rft_test_out(path);
    records_file = rft_test_out(records);
    unsolved_file = rft_test_out("");
    return (struct rft_output_options){
        .rows = &rows_file,
        .records = &records_file,
        .unsolved = &unsolved_file,
        .format = format,
        .select = {.keep = keep, .max_solve_rate = 1},
        .provenance = &provenance,
        .n_pairs = 1,
        .judge = {NULL, judge},
        .prompt = {.id = "chat:1", .user = "S", .put_turns = put_turns, .prefill = {"<p>", 3}},
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

static void check_output(enum rft_output_format format, uint32_t keep, uint64_t n_rows, const char *expected)
{
    struct rft_output_options options = options_of(format, keep, "");
    struct rft_output_counts counts;
    struct rft_journal *journal = filled(N_ALL);
    assert_int_equal(write_output(&options, journal, &counts), RFT_OK);
    rft_journal_close(journal);
    close_files();
    assert_int_equal(counts.n_rows, n_rows);
    check_file(path, expected);
}

#define ROW_END ", \"prompt\": \"chat:1\"}\n"
#define Q1 "\"how many \\u0000 \\\"g\\\"?\""
#define A01 "\"\xef\xbf\xbd <answer>6000</answer>\""
#define A02 "\"a\\u0000b\\n<answer>6001</answer>\""
#define A21 "\"<answer>1.5</answer>\""

static void test_rft_json(void **state)
{
    (void)state;
    check_output(RFT_FORMAT_RFT_JSON, 1, 2, "[\n  [" Q1 ", 6e3, " A01 "],\n  [" Q1 ", 1.50, " A21 "]\n]\n");
    check_output(RFT_FORMAT_RFT_JSON, RFT_KEEP_ALL, 3,
                 "[\n  [" Q1 ", 6e3, " A01 "],\n  [" Q1 ", 6e3, " A02 "],\n  [" Q1 ", 1.50, " A21 "]\n]\n");
    check_output(RFT_FORMAT_RFT_JSON, 0, 0, "[\n]\n");
}

static void test_jsonl(void **state)
{
    (void)state;
    check_output(RFT_FORMAT_JSONL, 2, 3,
                 "{\"id\": " Q1 ", \"repeat\": 0, \"question\": " Q1
                 ", \"gold\": \"6e3\", \"sample\": 1, \"completion\": " A01 ROW_END "{\"id\": " Q1
                 ", \"repeat\": 0, \"question\": " Q1 ", \"gold\": \"6e3\", \"sample\": 2, \"completion\": " A02 ROW_END
                 "{\"id\": " Q1 ", \"repeat\": 1, \"question\": " Q1
                 ", \"gold\": \"1.50\", \"sample\": 1, \"completion\": " A21 ROW_END);
    check_output(RFT_FORMAT_JSONL, 0, 0, "");
}

/* Rows of chat fine-tuning; what was put into the model's mouth is part of its message. */
static void test_messages(void **state)
{
    (void)state;
#define TURNS(q) "{\"role\": \"system\", \"content\": \"S\"}, {\"role\": \"user\", \"content\": " q "}"
#define ANSWER(a) "{\"role\": \"assistant\", \"content\": \"<p>" a "\"}]}\n"
    check_output(
        RFT_FORMAT_MESSAGES, 1, 2,
        "{\"messages\": [" TURNS(Q1) ", " ANSWER("\xef\xbf\xbd <answer>6000</answer>") "{\"messages\": [" TURNS(
            Q1) ", " ANSWER("<answer>1.5</answer>"));
    check_output(
        RFT_FORMAT_PROMPT_COMPLETION, 1, 2,
        "{\"prompt\": [" TURNS(Q1) "], \"completion\": [" ANSWER(
            "\xef\xbf\xbd <answer>6000</answer>") "{\"prompt\": [" TURNS(Q1) "], \"completion\": [" ANSWER("<answer>1."
                                                                                                           "5</"
                                                                                                           "answer>"));
}

/* What every record ends with. */
#define RECORD_END                                                                                                     \
    ", \"prompt\": \"chat:1\", \"prompt_hash\": \"p\", \"model\": \"m\", \"settings\": \"top_k=off\", \"seed\": "      \
    "\"18446744073709551615\", \"temperature\": %s, \"arithmetic\": 7, \"format\": 5}\n"

static void put_record(struct rft_str *s, unsigned question, unsigned sample, const char *rest, const char *completion)
{
    const char *text = question == 1 ? "\"other\"" : Q1;
    assert_int_equal(
        rft_str_printf(s, "{\"id\": %s, \"repeat\": %u, \"question_index\": %u, \"sample\": %u, \"key\": \"%016llx\", ",
                       text, question == 2, question, sample,
                       (unsigned long long)rft_question_key(&dataset.questions[question], UINT64_MAX)),
        RFT_OK);
    assert_int_equal(rft_str_printf(s,
                                    "%s, \"gold_is_json\": %s, \"choices\": null, \"question\": %s, "
                                    "\"completion\": %s" RECORD_END,
                                    rest, dataset.questions[question].gold_is_json ? "true" : "false", text, completion,
                                    sample % 2 != 0 ? "0.7" : "0.0"),
                     RFT_OK);
}

static void test_records(void **state)
{
    (void)state;
    struct rft_output_options options = options_of(RFT_FORMAT_JSONL, 1, records_path);
    struct rft_output_counts counts;
    struct rft_journal *journal = filled(N_ALL);
    assert_int_equal(write_output(&options, journal, &counts), RFT_OK);
    rft_journal_close(journal);
    close_files();

    struct rft_str expected = {0};
#define WRONG "false, \"verdict\": \"wrong\"", "0.0"
#define RIGHT "true, \"verdict\": \"right\"", "1.0"
#define REST(...) REST_OF(__VA_ARGS__)
#define REST_OF(verdict, score, reason, finish, tokens, answer, gold, completion)                                      \
    "\"accepted\": " verdict ", \"reason\": \"" reason "\", \"detail\": \"\", \"score\": " score                       \
    ", \"finish\": \"" finish "\", \"tokens\": " tokens ", \"answer\": " answer ", \"gold\": \"" gold "\"",            \
        completion
    put_record(&expected, 0, 0, REST(WRONG, "wrong", "stop", "4", "\"5\"", "6e3", "\"<answer>5</answer>\""));
    put_record(&expected, 0, 1, REST(RIGHT, "accepted", "stop", "5", "\"6000\"", "6e3", A01));
    put_record(&expected, 0, 2, REST(RIGHT, "accepted", "stop", "6", "\"6001\"", "6e3", A02));
    put_record(&expected, 1, 0, REST(WRONG, "cut_off", "length", "7", "\"7\"", "7", "\"<answer>7</answer> and\""));
    put_record(&expected, 1, 1, REST(WRONG, "not_finite", "not_finite", "8", "\"7\"", "7", "\"<answer>7</answer>\""));
    put_record(&expected, 1, 2, REST(WRONG, "no_answer", "stop", "9", "null", "7", "\"seven\""));
    put_record(&expected, 2, 0,
               REST(WRONG, "not_a_number", "stop", "1", "\"1.5\xef\xbf\xbd\"", "1.50",
                    "\"<answer>1.5\xef\xbf\xbd</answer>\""));
    put_record(&expected, 2, 1, REST(RIGHT, "accepted", "stop", "2", "\"1.5\"", "1.50", A21));
    put_record(&expected, 2, 2, REST(WRONG, "not_a_number", "stop", "3", "\"\"", "1.50", "\"<answer></answer>\""));
    check_file(records_path, expected.data);
    rft_str_finish(&expected);

    assert_int_equal(counts.n_questions, 3);
    assert_int_equal(counts.n_questions_solved, 2);
    assert_int_equal(counts.n_samples, 9);
    assert_int_equal(counts.n_accepted, 3);
    assert_int_equal(counts.n_rows, 2);
    assert_int_equal(counts.n_tokens, 45);
    static const uint64_t by_reason[RFT_REASON_COUNT] = {3, 1, 1, 2, 1, 1}, by_finish[3] = {7, 1, 1};
    for (int i = 0; i < RFT_REASON_COUNT; i++)
        assert_int_equal(counts.n_by_reason[i], by_reason[i]);
    for (int i = 0; i < 3; i++)
        assert_int_equal(counts.n_by_finish[i], by_finish[i]);
}

/* Rows that were left out stand among the others, in the same columns. */
static void test_skipped_rows(void **state)
{
    (void)state;
    char **details = rft_alloc(dataset.n, sizeof *details);
    struct rft_output_options options = options_of(RFT_FORMAT_JSONL, 1, records_path);
    struct rft_output_counts counts;
    assert_non_null(details);
    details[1] = rft_strdup("much too \"long\"");
    assert_int_equal(rft_dataset_skip(&dataset, RFT_SKIP_TOO_LONG, details), RFT_OK);
    rft_free(details);
    struct rft_journal *journal;
    unlink(journal_path);
    assert_int_equal(rft_journal_open(journal_path,
                                      &(struct rft_journal_run){&fingerprint, dataset.questions, dataset.n, N_SAMPLES},
                                      true, &journal),
                     RFT_OK);
    for (size_t i = 0; i < 2 * N_SAMPLES; i++) {
        struct rft_sample sample = samples[i];
        assert_int_equal(rft_journal_append(journal, &sample), RFT_OK);
    }
    assert_int_equal(rft_journal_commit(journal), RFT_OK);
    assert_int_equal(write_output(&options, journal, &counts), RFT_OK);
    rft_journal_close(journal);
    close_files();
    assert_int_equal(counts.n_questions, 2);
    assert_int_equal(counts.n_skipped[RFT_SKIP_TOO_LONG], 1);
    struct rft_str text;
    assert_int_equal(rft_file_read(records_path, 1 << 20, &text), RFT_OK);
    const char *line = text.data;
    for (int i = 0; i < N_SAMPLES; i++) /* behind the first question's samples */
        line = strchr(line, '\n') + 1;
    static const char expected[] =
        "{\"id\": \"other\", \"repeat\": null, \"question_index\": 1, \"sample\": null, "
        "\"key\": null, \"accepted\": false, \"verdict\": null, "
        "\"reason\": \"too_long\", \"detail\": \"much too \\\"long\\\"\", \"score\": null, \"finish\": null, "
        "\"tokens\": null, \"answer\": null, "
        "\"gold\": null, \"gold_is_json\": null, \"choices\": null, \"question\": \"other\", \"completion\": "
        "null, \"prompt\": \"chat:1\", \"prompt_hash\": \"p\", \"model\": \"m\", \"settings\": \"top_k=off\", "
        "\"seed\": null, \"temperature\": null, \"arithmetic\": 7, \"format\": 5}\n";
    if (strncmp(line, expected, sizeof expected - 1) != 0)
        fail_msg("%s", line);
    assert_non_null(strstr(line, "\"question_index\": 2")); /* the ordinal in the file */
    rft_str_finish(&text);
}

/* A table has the same columns in every line, each of one type: number, string or bool; null fits all. */
static void test_one_type_a_column(void **state)
{
    (void)state;
    struct rft_output_options options = options_of(RFT_FORMAT_JSONL, RFT_KEEP_ALL, records_path);
    struct rft_output_counts counts;
    struct rft_journal *journal = filled(N_ALL);
    const char *const files[] = {path, records_path};
    assert_int_equal(write_output(&options, journal, &counts), RFT_OK);
    rft_journal_close(journal);
    close_files();
    for (size_t f = 0; f < 2; f++) {
        struct rft_str text;
        json_t *first = NULL;
        assert_int_equal(rft_file_read(files[f], 1 << 20, &text), RFT_OK);
        for (char *line = text.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            json_t *row, *value;
            const char *key;
            assert_int_equal(rft_json_load(files[f], (struct rft_bytes){line, (size_t)(end - line)},
                                           JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &row),
                             RFT_OK);
            first = first != NULL ? first : json_incref(row);
            assert_int_equal(json_object_size(row), json_object_size(first));
            json_object_foreach(row, key, value)
            {
                json_t *other = json_object_get(first, key);
                assert_non_null(other);
                if (json_is_null(other) && !json_is_null(value))
                    json_object_set(first, key, value);
                else if (!json_is_null(value) && !(json_is_boolean(value) && json_is_boolean(other)))
                    assert_int_equal(json_typeof(value), json_typeof(other));
            }
            json_decref(row);
        }
        json_decref(first);
        rft_str_finish(&text);
    }
}

static void check_failure(const char *records, size_t n_samples, enum rft_status expected, const char *message)
{
    struct rft_output_options options = options_of(RFT_FORMAT_JSONL, RFT_KEEP_ALL, records);
    struct rft_output_counts counts;
    struct rft_journal *journal = filled(n_samples);
    rft_test_log_capture();
    assert_int_equal(write_output(&options, journal, &counts), expected);
    rft_test_log_release();
    rft_journal_close(journal);
    close_files();
    if (strstr(rft_test_log_text(), message) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", rft_test_log_text(), message);
    assert_false(rft_file_exists(path));
    assert_int_equal(counts.n_samples, 0);
}

/* Nothing stands under the final name unless it is complete. */
static void test_failures(void **state)
{
    (void)state;
    struct rlimit limit, small;
    check_failure(records_path, N_ALL - 1, RFT_ERR_INPUT, "holds no sample 2 of question 2");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 2;
         i++) { /* the records are too large for the disk, then the dataset is; locks and journal fit */
        struct rft_output_options options = options_of(RFT_FORMAT_JSONL, RFT_KEEP_ALL, i == 0 ? records_path : "");
        struct rft_output_counts counts;
        struct rft_journal *journal = filled(N_ALL);
        small = (struct rlimit){300, limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        rft_test_log_capture();
        enum rft_status status = write_output(&options, journal, &counts);
        rft_test_log_release();
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_int_equal(status, RFT_ERR_IO);
        rft_journal_close(journal);
        close_files();
        assert_int_equal(rft_test_log_count("cannot write: File too large"), 1);
        assert_int_equal(rft_test_log_count(i == 0 ? ".records.jsonl." : ".out.json."), 1);
        assert_false(rft_file_exists(path) || rft_file_exists(records_path));
    }
}

static struct rft_journal *shared_journal;

static enum rft_status write_once(void *user)
{
    struct rft_output_counts counts;
    return write_output(user, shared_journal, &counts);
}

static void test_alloc_faults(void **state)
{
    (void)state;
    shared_journal = filled(N_ALL);
    struct rft_output_options options = options_of(RFT_FORMAT_JSONL, 1, records_path);
    assert_true(rft_test_alloc_faults(write_once, &options) > 6);
    options.format = RFT_FORMAT_RFT_JSON;
    assert_true(rft_test_alloc_faults(write_once, &options) > 6);
    rft_journal_close(shared_journal);
    close_files();
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rft_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_jsonl, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_skipped_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_type_a_column, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alloc_faults, set_up, tear_down),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
