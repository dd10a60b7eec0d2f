/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include "alloc.h"
#include "json_text.h"
#include "os.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* the streaming state on the stack: its layout has been fixed since 0.7 */
#include <xxhash.h>

#define FILE_BYTES_MAX (UINT64_C(1) << 32)

enum field { QUESTION, GOLD, ID, N_FIELDS };

struct loader {
    const struct rft_dataset_options *options;
    const char *names[N_FIELDS]; /* keys in objects; "" for an id that was not asked for */
    struct rft_dataset *dataset;
    size_t cap;
    uint64_t line; /* of the row being read */
};

/* One row's fields; data NULL = absent. Strings are unescaped in place, so the file's text is where all texts live. */
struct row {
    enum rft_json_kind kind; /* of the row */
    enum rft_json_kind kinds[N_FIELDS];
    struct rft_bytes texts[N_FIELDS];
};

static enum rft_status row_error(const struct loader *loader, const char *fmt, ...) RFT_PRINTF(2, 3);

static enum rft_status row_error(const struct loader *loader, const char *fmt, ...)
{
    char detail[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(detail, sizeof detail, fmt, args);
    va_end(args);
    rft_log_error("%s:%llu: row %zu: %s", loader->options->path, (unsigned long long)loader->line,
                  loader->dataset->n + 1, detail);
    return RFT_ERR_INPUT;
}

static enum rft_status field_error(const struct loader *loader, const struct row *row, enum field field,
                                   const char *what)
{
    if (row->kind == RFT_JSON_ARRAY)
        return row_error(loader, "element %d %s", (int)field + 1, what);
    return row_error(loader, "field \"%s\" %s", loader->names[field], what);
}

static void read_field(struct row *row, enum field field, const struct rft_json_value *value, struct rft_bytes text)
{
    row->kinds[field] = value->kind;
    row->texts[field] = text;
}

static struct rft_bytes content(const struct rft_json_value *value)
{
    return value->kind == RFT_JSON_STRING ? rft_json_unescape(value) : (struct rft_bytes){ value->data, value->len };
}

static void read_pair(const struct rft_json_value *source, struct row *row)
{
    struct rft_json_cursor cursor = rft_json_inside(source);
    for (int field = QUESTION; field <= GOLD && rft_json_more(&cursor); field++) {
        struct rft_json_value value = rft_json_next(&cursor);
        read_field(row, (enum field)field, &value, content(&value));
    }
}

/* One key may serve as several fields; of a key given twice the last counts, as everywhere. */
static void read_object(const struct loader *loader, const struct rft_json_value *source, struct row *row)
{
    struct rft_json_cursor cursor = rft_json_inside(source);
    while (rft_json_more(&cursor)) {
        struct rft_json_value key = rft_json_next(&cursor), value = rft_json_next(&cursor);
        struct rft_bytes name = content(&key), text = { 0 };
        for (int field = QUESTION; field < N_FIELDS; field++) {
            bool wanted = field != ID || *loader->names[ID];
            if (!wanted || !rft_bytes_equal(name, rft_bytes_z(loader->names[field])))
                continue;
            if (!text.data)
                text = content(&value);
            read_field(row, (enum field)field, &value, text);
        }
    }
}

static enum rft_status check_row(const struct loader *loader, const struct row *row)
{
    char what[80];
    for (int i = QUESTION; i < N_FIELDS; i++) {
        enum field field = (enum field)i;
        bool string = row->kinds[i] == RFT_JSON_STRING, number = row->kinds[i] == RFT_JSON_NUMBER;
        if (field == ID && !*loader->names[ID])
            continue;
        if (!row->texts[i].data && row->kind == RFT_JSON_ARRAY && field == ID)
            return row_error(loader, "is an array, which has no field \"%s\"; unset id_field", loader->names[ID]);
        if (!row->texts[i].data)
            return field_error(loader, row, field, "is missing");
        if (!string && (field == QUESTION || !number)) {
            snprintf(what, sizeof what, "is %s; expected a string%s", rft_json_kind_text(row->kinds[i]),
                     field == QUESTION ? "" : " or a number");
            return field_error(loader, row, field, what);
        }
    }
    if (!row->texts[QUESTION].len)
        return field_error(loader, row, QUESTION, "is empty; every row needs a question");
    return RFT_OK;
}

/* What follows the last occurrence of `marker`, trimmed. */
static bool text_after(struct rft_bytes *text, struct rft_bytes marker)
{
    for (size_t at = text->len; at-- > 0;)
        if (text->len - at >= marker.len && memcmp(text->data + at, marker.data, marker.len) == 0) {
            at += marker.len;
            *text = rft_bytes_trim((struct rft_bytes){ text->data + at, text->len - at });
            return text->len > 0;
        }
    return false;
}

static enum rft_status read_row(struct loader *loader, const struct rft_json_value *source)
{
    struct rft_dataset *dataset = loader->dataset;
    struct row row = { .kind = source->kind };
    loader->line = source->line;
    if (source->kind == RFT_JSON_ARRAY)
        read_pair(source, &row);
    else if (source->kind == RFT_JSON_OBJECT)
        read_object(loader, source, &row);
    else
        return row_error(loader, "is %s; expected [\"question\", gold] or an object", rft_json_kind_text(source->kind));
    RFT_TRY(check_row(loader, &row));
    const char *after = loader->options->answer_after;
    if (*after && !text_after(&row.texts[GOLD], rft_bytes_z(after))) {
        char what[120];
        snprintf(what, sizeof what, "has no answer after \"%.60s\" (answer_after)", after);
        return field_error(loader, &row, GOLD, what);
    }
    void *questions = dataset->questions;
    if (rft_grow(&questions, &loader->cap, dataset->n + 1, sizeof *dataset->questions) != 0)
        return RFT_ERR_HOST_MEMORY;
    dataset->questions = questions;
    dataset->questions[dataset->n++] = (struct rft_question){
        .text = row.texts[QUESTION],
        .gold = row.texts[GOLD],
        .gold_is_number = row.kinds[GOLD] == RFT_JSON_NUMBER,
        .id = *loader->names[ID] ? row.texts[ID] : row.texts[QUESTION],
        .line = source->line,
    };
    return RFT_OK;
}

static bool wants_more(const struct loader *loader)
{
    return !loader->options->limit || loader->dataset->n < loader->options->limit;
}

static enum rft_status read_array(struct loader *loader, char *begin, char *end, uint64_t line)
{
    RFT_TRY(rft_json_check(loader->options->path, line, begin, (size_t)(end - begin)));
    struct rft_json_cursor file = { begin, line };
    struct rft_json_value array = rft_json_next(&file);
    for (struct rft_json_cursor at = rft_json_inside(&array); wants_more(loader) && rft_json_more(&at);) {
        struct rft_json_value row = rft_json_next(&at);
        RFT_TRY(read_row(loader, &row));
    }
    return RFT_OK;
}

static enum rft_status read_lines(struct loader *loader, char *begin, char *end, uint64_t line)
{
    for (char *next; begin < end && wants_more(loader); begin = next, line++) {
        char *newline = memchr(begin, '\n', (size_t)(end - begin));
        next = newline ? newline + 1 : end;
        struct rft_bytes text = rft_bytes_trim((struct rft_bytes){ begin, (size_t)(next - begin) });
        if (!text.len)
            continue;
        RFT_TRY(rft_json_check(loader->options->path, line, text.data, text.len));
        struct rft_json_cursor at = { begin + (text.data - begin), line };
        struct rft_json_value row = rft_json_next(&at);
        RFT_TRY(read_row(loader, &row));
    }
    return RFT_OK;
}

/* Counts questions of equal ids, or refuses them where ids are explicit. */
static enum rft_status number_repeats(struct loader *loader)
{
    struct rft_dataset *dataset = loader->dataset;
    size_t n_slots = 16;
    while (n_slots / 2 < dataset->n)
        n_slots *= 2;
    size_t *latest = rft_alloc(n_slots, sizeof *latest); /* index + 1 of the latest question of an id; 0 = free */
    if (!latest)
        return RFT_ERR_HOST_MEMORY;
    enum rft_status status = RFT_OK;
    for (size_t i = 0; i < dataset->n && status == RFT_OK; i++) {
        struct rft_question *question = &dataset->questions[i];
        size_t slot = (size_t)XXH64(question->id.data, question->id.len, 0) & (n_slots - 1);
        while (latest[slot] && !rft_bytes_equal(dataset->questions[latest[slot] - 1].id, question->id))
            slot = (slot + 1) & (n_slots - 1);
        if (latest[slot] && *loader->names[ID]) {
            const struct rft_question *first = &dataset->questions[latest[slot] - 1];
            rft_log_error(
                "%s:%llu: row %zu: id \"%.*s\" was given before, on line %llu, row %zu; make the ids differ or "
                "unset id_field",
                loader->options->path, (unsigned long long)question->line, i + 1,
                (int)(question->id.len < 80 ? question->id.len : 80), question->id.data,
                (unsigned long long)first->line, latest[slot]);
            status = RFT_ERR_INPUT;
        }
        if (latest[slot])
            question->repeat = dataset->questions[latest[slot] - 1].repeat + 1;
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

/* Each hash seeds the next, so that no text can pass for the end of the one before it. Repeats follow from the ids. */
static uint64_t hash_content(const struct rft_dataset *dataset)
{
    uint64_t hash = dataset->n;
    for (size_t i = 0; i < dataset->n; i++) {
        const struct rft_question *question = &dataset->questions[i];
        hash = XXH64(question->text.data, question->text.len, hash);
        hash = XXH64(question->gold.data, question->gold.len, hash);
        hash = XXH64(question->id.data, question->id.len, hash);
    }
    return hash;
}

enum rft_status rft_dataset_parse(const struct rft_dataset_options *options, struct rft_str *text,
                                  struct rft_dataset *dataset)
{
    struct loader loader = {
        .options = options,
        .names = { options->question_field, options->answer_field, options->id_field },
        .dataset = dataset,
    };
    *dataset = (struct rft_dataset){ .arena = *text };
    *text = (struct rft_str){ 0 };
    char *begin = dataset->arena.data, *end = begin + dataset->arena.len;
    if (end - begin >= 3 && memcmp(begin, "\xef\xbb\xbf", 3) == 0)
        begin += 3; /* a byte order mark */
    uint64_t line = 1;
    for (; begin < end && strchr(" \t\r\n", *begin) && *begin; begin++)
        line += *begin == '\n';
    enum rft_status status;
    if (begin == end || *begin == '{') {
        status = read_lines(&loader, begin, end, line);
    } else if (*begin == '[') {
        status = read_array(&loader, begin, end, line);
    } else {
        rft_log_error("%s:%llu: neither a JSON array nor JSON lines of objects", options->path,
                      (unsigned long long)line);
        status = RFT_ERR_INPUT;
    }
    if (status == RFT_OK && !dataset->n) {
        rft_log_error("%s: holds no questions", options->path);
        status = RFT_ERR_INPUT;
    }
    if (status == RFT_OK)
        status = number_repeats(&loader);
    if (status == RFT_OK)
        dataset->content_hash = hash_content(dataset);
    else
        rft_dataset_finish(dataset);
    return status;
}

enum rft_status rft_dataset_load(const struct rft_dataset_options *options, struct rft_dataset *dataset)
{
    struct rft_str text;
    *dataset = (struct rft_dataset){ 0 };
    RFT_TRY(rft_file_read(options->path, FILE_BYTES_MAX, &text));
    return rft_dataset_parse(options, &text, dataset);
}

void rft_dataset_finish(struct rft_dataset *dataset)
{
    rft_free(dataset->questions);
    rft_str_finish(&dataset->arena);
    *dataset = (struct rft_dataset){ 0 };
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
