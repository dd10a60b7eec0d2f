/* SPDX-License-Identifier: MIT */
/* A file of questions; its first byte chooses the options. What is read agrees with the tree that jansson makes of
 * it. */
#include "alloc.h"
#include "dataset.h"
#include "fuzz.h"

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
    } else {
        require(json_is_string(value) && json_string_length(value) == text.len);
        require(memcmp(json_string_value(value), text.data, text.len) == 0);
    }
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
            check_text(question->gold, pair ? json_array_get(row, 1) : json_object_get(row, options->answer_field),
                       question->gold_is_number);
    }
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
    struct rft_str text = {0};
    struct rft_dataset dataset;
    uint64_t n_live = rft_alloc_n_live();
    require(rft_str_append(&text, data + 1, size - 1) == RFT_OK);
    if (rft_dataset_parse(&options, &text, &dataset) == RFT_OK) {
        json_t *rows = json_loadb((const char *)data + 1, size - 1, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        require(dataset.n > 0);
        if (json_is_array(rows))
            check_rows(&options, &dataset, rows);
        json_decref(rows);
        rft_dataset_finish(&dataset);
    }
    require(rft_alloc_n_live() == n_live);
    return 0;
}
