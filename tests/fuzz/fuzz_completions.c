/* SPDX-License-Identifier: MIT */
/* A file of completions; its first byte chooses the options. What was read says the same when it is written as rftgen
 * writes rows, and read again. */
#include "alloc.h"
#include "completions.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static const struct rft_verify_options verify = {.kind = RFT_VERIFY_COMMAND};

static void put(struct rft_str *out, const char *label, struct rft_bytes text)
{
    require(rft_str_append_z(out, label) == RFT_OK);
    require(rft_str_append_json(out, text.data, text.len) == RFT_OK);
}

/* Records hold a gold answer as a string, a list as its JSON text. */
static void put_gold(struct rft_str *out, const struct rft_question *question)
{
    struct rft_str gold = {0};
    if (question->golds == NULL && question->gold.data != NULL) {
        put(out, ", \"gold\": ", question->gold);
        return;
    }
    require(rft_question_put_gold(question, &gold) == RFT_OK);
    if (question->golds != NULL)
        put(out, ", \"gold\": ", (struct rft_bytes){gold.data, gold.len});
    else
        require(rft_str_append_z(out, ", \"gold\": null") == RFT_OK);
    rft_str_finish(&gold);
}

static void write_rows(struct rft_completions *completions, struct rft_str *out)
{
    struct rft_samples samples = rft_completions_as_samples(completions);
    struct rft_str scratch = {0};
    size_t n = 0;
    for (uint64_t i = 0; i < completions->dataset.n; i++) {
        const struct rft_question *question = &completions->dataset.questions[i];
        for (uint32_t k = 0; k < samples.n_of(samples.user, i); k++, n++) {
            struct rft_sample sample;
            require(samples.read(samples.user, i, k, &scratch, &sample) == RFT_OK && sample.question == i);
            put(out, "{\"id\": ", question->id);
            require(rft_str_printf(out, ", \"repeat\": %u, \"sample\": %u", question->repeat, sample.sample) == RFT_OK);
            put(out, ", \"question\": ", question->text);
            put_gold(out, question);
            put(out, ", \"completion\": ", sample.text);
            put(out, ", \"finish\": ", rft_bytes_z(rft_finish_text(sample.finish)));
            require(rft_str_append_z(out, ", \"prompt\": null}\n") == RFT_OK);
        }
    }
    require(n == completions->n);
    rft_str_finish(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const filter[] = {"f=1"};
    rft_log_set_sink(drop_line, NULL);
    rft_alloc_hook_json();
    if (!size)
        return 0;
    const struct rft_dataset_options options = {
        .path = "input",
        .question_field = data[0] & 1 ? "m.role=user.content" : "question",
        .answer_field = data[0] & 2 ? "a" : NULL,
        .completion_field = data[0] & 1 ? "m.-1.content" : "",
        .answer_after = data[0] & 4 ? "##" : "",
        .id_field = data[0] & 8 ? "i" : "",
        .choices_field = data[0] & 128 ? "c" : "",
        .filter = filter,
        .n_filter = data[0] >> 4 & 1,
        .limit = data[0] >> 5 & 1,
        .skip_bad_rows = (data[0] & 64) == 0,
        .verify = &verify,
    };
    struct rft_str text = {0}, rows = {0}, again = {0};
    struct rft_completions completions;
    uint64_t n_live = rft_alloc_n_live();
    require(rft_str_append(&text, data + 1, size - 1) == RFT_OK);
    if (rft_completions_parse(&options, &text, &completions) == RFT_OK) {
        const struct rft_dataset_options own = {
            .path = "rows", .question_field = "question", .answer_after = "", .id_field = "", .verify = &verify};
        require(completions.n > 0 && completions.dataset.n > 0);
        write_rows(&completions, &rows);
        rft_completions_finish(&completions);
        require(rft_str_append(&text, rows.data, rows.len) == RFT_OK);
        require(rft_completions_parse(&own, &text, &completions) == RFT_OK);
        write_rows(&completions, &again);
        rft_completions_finish(&completions);
        require(rows.len == again.len && memcmp(rows.data, again.data, rows.len) == 0);
        rft_str_finish(&rows);
        rft_str_finish(&again);
    }
    require(rft_alloc_n_live() == n_live);
    return 0;
}
