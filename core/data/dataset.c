/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include "alloc.h"
#include "dataset_row.h"
#include "dataset_trim.h"
#include "id_table.h"
#include "os.h"
#include "row_file.h"
#include "row_filter.h"
#include "unpack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 3     /* bad rows in a message */
#define SHOWN_BYTES 240 /* of what is wrong with one */

struct loader {
    const struct rft_dataset_options *options;
    struct rft_dataset *dataset;
    char **details; /* [dataset->n] what is wrong with a row; NULL = nothing */
    size_t cap, details_cap, skipped_cap;
    uint64_t n_rows;  /* of the file */
    uint64_t n_taken; /* of them pass the filter */
    struct rft_row_reader reader;
    struct rft_row_filter filter;
    struct rft_str why; /* scratch */
};

const char *rft_skip_text(enum rft_skip_reason reason)
{
    return reason == RFT_SKIP_BAD_ROW ? "bad_row" : "too_long";
}

static enum rft_status copy_detail(const struct rft_str *why, char **detail)
{
    *detail = NULL;
    if (!why->len)
        return RFT_OK;
    *detail = rft_strndup(why->data, why->len);
    return *detail ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* A row that has no question, or no id, is left out at once; another one that is bad stays until repeats are
 * numbered. */
static enum rft_status add_row(struct loader *loader, struct rft_question *question)
{
    struct rft_dataset *dataset = loader->dataset;
    bool has_all = question->text.data != NULL && question->id.data != NULL;
    void *grown = has_all ? (void *)dataset->questions : (void *)dataset->skipped;
    void *details = loader->details;
    char *detail;
    question->row = loader->n_rows++;
    loader->n_taken++;
    if (has_all ? rft_grow(&grown, &loader->cap, dataset->n + 1, sizeof *dataset->questions)
                : rft_grow(&grown, &loader->skipped_cap, dataset->n_skipped + 1, sizeof *dataset->skipped))
        return RFT_ERR_HOST_MEMORY;
    if (has_all)
        dataset->questions = grown;
    else
        dataset->skipped = grown;
    if (has_all && rft_grow(&details, &loader->details_cap, dataset->n + 1, sizeof *loader->details))
        return RFT_ERR_HOST_MEMORY;
    loader->details = details;
    RFT_TRY(copy_detail(&loader->why, &detail));
    if (has_all) {
        loader->details[dataset->n] = detail;
        dataset->questions[dataset->n++] = *question;
    } else {
        dataset->skipped[dataset->n_skipped++] = (struct rft_skipped){.row = question->row,
                                                                      .line = question->line,
                                                                      .detail = detail,
                                                                      .question = question->text,
                                                                      .id = question->id};
    }
    return RFT_OK;
}

static enum rft_status take_row(void *user, const struct rft_json_value *source)
{
    struct loader *loader = user;
    struct rft_question question = {.line = source->line};
    bool passes;
    RFT_TRY(rft_row_open(&loader->reader, source));
    RFT_TRY(rft_row_passes(&loader->filter, &loader->reader, &passes));
    if (!passes) {
        loader->n_rows++;
        return RFT_OK;
    }
    rft_row_find(&loader->reader);
    RFT_TRY(rft_row_read(&loader->reader, &question));
    return add_row(loader, &question);
}

static enum rft_status take_bad_line(void *user, uint64_t line, const char *why)
{
    struct loader *loader = user;
    struct rft_question question = {.line = line};
    rft_str_clear(&loader->why);
    RFT_TRY(rft_str_append_z(&loader->why, why));
    return add_row(loader, &question);
}

static bool wants_more(void *user)
{
    const struct loader *loader = user;
    return !loader->options->limit || loader->n_taken < loader->options->limit;
}

static bool has_any(void *user)
{
    const struct loader *loader = user;
    return loader->dataset->n != 0;
}

/* One id was given twice: the later row is bad. */
static enum rft_status refuse_id(struct loader *loader, size_t i, const struct rft_question *first)
{
    const struct rft_bytes id = loader->dataset->questions[i].id;
    if (loader->details[i] != NULL)
        return RFT_OK;
    rft_str_clear(&loader->why);
    RFT_TRY(rft_str_printf(&loader->why,
                           "id \"%.*s\" was given before, on line %" PRIu64 ", row %" PRIu64
                           "; make the ids differ or unset id_field",
                           (int)rft_utf8_cut(id.data, id.len, 80), id.data, first->line, first->row + 1));
    return copy_detail(&loader->why, &loader->details[i]);
}

/* Counts rows of equal ids, whatever else is wrong with them, so that mending such a row changes no other one's
 * samples. */
static enum rft_status number_repeats(struct loader *loader)
{
    struct rft_dataset *dataset = loader->dataset;
    struct rft_id_table table = {.ignores_repeat = true}; /* has the latest question of an id */
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < dataset->n && status == RFT_OK; i++) {
        struct rft_question *question = &dataset->questions[i];
        size_t *latest;
        status = rft_id_table_find(&table, dataset->questions, question, &latest);
        if (status != RFT_OK)
            break;
        const struct rft_question *before = *latest != 0 ? &dataset->questions[*latest - 1] : NULL;
        if (before != NULL && *loader->options->id_field)
            status = refuse_id(loader, i, before);
        else if (before != NULL)
            question->repeat = before->repeat + 1;
        if (before == NULL || !*loader->options->id_field)
            *latest = i + 1;
    }
    rft_id_table_finish(&table);
    return status;
}

void rft_dataset_hash(struct rft_dataset *dataset)
{
    dataset->content_hash = dataset->n;
    for (size_t i = 0; i < dataset->n; i++)
        dataset->content_hash = rft_question_hash(&dataset->questions[i], dataset->content_hash);
}

static int compare_skipped(const void *a, const void *b)
{
    const struct rft_skipped *x = a, *y = b;
    if (x->row != y->row)
        return x->row > y->row ? 1 : -1;
    return (x->line > y->line) - (x->line < y->line);
}

void rft_dataset_sort_skipped(struct rft_dataset *dataset)
{
    if (dataset->n_skipped > 1)
        qsort(dataset->skipped, dataset->n_skipped, sizeof *dataset->skipped, compare_skipped);
}

enum rft_status rft_dataset_skip(struct rft_dataset *dataset, enum rft_skip_reason reason, char **details)
{
    size_t n_more = 0, n_left = 0;
    for (size_t i = 0; i < dataset->n; i++)
        n_more += details[i] != NULL;
    struct rft_skipped *grown = rft_realloc(dataset->skipped, dataset->n_skipped + n_more + 1, sizeof *grown);
    if (grown == NULL)
        return RFT_ERR_HOST_MEMORY;
    dataset->skipped = grown;
    for (size_t i = 0; i < dataset->n; i++) {
        const struct rft_question *q = &dataset->questions[i];
        if (details[i] != NULL)
            dataset->skipped[dataset->n_skipped++] =
                (struct rft_skipped){q->row, q->line, reason, details[i], q->text, q->id, NULL};
        else
            dataset->questions[n_left++] = *q;
        details[i] = NULL;
    }
    dataset->n = n_left;
    rft_dataset_sort_skipped(dataset);
    rft_dataset_hash(dataset);
    return RFT_OK;
}

enum rft_status rft_dataset_list_skipped(const struct rft_dataset *dataset, enum rft_skip_reason reason,
                                         bool with_first_line, struct rft_str *out)
{
    size_t n_shown = 0;
    for (size_t i = 0; i < dataset->n_skipped && n_shown < SHOWN_MAX; i++) {
        const struct rft_skipped *s = &dataset->skipped[i];
        if (s->reason != reason)
            continue;
        RFT_TRY(rft_str_printf(out, "%srow %" PRIu64, n_shown != 0 ? "; " : "", s->row + 1));
        if (with_first_line || n_shown != 0)
            RFT_TRY(rft_str_printf(out, " (line %" PRIu64 ")", s->line));
        RFT_TRY(rft_str_printf(out, ": %.*s", (int)rft_utf8_cut(s->detail, strlen(s->detail), SHOWN_BYTES), s->detail));
        n_shown++;
    }
    return RFT_OK;
}

/* Names the first few of the rows that are refused, and what to do. */
static enum rft_status refuse_rows(const struct rft_dataset *dataset, const struct rft_dataset_options *options,
                                   uint64_t n_rows)
{
    const char *verb = options->are_drawn ? "take" : "leave";
    const char *how = options->are_drawn ? "of the file" : "with data.bad_rows = skip";
    const struct rft_skipped *first = &dataset->skipped[0];
    struct rft_str text = {0};
    enum rft_status status = rft_dataset_list_skipped(dataset, RFT_SKIP_BAD_ROW, false, &text);
    if (status != RFT_OK) {
        rft_str_finish(&text);
        return status;
    }
    if (dataset->n == 0)
        rft_log_error("%s:%" PRIu64 ": %s; no row of %" PRIu64 " can be used", options->path, first->line, text.data,
                      n_rows);
    else if (dataset->n_skipped == 1)
        rft_log_error("%s:%" PRIu64 ": %s; it is the only bad row of %" PRIu64 ": mend it, or %s it out %s",
                      options->path, first->line, text.data, n_rows, verb, how);
    else
        rft_log_error("%s:%" PRIu64 ": %s; %zu of %" PRIu64 " rows are bad: mend them, or %s them out %s",
                      options->path, first->line, text.data, dataset->n_skipped, n_rows, verb, how);
    rft_str_finish(&text);
    return RFT_ERR_INPUT;
}

enum rft_status rft_dataset_check_skipped(const struct rft_dataset *dataset, const struct rft_dataset_options *options,
                                          uint64_t n_rows)
{
    if (dataset->n_skipped == 0)
        return RFT_OK;
    if (!options->skip_bad_rows)
        return refuse_rows(dataset, options, n_rows);
    rft_log_warn("%s: %zu of %" PRIu64 " rows are left out (data.bad_rows = skip); the first is row %" PRIu64
                 ": %.200s",
                 options->path, dataset->n_skipped, n_rows, dataset->skipped[0].row + 1, dataset->skipped[0].detail);
    return RFT_OK;
}

static enum rft_status parse_all(struct loader *loader)
{
    struct rft_dataset *dataset = loader->dataset;
    const struct rft_row_sink sink = {loader, take_row, take_bad_line, wants_more, has_any};
    RFT_TRY(rft_rows_walk(loader->options->path, &dataset->arena, &sink));
    RFT_TRY(number_repeats(loader));
    RFT_TRY(rft_dataset_skip(dataset, RFT_SKIP_BAD_ROW, loader->details));
    RFT_TRY(rft_dataset_check_skipped(dataset, loader->options, loader->n_rows));
    if (loader->n_rows != 0 && loader->n_taken == 0)
        return rft_row_filter_refuse(&loader->filter, loader->options);
    if (!dataset->n) {
        rft_log_error("%s: holds no questions%s", loader->options->path, dataset->n_skipped ? " that can be used" : "");
        return RFT_ERR_INPUT;
    }
    const struct rft_parsed_rows rows = {dataset->questions, dataset->n, dataset->skipped, dataset->n_skipped};
    return rft_dataset_trim(&rows, &dataset->arena);
}

enum rft_status rft_dataset_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                  struct rft_dataset *dataset)
{
    struct loader loader = {.options = options, .dataset = dataset};
    *dataset = (struct rft_dataset){.arena = *text};
    *text = (struct rft_str){0};
    loader.reader = (struct rft_row_reader){.options = options, .arena = &dataset->lists, .why = &loader.why};
    enum rft_status status = parse_all(&loader);
    for (size_t i = 0; i < dataset->n && loader.details != NULL; i++)
        rft_free(loader.details[i]);
    rft_free(loader.details);
    rft_row_reader_finish(&loader.reader);
    rft_row_filter_finish(&loader.filter);
    rft_str_finish(&loader.why);
    if (status != RFT_OK)
        rft_dataset_finish(dataset);
    return status;
}

enum rft_status rft_dataset_load(const struct rft_dataset_options *options, struct rft_dataset *dataset)
{
    struct rft_str text;
    *dataset = (struct rft_dataset){0};
    RFT_TRY(rft_file_read_unpacked(options->path, RFT_ROWS_BYTES_MAX, &text));
    return rft_dataset_parse(options, &text, dataset);
}

void rft_dataset_finish(struct rft_dataset *dataset)
{
    for (size_t i = 0; i < dataset->n_skipped; i++)
        rft_free(dataset->skipped[i].detail);
    rft_free(dataset->skipped);
    rft_free(dataset->questions);
    rft_str_finish(&dataset->arena);
    rft_arena_finish(&dataset->lists);
    *dataset = (struct rft_dataset){0};
}
