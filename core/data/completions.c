/* SPDX-License-Identifier: MIT */
#include "completions.h"

#include "alloc.h"
#include "completion_row.h"
#include "id_table.h"
#include "row_file.h"
#include "row_filter.h"
#include "unpack.h"

#include <inttypes.h>
#include <string.h>

struct skips {
    struct rft_skipped *items;
    size_t n, cap;
};

struct loader {
    const struct rft_dataset_options *options;
    struct rft_completions *out;
    size_t items_cap, questions_cap, counts_cap;
    uint32_t *counts;      /* [dataset.n] rows of each question */
    struct skips bad;      /* rows that are bad */
    struct skips recorded; /* rows that were left out when they were drawn */
    struct rft_id_table table;
    struct rft_row_reader reader;
    struct rft_row_filter filter;
    uint64_t n_rows;  /* of the file */
    uint64_t n_taken; /* of them pass the filter */
    struct rft_str why;
};

static enum rft_status add_skip(struct loader *loader, struct skips *skips, struct rft_skipped skipped,
                                struct rft_bytes detail, const struct rft_origin *origin)
{
    void *grown = skips->items;
    struct rft_origin *kept = rft_arena_take(&loader->out->dataset.lists, 1, sizeof *kept);
    if (kept == NULL || rft_grow(&grown, &skips->cap, skips->n + 1, sizeof *skips->items) != 0)
        return RFT_ERR_HOST_MEMORY;
    *kept = *origin;
    skips->items = grown;
    skipped.origin = kept;
    skipped.detail = rft_strndup(detail.data != NULL ? detail.data : "", detail.len);
    if (skipped.detail == NULL)
        return RFT_ERR_HOST_MEMORY;
    skips->items[skips->n++] = skipped;
    return RFT_OK;
}

/* What is wrong stands in loader->why. */
static enum rft_status add_bad(struct loader *loader, const struct rft_completion_row *row)
{
    const struct rft_skipped skipped = {.row = loader->n_rows - 1,
                                        .line = row->question.line,
                                        .reason = RFT_SKIP_BAD_ROW,
                                        .question = row->question.text,
                                        .id = row->question.id};
    return add_skip(loader, &loader->bad, skipped, (struct rft_bytes){loader->why.data, loader->why.len},
                    &row->completion.origin);
}

static bool texts_equal(struct rft_texts a, struct rft_texts b)
{
    bool are_equal = a.n == b.n;
    for (size_t i = 0; are_equal && i < a.n; i++)
        are_equal = rft_bytes_equal(a.items[i], b.items[i]);
    return are_equal;
}

/* What two questions of one id do not have in common; NULL: text and gold answers agree. */
static const char *differs_in(const struct rft_question *a, const struct rft_question *b)
{
    if (!rft_bytes_equal(a->text, b->text))
        return "question";
    return texts_equal(rft_question_golds(a), rft_question_golds(b)) ? NULL : "gold answer";
}

/* Whether a row can be one of a question that is known; else loader->why says what differs. */
static enum rft_status check_same(struct loader *loader, const struct rft_question *known,
                                  const struct rft_question *question)
{
    const char *what = differs_in(known, question);
    if (what == NULL && !texts_equal(rft_question_choices(known), rft_question_choices(question)))
        what = "list of options";
    if (what == NULL)
        return RFT_OK;
    return rft_str_printf(&loader->why, "its %s differs from that of line %" PRIu64 ", which is of the same question",
                          what, known->line);
}

static enum rft_status add_question(struct loader *loader, const struct rft_completion_row *row)
{
    struct rft_dataset *dataset = &loader->out->dataset;
    void *questions = dataset->questions, *counts = loader->counts;
    if (rft_grow(&questions, &loader->questions_cap, dataset->n + 1, sizeof *dataset->questions) != 0)
        return RFT_ERR_HOST_MEMORY;
    dataset->questions = questions;
    if (rft_grow(&counts, &loader->counts_cap, dataset->n + 1, sizeof *loader->counts) != 0)
        return RFT_ERR_HOST_MEMORY;
    loader->counts = counts;
    loader->counts[dataset->n] = 0;
    dataset->questions[dataset->n] = row->question;
    if (!row->has_index)
        dataset->questions[dataset->n].row = loader->n_rows - 1;
    dataset->n++;
    return RFT_OK;
}

static enum rft_status add_completions(struct loader *loader, const struct rft_completion_row *row, size_t question)
{
    struct rft_completions *out = loader->out;
    void *items = out->items;
    uint32_t *count = &loader->counts[question];
    if (rft_grow(&items, &loader->items_cap, out->n + row->n_completions, sizeof *out->items) != 0)
        return RFT_ERR_HOST_MEMORY;
    out->items = items;
    for (size_t i = 0; i < row->n_completions; i++, ++*count) {
        struct rft_completion *completion = &out->items[out->n++];
        *completion = row->completion;
        completion->text = rft_completion_row_text(&loader->reader, i);
        completion->question = question;
        completion->line = row->question.line;
        if (!row->has_sample)
            completion->sample = *count;
    }
    return RFT_OK;
}

/* The completions of a row that is not bad. */
static enum rft_status add_row(struct loader *loader, const struct rft_completion_row *row)
{
    struct rft_completions *out = loader->out;
    const uint64_t limit = loader->options->limit;
    size_t *place;
    RFT_TRY(rft_id_table_find(&loader->table, out->dataset.questions, &row->question, &place));
    if (*place != 0 && !loader->options->are_drawn)
        RFT_TRY(check_same(loader, &out->dataset.questions[*place - 1], &row->question));
    if (loader->why.len != 0)
        return add_bad(loader, row);
    if (*place == 0 && limit != 0 && out->dataset.n + loader->recorded.n >= limit) {
        loader->table.n_used--; /* the place stays free */
        return RFT_OK;
    }
    if (*place == 0) {
        RFT_TRY(add_question(loader, row));
        *place = out->dataset.n;
    }
    return add_completions(loader, row, *place - 1);
}

static enum rft_status take_row(void *user, const struct rft_json_value *source)
{
    struct loader *loader = user;
    struct rft_completion_row row;
    bool passes;
    loader->n_rows++;
    RFT_TRY(rft_row_open(&loader->reader, source));
    rft_completion_row_begin(&loader->reader);
    RFT_TRY(rft_row_passes(&loader->filter, &loader->reader, &passes));
    if (!passes)
        return RFT_OK;
    loader->n_taken++;
    RFT_TRY(rft_completion_row_read(&loader->reader, &row));
    if (loader->why.len != 0)
        return add_bad(loader, &row);
    if (row.logprobs > loader->out->logprobs)
        loader->out->logprobs = row.logprobs;
    if (!row.is_skipped)
        return add_row(loader, &row);
    const struct rft_skipped skipped = {.row = row.has_index ? row.question.row : loader->n_rows - 1,
                                        .line = row.question.line,
                                        .reason = row.reason,
                                        .question = row.question.text,
                                        .id = row.question.id};
    return add_skip(loader, &loader->recorded, skipped, row.detail, &row.completion.origin);
}

static enum rft_status take_bad_line(void *user, uint64_t line, const char *why)
{
    struct loader *loader = user;
    const struct rft_completion_row row = {.question.line = line};
    loader->n_rows++;
    loader->n_taken++;
    rft_str_clear(&loader->why);
    RFT_TRY(rft_str_append_z(&loader->why, why));
    return add_bad(loader, &row);
}

static bool wants_more(void *user)
{
    (void)user;
    return true;
}

static bool has_any(void *user)
{
    const struct loader *loader = user;
    return loader->out->n != 0 || loader->recorded.n != 0;
}

/* Rows that are bad now are refused or not; then those of the record come to them. */
static enum rft_status merge_skips(struct loader *loader)
{
    struct rft_dataset *dataset = &loader->out->dataset;
    dataset->skipped = loader->bad.items;
    dataset->n_skipped = loader->bad.n;
    loader->bad = (struct skips){0};
    RFT_TRY(rft_dataset_check_skipped(dataset, loader->options, loader->n_rows));
    if (loader->recorded.n == 0)
        return RFT_OK;
    struct rft_skipped *all =
        rft_realloc(dataset->skipped, dataset->n_skipped + loader->recorded.n, sizeof *dataset->skipped);
    if (all == NULL)
        return RFT_ERR_HOST_MEMORY;
    memcpy(all + dataset->n_skipped, loader->recorded.items, loader->recorded.n * sizeof *all);
    dataset->skipped = all;
    dataset->n_skipped += loader->recorded.n;
    loader->recorded.n = 0;
    rft_dataset_sort_skipped(dataset);
    return RFT_OK;
}

static enum rft_status sort_by_question(struct loader *loader)
{
    struct rft_completions *out = loader->out;
    const size_t n_questions = out->dataset.n;
    out->first = rft_alloc(n_questions + 1, sizeof *out->first);
    out->order = rft_alloc(out->n, sizeof *out->order);
    if (out->first == NULL || out->order == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < n_questions; i++) {
        const uint32_t n = loader->counts[i];
        out->first[i + 1] = out->first[i] + n;
        out->n_max = n > out->n_max ? n : out->n_max;
        loader->counts[i] = 0;
    }
    for (size_t i = 0; i < out->n; i++) {
        const size_t question = out->items[i].question;
        out->order[out->first[question] + loader->counts[question]++] = i;
    }
    return RFT_OK;
}

static enum rft_status parse_all(struct loader *loader)
{
    struct rft_completions *out = loader->out;
    const struct rft_row_sink sink = {loader, take_row, take_bad_line, wants_more, has_any};
    RFT_TRY(rft_rows_walk(loader->options->path, &out->dataset.arena, &sink));
    RFT_TRY(merge_skips(loader));
    if (loader->n_rows != 0 && loader->n_taken == 0)
        return rft_row_filter_refuse(&loader->filter, loader->options);
    if (out->n == 0) {
        rft_log_error("%s: holds no completions%s", loader->options->path,
                      out->dataset.n_skipped != 0 ? " that can be judged" : "");
        return RFT_ERR_INPUT;
    }
    RFT_TRY(sort_by_question(loader));
    return RFT_OK;
}

static void finish_skips(struct skips *skips)
{
    for (size_t i = 0; i < skips->n; i++)
        rft_free(skips->items[i].detail);
    rft_free(skips->items);
}

enum rft_status rft_completions_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                      struct rft_completions *completions)
{
    struct loader loader = {.options = options, .out = completions, .table = {.tells_texts = options->are_drawn}};
    *completions = (struct rft_completions){.dataset.arena = *text};
    *text = (struct rft_str){0};
    loader.reader = (struct rft_row_reader){
        .options = options, .arena = &completions->dataset.lists, .why = &loader.why, .has_completions = true};
    enum rft_status status = parse_all(&loader);
    finish_skips(&loader.bad);
    finish_skips(&loader.recorded);
    rft_free(loader.counts);
    rft_id_table_finish(&loader.table);
    rft_row_reader_finish(&loader.reader);
    rft_row_filter_finish(&loader.filter);
    rft_str_finish(&loader.why);
    if (status != RFT_OK)
        rft_completions_finish(completions);
    return status;
}

enum rft_status rft_completions_load(const struct rft_dataset_options *options, struct rft_completions *completions)
{
    struct rft_str text;
    *completions = (struct rft_completions){0};
    RFT_TRY(rft_file_read_unpacked(options->path, RFT_ROWS_BYTES_MAX, &text));
    return rft_completions_parse(options, &text, completions);
}

void rft_completions_finish(struct rft_completions *completions)
{
    rft_dataset_finish(&completions->dataset);
    rft_free(completions->items);
    rft_free(completions->order);
    rft_free(completions->first);
    *completions = (struct rft_completions){0};
}

static uint32_t n_of(void *user, uint64_t question)
{
    const struct rft_completions *completions = user;
    return (uint32_t)(completions->first[question + 1] - completions->first[question]);
}

static enum rft_status read_sample(void *user, uint64_t question, uint32_t i, struct rft_str *text,
                                   struct rft_sample *out)
{
    const struct rft_completions *completions = user;
    const struct rft_completion *c = &completions->items[completions->order[completions->first[question] + i]];
    rft_str_clear(text);
    *out = (struct rft_sample){.question = question,
                               .sample = c->sample,
                               .n_tokens = c->n_tokens,
                               .finish = c->finish,
                               .text = c->text,
                               .has_logprob = c->has_logprob,
                               .logprob = c->logprob,
                               .is_not_drawn = c->is_not_drawn,
                               .origin = &c->origin};
    return RFT_OK;
}

struct rft_samples rft_completions_as_samples(struct rft_completions *completions)
{
    return (struct rft_samples){completions, completions->n_max, n_of, read_sample};
}
