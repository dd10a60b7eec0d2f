/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "file.h"
#include "json.h"
#include "summary.h"

#include <stdio.h>
#include <string.h>

static uint64_t seed = UINT64_MAX, small[] = {1, 2};

static struct rft_summary a_summary(void)
{
    struct rft_summary s = {
        .counts = {.n_questions = 4,
                   .n_questions_solved = 3,
                   .n_samples = 40,
                   .n_accepted = 10,
                   .n_rows = 3,
                   .n_tokens = 1234},
        .from = {.model_hash = "00000000000000ab",
                 .questions_hash = UINT64_MAX,
                 .prompt_id = "raw:1",
                 .fingerprint = "0c"},
        .has_drawn = true,
        .tokens = 1000,
        .prompt_tokens = 77,
        .n_resumed = 8,
        .seeds = {&seed, 1},
        .seconds = 2.5,
        .tokens_per_second = 400,
        .peak_bytes = 3 << 20,
        .budget_bytes = 8 << 20,
        .peak_rss_bytes = 5,
        .mapped_bytes = 6,
        .arithmetic_version = 1,
        .backend = "cpu",
        .device = "a \"device\"",
        .rftgen_version = "0.1.0",
        .unicode_pcre2 = "14.0.0",
        .unicode_utf8proc = NULL,
    };
    s.counts.n_by_reason[RFT_REASON_ACCEPTED] = 10;
    s.counts.n_by_reason[RFT_REASON_CUT_OFF] = 30;
    s.counts.n_by_finish[RFT_FINISH_LENGTH] = 30;
    return s;
}

static const char *summary_path(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/summary.json", rft_test_tmp_dir());
    return path;
}

static const char *text_at(const json_t *tree, const char *name)
{
    return json_string_value(json_object_get(tree, name));
}

static enum rft_status write_to(const char *path, const struct rft_summary *summary)
{
    struct rft_out_file out = rft_test_out(path);
    enum rft_status status = rft_summary_write(&out, summary);
    rft_out_close(&out, true);
    rft_test_no_leftovers();
    return status;
}

static void test_file(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"questions", 4},
        {"questions_solved", 3},
        {"samples", 40},
        {"samples_not_drawn", 0},
        {"samples_accepted", 10},
        {"rows", 3},
        {"samples_resumed", 8},
        {"sample_tokens", 1234},
        {"run_tokens", 1000},
        {"peak_bytes", 3 << 20},
        {"budget_bytes", 8 << 20},
        {"peak_rss_bytes", 5},
        {"mapped_bytes", 6},
        {"arithmetic", 1},
        {"acceptance_rate", 0.25},
        {"seconds", 2.5},
        {"tokens_per_second", 400},
        {"run_prompt_tokens", 77},
        {"format", 4},
    };
    struct rft_summary s = a_summary();
    struct rft_str text;
    json_t *tree;
    assert_int_equal(write_to(summary_path(), &s), RFT_OK);
    assert_int_equal(rft_file_read(summary_path(), 1 << 16, &text), RFT_OK);
    assert_non_null(strstr(text.data, "\"seed\": 18446744073709551615,"));
    rft_str_finish(&text);

    s.seeds = (struct rft_wholes){small, 2}; /* jansson's integers end at 2^63 */
    assert_int_equal(write_to(summary_path(), &s), RFT_OK);
    assert_int_equal(rft_file_read(summary_path(), 1 << 16, &text), RFT_OK);
    assert_int_equal(rft_json_load("summary", (struct rft_bytes){text.data, text.len}, JSON_REJECT_DUPLICATES, &tree),
                     RFT_OK);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (json_number_value(json_object_get(tree, numbers[i].name)) != numbers[i].value)
            fail_msg("%s is not %g", numbers[i].name, numbers[i].value);
    assert_string_equal(text_at(tree, "backend"), "cpu");
    assert_string_equal(text_at(tree, "model"), "00000000000000ab");
    assert_string_equal(text_at(tree, "data"), "ffffffffffffffff");
    assert_string_equal(text_at(tree, "prompt"), "raw:1");
    assert_string_equal(text_at(tree, "fingerprint"), "0c");
    assert_true(json_is_null(json_object_get(tree, "configuration")));
    assert_string_equal(text_at(tree, "device"), "a \"device\"");
    assert_string_equal(text_at(tree, "unicode_pcre2"), "14.0.0");
    assert_true(json_is_null(json_object_get(tree, "unicode_utf8proc")));
    const json_t *reasons = json_object_get(tree, "reasons"), *finishes = json_object_get(tree, "finishes");
    assert_int_equal(json_object_size(reasons), RFT_REASON_COUNT);
    assert_int_equal(json_integer_value(json_object_get(reasons, "cut_off")), 30);
    assert_int_equal(json_object_size(finishes), 3);
    assert_int_equal(json_integer_value(json_object_get(finishes, "length")), 30);
    json_decref(tree);
    rft_str_finish(&text);
}

static void append_line(void *user, enum rft_log_level level, const char *line)
{
    assert_true(level == RFT_LOG_INFO || level == RFT_LOG_WARN);
    assert_int_equal(rft_str_printf(user, "%s\n", line), RFT_OK);
}

static void test_log(void **state)
{
    (void)state;
    char output[] = "out.json", records[] = "rec.jsonl", none[] = "";
    struct rft_outputs outputs = {
        .files = {[RFT_OUTPUT_ROWS].target.kind = RFT_TARGET_FILE, [RFT_OUTPUT_RECORDS].target.kind = RFT_TARGET_FILE}};
    struct rft_config config = {
        .output_path = output, .output_records = records, .output_summary = none, .generate_max_new_tokens = 55};
    struct rft_summary s = a_summary();
    struct rft_str text = {0};
    rft_log_set_sink(append_line, &text);
    rft_summary_log(&config, &outputs, &s);
    rft_log_set_sink(NULL, NULL);
    assert_string_equal(text.data,
                        "10 of 40 samples accepted (25.0%), 3 of 4 questions solved\n"
                        "reasons: 10 accepted, 30 cut_off\n"
                        "1000 tokens in 0:00:03, 400.0 tokens/s on a \"device\"\n"
                        "peak memory 3.0 MiB of a budget of 8.0 MiB\n"
                        "3 rows written to out.json\n"
                        "40 samples with reasons written to rec.jsonl\n"
                        "1 questions were solved by no sample, and their gold answers may be wrong; output.unsolved "
                        "lists them\n"
                        "warning: 30 of 40 samples were cut off at generate.max_new_tokens = 55; they did not "
                        "end by themselves: raise generate.max_new_tokens, or see whether the model's end token "
                        "is the one that its prompt uses (generate.end_tokens names more)\n");
    rft_str_finish(&text);
    rft_log_set_sink(append_line, &text);
    s = (struct rft_summary){0};                                     /* nothing was left to generate */
    outputs.files[RFT_OUTPUT_RECORDS].target.kind = RFT_TARGET_NONE; /* whatever it is called */
    rft_summary_log(&config, &outputs, &s);
    rft_log_set_sink(NULL, NULL);
    assert_string_equal(text.data,
                        "0 of 0 samples accepted (0.0%), 0 of 0 questions solved\n0 rows written to out.json\n");
    rft_str_finish(&text);
}

/* A run that accepted nothing names the commonest reason and a key; one that cut off a tenth is no trouble. */
static void test_troubles(void **state)
{
    (void)state;
    static const struct {
        uint64_t by_reason[RFT_REASON_COUNT], n_cut;
        const char *expected; /* NULL: no warning */
    } cases[] = {
        {{0, 6, 4}, 0, "no sample was accepted: 6 of 10 are wrong; "},
        {{0, 1, 9}, 0, "no sample was accepted: 9 of 10 are no_answer; does the prompt ask for"},
        {{0, 0, 0, 10}, 0, "verify.units = ignore"},
        {{0, 0, 0, 0, 10}, 10, "no sample was accepted: 10 of 10 are cut_off; they did not end by themselves: raise"},
        {{0, 0, 0, 0, 0, 10}, 0, "10 of 10 are not_finite; is the checkpoint at model.path whole?"},
        {{9, 0, 0, 0, 1}, 1, NULL},
        {{8, 0, 0, 0, 2}, 2, "2 of 10 samples were cut off at generate.max_new_tokens"},
        {{8, 2}, 2, "2 of 10 samples were cut off"}, /* cut_off = accept */
    };
    const struct rft_outputs outputs = {0};
    struct rft_config config = {.generate_max_new_tokens = 55};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_summary s = {.has_drawn = true, .counts = {.n_samples = 10, .n_accepted = cases[i].by_reason[0]}};
        memcpy(s.counts.n_by_reason, cases[i].by_reason, sizeof s.counts.n_by_reason);
        s.counts.n_by_finish[RFT_FINISH_LENGTH] = cases[i].n_cut;
        rft_test_log_capture();
        rft_summary_log(&config, &outputs, &s);
        rft_test_log_release();
        assert_int_equal(rft_test_log_count("warning: "), cases[i].expected != NULL);
        if (cases[i].expected != NULL && strstr(rft_test_log_text(), cases[i].expected) == NULL)
            fail_msg("case %zu: %s", i, rft_test_log_text());
    }
}

static struct rft_out_file shared_out;

static enum rft_status write_once(void *user)
{
    return rft_summary_write(&shared_out, user);
}

static void test_alloc_faults(void **state)
{
    (void)state;
    struct rft_summary s = a_summary();
    shared_out = rft_test_out(summary_path());
    assert_true(rft_test_alloc_faults(write_once, &s) >= 5);
    rft_out_close(&shared_out, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_troubles),
        cmocka_unit_test(test_alloc_faults),
    };
    rft_alloc_hook_json();
    return RFT_TEST_RUN(tests, NULL, NULL);
}
