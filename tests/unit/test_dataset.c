/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rft_dataset_options options_of(const char *path)
{
    return (struct rft_dataset_options){
        .path = path, .question_field = "question", .answer_field = "answer", .answer_after = "", .id_field = ""};
}

static enum rft_status parse(const struct rft_dataset_options *options, struct rft_bytes source,
                             struct rft_dataset *dataset)
{
    struct rft_str text = {0};
    if (rft_str_append(&text, source.data, source.len) != RFT_OK)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = rft_dataset_parse(options, &text, dataset);
    assert_null(text.data);
    return status;
}

/* All questions on a line each: id|repeat|question|gold, '#' before a gold that is a number; NUL shown as @. */
static char *shown(const struct rft_dataset *dataset)
{
    static struct rft_str s;
    rft_str_clear(&s);
    assert_int_equal(rft_str_append_z(&s, ""), RFT_OK);
    for (size_t i = 0; i < dataset->n; i++) {
        const struct rft_question *q = &dataset->questions[i];
        assert_int_equal(rft_str_append(&s, q->id.data, q->id.len), RFT_OK);
        assert_int_equal(rft_str_printf(&s, "|%u|", q->repeat), RFT_OK);
        assert_int_equal(rft_str_append(&s, q->text.data, q->text.len), RFT_OK);
        assert_int_equal(rft_str_append_z(&s, q->gold_is_json ? "|#" : "|"), RFT_OK);
        assert_int_equal(rft_str_append(&s, q->gold.data, q->gold.len), RFT_OK);
        assert_int_equal(rft_str_append_z(&s, "\n"), RFT_OK);
    }
    for (size_t i = 0; i < s.len; i++)
        if (!s.data[i])
            s.data[i] = '@';
    return s.data;
}

struct good_case {
    const char *source;
    const char *shown;
    const char *answer_after;
    const char *id_field;
    const char *question_field;
    uint64_t limit;
};

static void test_good(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {.source = "[[\"a\", 6000.0], [\"b\", 1e3]]", .shown = "a|0|a|#6000.0\nb|0|b|#1e3\n"},
        {.source = "\xef\xbb\xbf \r\n[[\"a\",-0.50E+2 , \"extra\", {\"x\": [1, \"]\"]}]\t]\n",
         .shown = "a|0|a|#-0.50E+2\n"},
        {.source = "[[\"a\", 123456789012345678901234567890]]", .shown = "a|0|a|#123456789012345678901234567890\n"},
        {.source = "[[\"a\", \"six\"], [\"b\", \"\"]]", .shown = "a|0|a|six\nb|0|b|\n"},
        {.source = "[[\"a\", 1], [\"b\", 2], [\"a\", 3], [\"a\", 1]]",
         .shown = "a|0|a|#1\nb|0|b|#2\na|1|a|#3\na|2|a|#1\n"},
        {.source = "[{\"question\": \"a\", \"answer\": 1}, {\"answer\": \"x\", \"question\": \"b\", \"other\": null}]",
         .shown = "a|0|a|#1\nb|0|b|x\n"},
        {.source = "{\"question\": \"a\", \"answer\": 1}\n\n  {\"answer\": 2, \"question\": \"b\"}\r\n",
         .shown = "a|0|a|#1\nb|0|b|#2\n"},
        {.source = "\n\n{\"question\": \"a\", \"answer\": 1}", .shown = "a|0|a|#1\n"},
        {.source = "{\"question\": \"a\", \"answer\": \"9 #### 8\\n#### 42 \"}",
         .shown = "a|0|a|42\n",
         .answer_after = "####"},
        {.source =
             "{\"question\": \"a\", \"answer\": 1, \"id\": \"x\"}\n{\"question\": \"a\", \"answer\": 2, \"id\": 1.50}",
         .shown = "x|0|a|#1\n1.50|0|a|#2\n",
         .id_field = "id"},
        {.source = "{\"question\": \"a\\u0041\", \"answer\": 1}", .shown = "aA|0|aA|#1\n", .id_field = "question"},
        {.source = "{\"question\": \"a\\\\\\\\n\", \"answer\": 1}",
         .shown = "a\\\\n|0|a\\\\n|#1\n",
         .id_field = "question"},
        {.source = "{\"p\": \"a\", \"answer\": 1}", .shown = "a|0|a|#1\n", .question_field = "p"},
        {.source = "{\"question\": \"a\", \"question\": \"b\", \"answer\": 1}", .shown = "b|0|b|#1\n"},
        {.source = "{\"\\u0071uestion\": \"a\", \"answer\": 1}", .shown = "a|0|a|#1\n"},
        {.source = "[[\"a\\u0000b\\u0000\", 1], [\"a\", 2]]", .shown = "a@b@|0|a@b@|#1\na|0|a|#2\n"},
        {.source = "[[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\uDE00\", 1]]",
         .shown = "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|0|\"\\/"
                  "\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|#1\n"},
        {.source = "[\"a\", 1]", .shown = "a|0|a|#1\n"},
        {.source = "[\"a\", 1, {\"x\": 2}]\n\n{\"question\": \"b\", \"answer\": \"2\"}\n[\"a\", 3]",
         .shown = "a|0|a|#1\nb|0|b|2\na|1|a|#3\n"},
        {.source = "[[\"a\", 1], [\"b\", 2], 7]", .shown = "a|0|a|#1\nb|0|b|#2\n", .limit = 2},
        {.source = "{\"question\": \"a\", \"answer\": 1}\nnot looked at", .shown = "a|0|a|#1\n", .limit = 1},
        {.source = "[[\"a\", 1]]", .shown = "a|0|a|#1\n", .limit = 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_dataset_options options = options_of("q.json");
        options.answer_after = cases[i].answer_after != NULL ? cases[i].answer_after : "";
        options.id_field = cases[i].id_field != NULL ? cases[i].id_field : "";
        options.question_field = cases[i].question_field != NULL ? cases[i].question_field : "question";
        options.limit = cases[i].limit;
        struct rft_dataset dataset;
        rft_test_log_capture();
        enum rft_status status = parse(&options, rft_bytes_z(cases[i].source), &dataset);
        rft_test_log_release();
        if (status != RFT_OK)
            fail_msg("%s: %s", cases[i].source, rft_test_log_text());
        assert_string_equal(shown(&dataset), cases[i].shown);
        rft_dataset_finish(&dataset);
    }
}

struct bad_case {
    const char *source;
    const char *message; /* a part of it */
    const char *answer_after;
    const char *id_field;
};

static void test_bad(void **state)
{
    (void)state;
    static const struct bad_case cases[] = {
        {.source = "", .message = "q.json: holds no questions"},
        {.source = " \n ", .message = "q.json: holds no questions"},
        {.source = "[]", .message = "q.json: holds no questions"},
        {.source = "\n42", .message = "q.json:2: neither a JSON array nor JSON lines"},
        {.source = "[[\"a\", 1],\n [\"b\" 2]]", .message = "q.json:2: "},
        {.source = "[[\"a\", 1]] x", .message = "q.json:1: "},
        {.source = "[[\"a\", 1]", .message = "q.json:1: "},
        {.source = "[[\"a\", 01]]", .message = "q.json:1: "},
        {.source = "[[\"a\xff\", 1]]", .message = "q.json:1: "},
        {.source = "[[\"\\ud800\", 1]]", .message = "q.json:1: "},
        {.source = "{\"question\": \"a\", \"answer\": 1}\n\n{\"question\"", .message = "q.json:3: "},
        {.source = "{\"question\": \"a\",\n\"answer\": 1}", .message = "q.json:1: "},
        {.source = "[[\"a\", 1],\n[\"b\"]]", .message = "q.json:2: row 2: element 2 is missing"},
        {.source = "[[]]", .message = "row 1: element 1 is missing"},
        {.source = "[7, 1]", .message = "row 1: is a number; expected [\"question\", gold] or an object"},
        {.source = "[[\"a\", 1], [\"b\"], 7, [\"\", 1], [\"c\", null]]",
         .message =
             "q.json:1: row 2: element 2 is missing; row 3 (line 1): is a number; expected [\"question\", gold] or an "
             "object; row 4 (line 1): element 1 is empty; every row needs a question; 4 of 5 rows are bad: mend "
             "them, or leave them out with data.bad_rows = skip"},
        {.source = "{\"problem\": \"a\", \"solution\": 1, \"level\": 2}",
         .message = "is missing; the row has problem, solution, level: set data.question_field=problem"},
        {.source = "{\"question\": \"a\", \"ground_truth\": 1}", .message = "set data.answer_field=ground_truth"},
        {.source = "{\"question\": \"a\", \"b\": 1}", .message = "name one with data.answer_field"},
        {.source = "{\"prompt\": [{\"role\": \"user\"}], \"answer\": 1}", .message = "the row holds a conversation"},
        {.source = "{\"instruction\": \"a\", \"input\": \"b\", \"output\": 1}",
         .message = "the row has instruction, input, output: set data.question_field=[\"instruction\",\"input\"]"},
        {.source = "[[\"a\n\", 1]]", .message = "a line break stands inside a string"},
        {.source = "[[\"a\", 01]]", .message = "not JSON: "},
        {.source = "{\"question\": \"a\", \"steps\": [{}], \"b\": 1}", .message = "field \"answer\" is missing"},
        {.source = "{\"messages\": []}", .message = "the row holds a conversation"},
        {.source = "{\"data\": [{\"question\": \"a\"}]}", .message = "is one object whose rows stand in \"data\""},
        {.source = "{\n \"data\": [[\"a\", 1]]\n}", .message = "is one object whose rows stand in \"data\""},
        {.source = "{\"question\": {\"0\": \"a\"}, \"answer\": {\"0\": 1}}", .message = "is one object of columns"},
        {.source = "{\n\"question\": \"a\",\n\"answer\": 1\n}", .message = "is one object over several lines"},
        {.source = "question,answer\na,1\n", .message = "looks like a table (CSV)"},
        {.source = "\x1f\x8b\x08", .message = "compressed with gzip"},
        {.source = "PAR1 and so on", .message = "is a Parquet file"},
        {.source = "\xff\xfe[", .message = "is UTF-16"},
        {.source = "<!DOCTYPE html>", .message = "is HTML"},
        {.source = "[[\"a\", NaN]]", .message = "q.json:1: not JSON: NaN is no JSON; write null or a number"},
        {.source = "[['a', 1]]", .message = "Python's notation"},
        {.source = "[[\"a\", 1],]", .message = "a comma too many"},
        {.source = "[[\"a\xe9\", 1]]", .message = "not UTF-8; save the file as UTF-8"},
        {.source = "[\"a\", 1]\n[\"b\"\n", .message = "q.json:2: row 2: not JSON: it ends in the middle of a value"},
        {.source = "[null]", .message = "row 1: is true, false or null"},
        {.source = "[[1, 1]]", .message = "element 1 is a number; expected a string"},
        {.source = "[[\"\", 1]]", .message = "element 1 is empty"},
        {.source = "[[\"a\", {\"b\": 1}]]",
         .message = "element 2 is an object; expected a string or a number, or a list"},
        {.source = "[[\"a\", []]]", .message = "element 2 is an empty list"},
        {.source = "[[\"a\", [1, null]]]",
         .message = "element 2 is a list that holds null; expected strings or numbers"},
        {.source = "[[\"a\", null]]", .message = "element 2 is true, false or null"},
        {.source = "{\"question\": \"a\"}", .message = "q.json:1: row 1: field \"answer\" is missing"},
        {.source = "{\"answer\": 1}", .message = "field \"question\" is missing"},
        {.source = "{\"question\": {}, \"answer\": 1}", .message = "field \"question\" is an object"},
        {.source = "[[\"a\", \"no mark\"]]",
         .message = "element 2 has no answer after \"####\"",
         .answer_after = "####"},
        {.source = "[[\"a\", \"#### \"]]", .message = "element 2 has no answer after \"####\"", .answer_after = "####"},
        {.source = "[[\"a\", 4]]", .message = "element 2 has no answer after \"####\"", .answer_after = "####"},
        {.source = "[[\"a\", 4]]", .message = "is an array, which has no field \"id\"", .id_field = "id"},
        {.source = "{\"question\": \"a\", \"answer\": 1}", .message = "field \"id\" is missing", .id_field = "id"},
        {.source = "{\"question\": \"a\", \"answer\": 1, \"id\": true}",
         .message = "field \"id\" is true",
         .id_field = "id"},
        {.source =
             "{\"question\": \"a\", \"answer\": 1, \"id\": 7}\n\n{\"question\": \"b\", \"answer\": 1, \"id\": \"7\"}",
         .message = "q.json:3: row 2: id \"7\" was given before, on line 1, row 1",
         .id_field = "id"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rft_dataset_options options = options_of("q.json");
        options.answer_after = cases[i].answer_after != NULL ? cases[i].answer_after : "";
        options.id_field = cases[i].id_field != NULL ? cases[i].id_field : "";
        struct rft_dataset dataset;
        memset(&dataset, 1, sizeof dataset);
        rft_test_log_capture();
        enum rft_status status = parse(&options, rft_bytes_z(cases[i].source), &dataset);
        rft_test_log_release();
        const char *log = rft_test_log_text(), *newline = strchr(log, '\n');
        if (status != RFT_ERR_INPUT || strstr(log, cases[i].message) == NULL || newline == NULL || newline[1])
            fail_msg("%s: %s, \"%s\", expected \"%s\"", cases[i].source, rft_status_text(status), log,
                     cases[i].message);
        assert_null(dataset.questions);
        assert_int_equal(dataset.n, 0);
        assert_null(dataset.arena.data);
    }
}

/* Rows that are left out: what is told of them, and that they change no other row's samples. */
static void test_skip(void **state)
{
    (void)state;
    static const char source[] =
        "[\"a\", \"n/a\"]\n{\"x\": 1}\n[\"a\", 2]\n[\"b\", NaN]\n[\"a\", 3]\n[\"c\", \"1/2\"]\n";
    static const struct rft_verify_options verify = {.kind = RFT_VERIFY_ANSWER_TAG};
    static const struct {
        uint64_t row, line;
        const char *question, *detail;
    } expected[] = {
        {0, 1, "a", "the gold answer \"n/a\" is not a number that [verify] can compare; only numbers are compared"},
        {1, 2, NULL, "field \"question\" is missing; the row has x"},
        {3, 4, NULL, "not JSON: NaN"},
        {5, 6, "c", "fractions are not compared"},
    };
    struct rft_dataset_options options = options_of("q.jsonl");
    struct rft_dataset dataset;
    options.verify = &verify;
    options.skip_bad_rows = true;
    rft_test_log_capture();
    assert_int_equal(parse(&options, rft_bytes_z(source), &dataset), RFT_OK);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("4 of 6 rows are left out"), 1);
    assert_string_equal(shown(&dataset), "a|1|a|#2\na|2|a|#3\n"); /* the bad row of the same text counts */
    assert_true(dataset.questions[0].row == 2 && dataset.questions[1].row == 4);
    assert_int_equal(dataset.n_skipped, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct rft_skipped *s = &dataset.skipped[i];
        assert_true(s->row == expected[i].row && s->line == expected[i].line && s->reason == RFT_SKIP_BAD_ROW);
        assert_true(!s->question.data == !expected[i].question);
        if (strstr(s->detail, expected[i].detail) == NULL)
            fail_msg("%s", s->detail);
    }
    char **details = rft_alloc(dataset.n, sizeof *details);
    assert_non_null(details);
    details[0] = rft_strdup("too long");
    assert_int_equal(rft_dataset_skip(&dataset, RFT_SKIP_TOO_LONG, details), RFT_OK);
    rft_free(details);
    assert_string_equal(shown(&dataset), "a|2|a|#3\n");
    assert_int_equal(dataset.n_skipped, 5);
    assert_true(dataset.skipped[2].row == 2 && dataset.skipped[2].reason == RFT_SKIP_TOO_LONG);
    rft_dataset_finish(&dataset);
    options.limit = 2; /* of the rows, not of the questions */
    rft_test_log_capture();
    assert_int_equal(parse(&options, rft_bytes_z(source), &dataset), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_int_equal(rft_test_log_count("holds no questions that can be used"), 1);
}

/* GSM8K's gold stands behind its mark, and is found there when it is asked for. */
static void test_answer_mark(void **state)
{
    (void)state;
    struct rft_dataset_options options = options_of("q.json");
    struct rft_dataset dataset;
    options.answer_mark = "####";
    assert_int_equal(
        parse(&options, rft_bytes_z("[[\"a\", \"1 #### 2\\n#### 42\"], [\"b\", \"7\"], [\"c\", 8]]"), &dataset),
        RFT_OK);
    assert_string_equal(shown(&dataset), "a|0|a|42\nb|0|b|7\nc|0|c|#8\n");
    rft_dataset_finish(&dataset);
}

/* jansson alone would pass over it. */
static void test_nul_byte(void **state)
{
    (void)state;
    static const char source[] = "[[\"a\",\n 1\0  ]]";
    struct rft_dataset_options options = options_of("q.json");
    struct rft_dataset dataset;
    rft_test_log_capture();
    assert_int_equal(parse(&options, (struct rft_bytes){source, sizeof source - 1}, &dataset), RFT_ERR_INPUT);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), "q.json:2: a NUL byte"));
}

static void test_file(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/q.json", rft_test_tmp_dir());
    struct rft_dataset_options options = options_of(path);
    struct rft_dataset dataset;
    rft_test_log_capture();
    assert_int_equal(rft_dataset_load(&options, &dataset), RFT_ERR_IO);
    rft_test_log_release();
    assert_non_null(strstr(rft_test_log_text(), path));
    static const char source[] = "[[\"a\", 1]]";
    rft_test_write_file(path, source, sizeof source - 1);
    assert_int_equal(rft_dataset_load(&options, &dataset), RFT_OK);
    assert_string_equal(shown(&dataset), "a|0|a|#1\n");
    rft_dataset_finish(&dataset);
    rft_dataset_finish(&dataset);
}

static uint64_t hash_of(const char *source, const char *id_field)
{
    struct rft_dataset_options options = options_of("q.json");
    options.id_field = id_field;
    struct rft_dataset dataset;
    assert_int_equal(parse(&options, rft_bytes_z(source), &dataset), RFT_OK);
    uint64_t hash = dataset.content_hash;
    rft_dataset_finish(&dataset);
    return hash;
}

static void test_hash_and_key(void **state)
{
    (void)state;
    uint64_t hash = hash_of("[[\"a\", 1], [\"b\", 2]]", "");
    assert_true(hash ==
                hash_of("{\"answer\": 1, \"question\": \"\\u0061\"}\n{\"question\": \"b\", \"answer\": 2}", ""));
    static const char *const others[] = {
        "[[\"a\", 1], [\"b\", 3]]",
        "[[\"a\", 1], [\"c\", 2]]",
        "[[\"a\", 1.0], [\"b\", 2]]",
        "[[\"b\", 2], [\"a\", 1]]",
        "[[\"a\", 1]]",
        "[[\"a1\", \"\"], [\"b\", 2]]",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(hash != hash_of(others[i], ""));
    assert_true(hash_of("{\"question\": \"a\", \"answer\": 1, \"id\": 1}", "id") !=
                hash_of("{\"question\": \"a\", \"answer\": 1, \"id\": 2}", "id"));

    struct rft_question question = {.id = {"a", 1}};
    uint64_t key = rft_question_key(&question, 5);
    /* XXH64 of "a\0\0\0\0" with seed 5, computed by another implementation. */
    assert_true(key == UINT64_C(0x590996bdbbae27a9));
    question.line = 9;
    question.text = rft_bytes_z("another");
    assert_true(rft_question_key(&question, 5) == key);
    assert_true(rft_question_key(&question, 6) != key);
    question.repeat = 1;
    assert_true(rft_question_key(&question, 5) != key);
}

/* Linear in the number of questions, repeats included: quadratic search would take minutes. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rft_str source = {0};
    for (int i = 0; i < N; i++)
        assert_int_equal(rft_str_printf(&source, "%s[\"question %d\", %d]", i ? ", " : "[", i % (N / 2), i), RFT_OK);
    assert_int_equal(rft_str_append_z(&source, "]"), RFT_OK);
    struct rft_dataset_options options = options_of("q.json");
    struct rft_dataset dataset;
    double start = rft_os_seconds();
    assert_int_equal(rft_dataset_parse(&options, &source, &dataset), RFT_OK);
    assert_true(rft_os_seconds() - start < 20);
    assert_int_equal(dataset.n, N);
    for (int i = 0; i < N; i++)
        assert_int_equal(dataset.questions[i].repeat, i >= N / 2);
    rft_dataset_finish(&dataset);
}

static enum rft_status load_once(void *user)
{
    struct rft_dataset dataset;
    RFT_TRY(rft_dataset_load(user, &dataset));
    rft_dataset_finish(&dataset);
    return RFT_OK;
}

static void test_alloc_faults(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "[[\"a\", 1], [\"b\", \"x\"], [\"a\", 1]]",
        "{\"question\": \"a\", \"answer\": 1}\n{\"question\": \"b\", \"answer\": 1}\n",
        "[\"a\", 1]\n{\"question\": \"b\", \"x\": 1}\nno row\n[\"c\", null]\n",
    };
    char path[200];
    snprintf(path, sizeof path, "%s/faults.json", rft_test_tmp_dir());
    struct rft_dataset_options options = options_of(path);
    options.skip_bad_rows = true;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        rft_test_write_file(path, sources[i], strlen(sources[i]));
        assert_true(rft_test_alloc_faults(load_once, &options) > 4);
    }
}

static void check_shared(const char *relative, const char *answer_after, size_t n, size_t n_repeats)
{
    const char *path = rft_test_shared(relative);
    if (path == NULL)
        RFT_SKIP("the optional test data is absent (RFTGEN_SHARED_DATA)");
    struct rft_dataset_options options = options_of(path);
    options.answer_after = answer_after;
    struct rft_dataset dataset;
    assert_int_equal(rft_dataset_load(&options, &dataset), RFT_OK);
    assert_int_equal(dataset.n, n);
    size_t repeats = 0;
    for (size_t i = 0; i < n; i++)
        repeats += dataset.questions[i].repeat > 0;
    assert_int_equal(repeats, n_repeats);
    rft_dataset_finish(&dataset);
}

static void test_shared(void **state)
{
    (void)state;
    check_shared("unit-conversion/train.json", "", 1000, 9);
    check_shared("unit-conversion/valid.json", "", 1000, 14);
    check_shared("unit-conversion/rft/rft-01.json", "", 871, 40);
    check_shared("gsm8k/train.jsonl", "####", 7473, 0);
    check_shared("gsm8k/test.jsonl", "####", 1319, 0);
}

int main(int argc, char **argv)
{
    rft_alloc_hook_json();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_bad),
        cmocka_unit_test(test_nul_byte),     cmocka_unit_test(test_skip),
        cmocka_unit_test(test_answer_mark),  cmocka_unit_test(test_file),
        cmocka_unit_test(test_hash_and_key), cmocka_unit_test(test_many),
        cmocka_unit_test(test_alloc_faults), RFT_OPTIONAL(test_shared, "test data of RFTGEN_SHARED_DATA"),
    };
    return RFT_TEST_RUN(tests, NULL, NULL);
}
