/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include "alloc.h"
#include "dataset_row.h"
#include "dataset_shape.h"
#include "file.h"
#include "json.h"
#include "os.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* the streaming state on the stack: its layout has been fixed since 0.7 */
#include <xxhash.h>

#define FILE_BYTES_MAX (UINT64_C(1) << 32)
#define SHOWN_MAX 3     /* bad rows in a message */
#define SHOWN_BYTES 240 /* of what is wrong with one */

struct loader {
    const struct rft_dataset_options *options;
    struct rft_dataset *dataset;
    char **details; /* [dataset->n] what is wrong with a row; NULL = nothing */
    size_t cap, details_cap, skipped_cap;
    uint64_t n_rows;
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

static enum rft_status read_row(struct loader *loader, const struct rft_json_value *source)
{
    struct rft_question question = {.line = source->line};
    rft_str_clear(&loader->why);
    RFT_TRY(rft_dataset_read_row(loader->options, source, &question, &loader->why));
    return add_row(loader, &question);
}

static bool wants_more(const struct loader *loader)
{
    return !loader->options->limit || loader->n_rows < loader->options->limit;
}

static enum rft_status read_array(struct loader *loader, char *begin, char *end, uint64_t line)
{
    struct rft_json_problem problem;
    enum rft_status status = rft_json_check(begin, (size_t)(end - begin), &problem);
    if (status == RFT_ERR_INPUT)
        rft_log_error("%s:%" PRIu64 ": %s", loader->options->path, (line + problem.line - 1), problem.text);
    RFT_TRY(status);
    struct rft_json_cursor file = {begin, line};
    struct rft_json_value array = rft_json_next(&file);
    for (struct rft_json_cursor at = rft_json_inside(&array); wants_more(loader) && rft_json_more(&at);) {
        struct rft_json_value row = rft_json_next(&at);
        RFT_TRY(read_row(loader, &row));
    }
    return RFT_OK;
}

/* A line that is no JSON is a row that is none. */
static enum rft_status read_line(struct loader *loader, struct rft_bytes text, char *begin, uint64_t line)
{
    struct rft_json_problem problem;
    enum rft_status status = rft_json_check(text.data, text.len, &problem);
    if (status == RFT_ERR_INPUT) {
        struct rft_question question = {.line = line};
        rft_str_clear(&loader->why);
        RFT_TRY(rft_str_append_z(&loader->why, problem.text));
        return add_row(loader, &question);
    }
    RFT_TRY(status);
    struct rft_json_cursor at = {begin, line};
    struct rft_json_value row = rft_json_next(&at);
    return read_row(loader, &row);
}

static enum rft_status read_lines(struct loader *loader, char *begin, char *end, uint64_t line)
{
    for (char *next; begin < end && wants_more(loader); begin = next, line++) {
        char *newline = memchr(begin, '\n', (size_t)(end - begin));
        next = newline != NULL ? newline + 1 : end;
        struct rft_bytes text = rft_bytes_trim((struct rft_bytes){begin, (size_t)(next - begin)});
        if (text.len)
            RFT_TRY(read_line(loader, text, begin + (text.data - begin), line));
    }
    return RFT_OK;
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
    size_t n_slots = 16;
    while (n_slots / 2 < dataset->n)
        n_slots *= 2;
    size_t *latest = rft_alloc(n_slots, sizeof *latest); /* index + 1 of the latest question of an id; 0 = free */
    if (latest == NULL)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < dataset->n && status == RFT_OK; i++) {
        struct rft_question *question = &dataset->questions[i];
        size_t slot = (size_t)XXH64(question->id.data, question->id.len, 0) & (n_slots - 1);
        while (latest[slot] && !rft_bytes_equal(dataset->questions[latest[slot] - 1].id, question->id))
            slot = (slot + 1) & (n_slots - 1);
        if (latest[slot] && *loader->options->id_field)
            status = refuse_id(loader, i, &dataset->questions[latest[slot] - 1]);
        else if (latest[slot])
            question->repeat = dataset->questions[latest[slot] - 1].repeat + 1;
        if (!latest[slot] || !*loader->options->id_field)
            latest[slot] = i + 1;
    }
    rft_free(latest);
    return status;
}

static void put_u32(unsigned char out[4], uint32_t x)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(x >> (8 * i));
}

/* Each hash seeds the next, so that no text can pass for the end of the one before it. */
static uint64_t hash_content(const struct rft_dataset *dataset)
{
    uint64_t hash = dataset->n;
    for (size_t i = 0; i < dataset->n; i++) {
        const struct rft_question *question = &dataset->questions[i];
        unsigned char repeat[4];
        put_u32(repeat, question->repeat);
        hash = XXH64(question->text.data, question->text.len, hash);
        hash = XXH64(question->gold.data, question->gold.len, hash);
        hash = XXH64(question->id.data, question->id.len, hash);
        hash = XXH64(repeat, sizeof repeat, hash);
    }
    return hash;
}

static int compare_skipped(const void *a, const void *b)
{
    const struct rft_skipped *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
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
    qsort(dataset->skipped, dataset->n_skipped, sizeof *dataset->skipped, compare_skipped);
    dataset->content_hash = hash_content(dataset);
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
static enum rft_status refuse_rows(const struct loader *loader)
{
    const struct rft_dataset *dataset = loader->dataset;
    const struct rft_skipped *first = &dataset->skipped[0];
    struct rft_str text = {0};
    enum rft_status status = rft_dataset_list_skipped(dataset, RFT_SKIP_BAD_ROW, false, &text);
    if (status != RFT_OK) {
        rft_str_finish(&text);
        return status;
    }
    if (dataset->n == 0)
        rft_log_error("%s:%" PRIu64 ": %s; no row of %" PRIu64 " can be used", loader->options->path, first->line,
                      text.data, loader->n_rows);
    else if (dataset->n_skipped == 1)
        rft_log_error("%s:%" PRIu64 ": %s; it is the only bad row of %" PRIu64
                      ": mend it, or leave it out with data.bad_rows = skip",
                      loader->options->path, first->line, text.data, loader->n_rows);
    else
        rft_log_error("%s:%" PRIu64 ": %s; %zu of %" PRIu64
                      " rows are bad: mend them, or leave them out with data.bad_rows = skip",
                      loader->options->path, first->line, text.data, dataset->n_skipped, loader->n_rows);
    rft_str_finish(&text);
    return RFT_ERR_INPUT;
}

/* Rows by their form: an array of all, or one in each line. */
static enum rft_status read_rows(struct loader *loader, char *begin, char *end, uint64_t line)
{
    const struct rft_dataset_options *options = loader->options;
    const char *newline = begin < end ? memchr(begin, '\n', (size_t)(end - begin)) : NULL;
    size_t n_first = newline != NULL ? (size_t)(newline - begin) : (size_t)(end - begin);
    struct rft_bytes text = {begin, (size_t)(end - begin)};
    struct rft_json_problem problem;
    if (begin == end)
        return RFT_OK;
    if (*begin == '[' && !rft_dataset_is_row(begin, n_first))
        return read_array(loader, begin, end, line);
    if (*begin != '[' && *begin != '{')
        return rft_dataset_refuse_file(options->path, line, text);
    if (*begin == '{' && newline != NULL && rft_json_check(begin, n_first, &problem) == RFT_ERR_INPUT)
        RFT_TRY(rft_dataset_refuse_object(options->path, line, text, false));
    RFT_TRY(read_lines(loader, begin, end, line));
    if (loader->n_rows == 1 && *begin == '{' && loader->dataset->n == 0)
        return rft_dataset_refuse_object(options->path, line, text, true);
    return RFT_OK;
}

static enum rft_status parse_all(struct loader *loader, char *begin, char *end)
{
    struct rft_dataset *dataset = loader->dataset;
    uint64_t line = 1;
    if (rft_bytes_begin((struct rft_bytes){begin, (size_t)(end - begin)}, RFT_UTF8_MARK))
        begin += strlen(RFT_UTF8_MARK);
    for (; begin < end && strchr(" \t\r\n", *begin) != NULL && *begin; begin++)
        line += *begin == '\n';
    RFT_TRY(read_rows(loader, begin, end, line));
    RFT_TRY(number_repeats(loader));
    RFT_TRY(rft_dataset_skip(dataset, RFT_SKIP_BAD_ROW, loader->details));
    if (dataset->n_skipped && !loader->options->skip_bad_rows)
        return refuse_rows(loader);
    if (dataset->n_skipped)
        rft_log_warn("%s: %zu of %" PRIu64 " rows are left out (data.bad_rows = skip); the first is row %" PRIu64
                     ": %.200s",
                     loader->options->path, dataset->n_skipped, loader->n_rows, dataset->skipped[0].row + 1,
                     dataset->skipped[0].detail);
    if (!dataset->n) {
        rft_log_error("%s: holds no questions%s", loader->options->path, dataset->n_skipped ? " that can be used" : "");
        return RFT_ERR_INPUT;
    }
    return RFT_OK;
}

enum rft_status rft_dataset_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                  struct rft_dataset *dataset)
{
    struct loader loader = {.options = options, .dataset = dataset};
    *dataset = (struct rft_dataset){.arena = *text};
    *text = (struct rft_str){0};
    char *begin = dataset->arena.data;
    enum rft_status status = parse_all(&loader, begin, begin + dataset->arena.len);
    for (size_t i = 0; i < dataset->n && loader.details != NULL; i++)
        rft_free(loader.details[i]);
    rft_free(loader.details);
    rft_str_finish(&loader.why);
    if (status != RFT_OK)
        rft_dataset_finish(dataset);
    return status;
}

enum rft_status rft_dataset_load(const struct rft_dataset_options *options, struct rft_dataset *dataset)
{
    struct rft_str text;
    *dataset = (struct rft_dataset){0};
    RFT_TRY(rft_file_read(options->path, FILE_BYTES_MAX, &text));
    return rft_dataset_parse(options, &text, dataset);
}

void rft_dataset_finish(struct rft_dataset *dataset)
{
    for (size_t i = 0; i < dataset->n_skipped; i++)
        rft_free(dataset->skipped[i].detail);
    rft_free(dataset->skipped);
    rft_free(dataset->questions);
    rft_str_finish(&dataset->arena);
    *dataset = (struct rft_dataset){0};
}

uint64_t rft_question_key(const struct rft_question *question, uint64_t seed)
{
    XXH64_state_t state;
    unsigned char repeat[4];
    put_u32(repeat, question->repeat);
    XXH64_reset(&state, seed);
    XXH64_update(&state, question->id.data, question->id.len);
    XXH64_update(&state, repeat, sizeof repeat);
    return XXH64_digest(&state);
}
