/* SPDX-License-Identifier: MIT */
/* A file of questions; its first byte chooses the options. What is read agrees with the tree that jansson makes of
 * it, and so does what is JSON at all. */
#include "alloc.h"
#include "dataset.h"
#include "fuzz.h"
#include "json_check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void check_text(struct rft_bytes text, const json_t *value, bool is_number)
{
    if (is_number) {
        double x;
        char *z = rft_strndup(text.data, text.len);
        require(z != NULL && json_is_real(value));
        require(rft_parse_double(z, &x) && x == json_real_value(value));
        rft_free(z);
    } else if (json_is_string(value)) {
        require(json_string_length(value) == text.len);
        require(memcmp(json_string_value(value), text.data, text.len) == 0);
    } else {
        require(json_is_boolean(value) && rft_bytes_equal(text, rft_bytes_z(json_is_true(value) ? "true" : "false")));
    }
}

static void check_gold(const struct rft_question *question, const json_t *value)
{
    if (question->golds == NULL) {
        check_text(question->gold, value, question->gold_is_json);
        return;
    }
    require(json_array_size(value) == question->n_golds);
    for (size_t i = 0; i < question->n_golds; i++)
        check_text(question->golds[i], json_array_get(value, i), json_is_real(json_array_get(value, i)));
}

/* The whole file was one array: its rows are the questions. */
static void check_rows(const struct rft_dataset_options *options, const struct rft_dataset *dataset, const json_t *rows)
{
    require(options->limit || json_array_size(rows) == dataset->n);
    for (size_t i = 0; i < dataset->n; i++) {
        const struct rft_question *question = &dataset->questions[i];
        const json_t *row = json_array_get(rows, i);
        bool pair = json_is_array(row);
        check_text(question->text, pair ? json_array_get(row, 0) : json_object_get(row, options->question_field),
                   false);
        if (!*options->answer_after)
            check_gold(question, pair ? json_array_get(row, 1) : json_object_get(row, options->answer_field));
    }
}

/* Texts that every byte of can be read. */
static uint64_t touch(const struct rft_dataset *dataset)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < dataset->n; i++) {
        struct rft_texts golds = rft_question_golds(&dataset->questions[i]);
        struct rft_texts choices = rft_question_choices(&dataset->questions[i]);
        for (size_t k = 0; k < golds.n + choices.n; k++) {
            struct rft_bytes text = k < golds.n ? golds.items[k] : choices.items[k - golds.n];
            for (size_t at = 0; at < text.len; at++)
                sum += (unsigned char)text.data[at];
        }
    }
    return sum;
}

static void check_json(const char *text, size_t size)
{
    const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
    struct rft_json_problem problem;
    json_t *tree = size != 0 && memchr(text, 0, size) == NULL ? json_loadb(text, size, flags, NULL) : NULL;
    if (size < 3 || memcmp(text, RFT_UTF8_MARK, 3) != 0)
        require((rft_json_check(text, size, &problem) == RFT_OK) == (tree != NULL));
    json_decref(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    if (!size)
        return 0;
    struct rft_dataset_options options = {
        .path = "input",
        .question_field = "q",
        .answer_field = data[0] & 1 ? "q" : "a",
        .answer_after = data[0] & 2 ? "##" : "",
        .id_field = data[0] & 4   ? "i"
                    : data[0] & 8 ? "q"
                                  : "",
        .limit = data[0] >> 4 & 3,
    };
    static const struct rft_verify_options verify = {.kind = RFT_VERIFY_COMMAND};
    static const char *const more[] = {"m.-1.x", "m.k=v.x", "q"}, *const filter[] = {"f.0=1", "f.k=v.x=a=b"};
    const bool is_nested = (data[0] & 128) != 0, has_choices = (data[0] & 64) != 0;
    if (has_choices) {
        options.choices_field = data[0] & 1 ? "c" : "a";
        options.verify = &verify;
    }
    if (is_nested) {
        options.question_more = more;
        options.n_question_more = sizeof more / sizeof *more;
        options.filter = filter;
        options.n_filter = data[0] & 1 ? 2 : 0;
        options.skip_bad_rows = true;
        options.answer_field = "m.0.a";
    }
    check_json((const char *)data + 1, size - 1);
    struct rft_str text = {0};
    struct rft_dataset dataset;
    uint64_t n_live = rft_alloc_n_live();
    require(rft_str_append(&text, data + 1, size - 1) == RFT_OK);
    if (rft_dataset_parse(&options, &text, &dataset) == RFT_OK) {
        json_t *rows = json_loadb((const char *)data + 1, size - 1, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        require(dataset.n > 0);
        touch(&dataset);
        if (json_is_array(rows) && !json_is_string(json_array_get(rows, 0)) && !is_nested && !has_choices)
            check_rows(&options, &dataset, rows);
        json_decref(rows);
        rft_dataset_finish(&dataset);
    }
    require(rft_alloc_n_live() == n_live);
    return 0;
}
