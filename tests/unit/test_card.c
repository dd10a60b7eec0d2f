/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "card.h"
#include "config.h"
#include "file.h"

#include <stdio.h>
#include <string.h>

static struct rft_config config;
static struct rft_outputs outputs;

/* A run whose outputs are in the tests' directory. */
static void open_run(const char *rows, const char *records, const char *const *sets, size_t n_sets)
{
    struct rft_str ini = {0};
    const char *dir = rft_test_tmp_dir();
    assert_int_equal(rft_str_printf(&ini,
                                    "[model]\npath = /there/is/m\n[data]\nquestions = q.json\n[output]\n"
                                    "path = \"%s/%s\"\nrecords = \"%s/%s\"\ncard = %s/README.md\n",
                                    dir, rows, dir, records, dir),
                     RFT_OK);
    assert_int_equal(
        rft_config_parse("a.ini", (struct rft_bytes){ini.data, ini.len}, sets, n_sets, RFT_USE_TO_DRAW, &config),
        RFT_OK);
    assert_int_equal(rft_outputs_open(&config, &outputs), RFT_OK);
    assert_int_equal(rft_outputs_claim(&outputs), RFT_OK);
    assert_int_equal(rft_outputs_settle(&outputs, true, true), RFT_OK);
    rft_str_finish(&ini);
}

static void close_run(void)
{
    rft_outputs_close(&outputs, true);
    rft_config_finish(&config);
}

static struct rft_summary a_summary(uint64_t n_rows)
{
    return (struct rft_summary){
        .from = {.config = &config, .model_hash = "00000000000000ab", .questions_hash = 0xcd, .prompt_id = "chat:01"},
        .counts = {.n_rows = n_rows, .n_questions = 3, .n_samples = 30, .n_by_reason = {12, 18}, .n_left_out = {7}},
        .has_drawn = true,
        .arithmetic_version = 7,
        .seconds = 1.25,
        .rftgen_version = "9.9",
        .backend = "nobackend",
        .device = "nodevice",
    };
}

static struct rft_str card_of(const struct rft_summary *summary)
{
    struct rft_str text;
    assert_int_equal(rft_card_write(&outputs, summary), RFT_OK);
    assert_int_equal(rft_file_read(config.output_card, 1 << 20, &text), RFT_OK);
    return text;
}

/* What it says, and what it does not: nothing of this machine, this day, this device. */
static void test_text(void **state)
{
    (void)state;
    static const char *const there[] = {
        "---\nconfigs:\n- config_name: default\n  data_files: \"rows.jsonl\"\n- config_name: records\n",
        "- config_name: records\n  data_files: \"all.jsonl\"\ntags:\n- rftgen\n",
        "| rows | 5 |\n",
        "| samples: accepted | 12 |\n| samples: wrong | 18 |\n",
        "| accepted samples that are no rows: ",
        "`00000000000000ab`",
        "`00000000000000cd`",
        "`chat:01`",
        "| arithmetic | version 7: ",
        "```ini\n[model]\npath = \"m\"\n\n[data]\nquestions = \"q.json\"\n\n[output]\npath = \"rows.jsonl\"\n",
        "where RECORDS is `all.jsonl`",
        "rftgen 9.9",
    };
    static const char *const not_there[] = {"/there",  "1.25",  "nodevice", "nobackend",
                                            "threads", "chunk", "extend",   "license: "};
    static const char *const sets[] = {"device.threads=3", "generate.chunk=2", "generate.extend=old.jsonl"};
    const struct rft_summary summary = a_summary(5);
    open_run("rows.jsonl", "all.jsonl", sets, 3);
    struct rft_str text = card_of(&summary);
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        if (strstr(text.data, there[i]) == NULL)
            fail_msg("%s is not in:\n%s", there[i], text.data);
    for (size_t i = 0; i < sizeof not_there / sizeof *not_there; i++)
        if (strstr(text.data, not_there[i]) != NULL)
            fail_msg("%s is in:\n%s", not_there[i], text.data);
    assert_null(strstr(text.data, rft_test_tmp_dir()));
    rft_str_finish(&text);
    close_run();
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "n<1K"},
        {999, "n<1K"},
        {1000, "1K<n<10K"},
        {9999, "1K<n<10K"},
        {1000000, "1M<n<10M"},
        {99999999, "10M<n<100M"},
        {123456789, "100M<n<1B"},
        {5000000000, "1B<n<10B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rft_summary summary = a_summary(cases[i].n);
        char line[64];
        open_run("rows.jsonl", "all.jsonl", NULL, 0);
        struct rft_str text = card_of(&summary);
        snprintf(line, sizeof line, "size_categories:\n- %s\n---\n", cases[i].text);
        if (strstr(text.data, line) == NULL)
            fail_msg("%s is not in:\n%s", line, text.data);
        rft_str_finish(&text);
        close_run();
    }
}

/* Names that YAML, Markdown or a shell would take otherwise; pairs; nothing drawn. */
static void test_odd(void **state)
{
    (void)state;
    static const char *const sets[] = {"output.format=pairs", "device.arithmetic=unchecked"};
    struct rft_summary summary = a_summary(5);
    open_run("a `b`.jsonl", "\\u003b.jsonl", sets, 2);
    summary.arithmetic_version = 0;
    struct rft_str text = card_of(&summary);
    assert_non_null(strstr(text.data, "  data_files: \"a `b`.jsonl\"\n"));
    assert_non_null(strstr(text.data, "- \"a `b`.jsonl\": the rows\n"));
    assert_non_null(strstr(text.data, "- dpo\n"));
    assert_non_null(strstr(text.data, "| arithmetic | unchecked"));
    assert_non_null(strstr(text.data, "[device]\narithmetic = unchecked\n"));
    assert_null(strstr(text.data, "whatever the device"));
    rft_str_finish(&text);
    summary.has_drawn = false;
    text = card_of(&summary);
    assert_non_null(strstr(text.data, "rftgen verify -c rft.ini"));
    assert_null(strstr(text.data, "replay"));
    rft_str_finish(&text);
    close_run();
}

/* It stands beside the dataset, or is refused. */
static void test_place(void **state)
{
    (void)state;
    static const char *const rows[] = {"output.path=rows.jsonl", "output.path=/dev/null", "output.path=/dev/stdout"};
    char card[300];
    snprintf(card, sizeof card, "output.card=%s/README.md", rft_test_tmp_dir());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const sets[] = {card, "model.path=m", "data.questions=q", rows[i]};
        assert_int_equal(rft_config_parse("a.ini", (struct rft_bytes){"", 0}, sets, 4, RFT_USE_TO_DRAW, &config),
                         RFT_OK);
        rft_test_log_capture();
        assert_int_equal(rft_outputs_open(&config, &outputs), RFT_ERR_CONFIG);
        rft_test_log_release();
        assert_int_equal(rft_test_log_count("a card stands in the directory of the dataset"), 1);
        rft_config_finish(&config);
    }
}

static enum rft_status write_once(void *user)
{
    return rft_card_write(&outputs, user);
}

static void test_alloc_faults(void **state)
{
    (void)state;
    struct rft_summary summary = a_summary(5);
    open_run("rows.jsonl", "all.jsonl", NULL, 0);
    assert_true(rft_test_alloc_faults(write_once, &summary) > 20);
    close_run();
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),  cmocka_unit_test(test_sizes),        cmocka_unit_test(test_odd),
        cmocka_unit_test(test_place), cmocka_unit_test(test_alloc_faults),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
