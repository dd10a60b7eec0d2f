/* SPDX-License-Identifier: MIT */
#include "dataset_row.h"

#include "alloc.h"
#include "dataset_gold.h"
#include "dataset_missing.h"
#include "json_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PART_BREAK "\n\n" /* between a question's fields */

enum rft_status rft_row_bad_field(const struct rft_row_reader *reader, enum rft_row_field field, const char *fmt, ...)
{
    char what[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (reader->row.kind == RFT_JSON_ARRAY)
        return rft_str_printf(reader->why, "element %d %s", (int)field + 1, what);
    return rft_str_printf(reader->why, "field \"%.60s\" %s", reader->names[field], what);
}

struct rft_bytes rft_row_text(const struct rft_json_value *value)
{
    return value->kind == RFT_JSON_STRING ? rft_json_unescape(value) : (struct rft_bytes){value->data, value->len};
}

struct rft_json_value rft_row_field(const struct rft_row_reader *reader, const char *name)
{
    if (reader->row.kind == RFT_JSON_OBJECT)
        return rft_json_members_find(&reader->members, rft_bytes_z(name));
    return rft_json_find(&reader->row, rft_bytes_z(name));
}

enum rft_status rft_row_open(struct rft_row_reader *reader, const struct rft_json_value *row)
{
    const struct rft_dataset_options *o = reader->options;
    rft_str_clear(reader->why);
    reader->row = *row;
    reader->is_own = false;
    reader->members.n = 0;
    reader->names[RFT_ROW_QUESTION] = o->question_field;
    reader->names[RFT_ROW_GOLD] = o->answer_field;
    reader->names[RFT_ROW_COMPLETION] = reader->has_completions ? o->completion_field : NULL;
    reader->names[RFT_ROW_ID] = o->id_field;
    reader->names[RFT_ROW_CHOICES] = o->choices_field;
    for (int i = 0; i < RFT_ROW_FIELDS; i++)
        reader->fields[i] = (struct rft_json_value){.data = NULL};
    for (size_t i = 0; i < RFT_QUESTION_MORE_MAX; i++)
        reader->more[i] = (struct rft_json_value){.data = NULL};
    return row->kind == RFT_JSON_OBJECT ? rft_json_members_read(row, &reader->members) : RFT_OK;
}

void rft_row_find(struct rft_row_reader *reader)
{
    const struct rft_dataset_options *o = reader->options;
    if (reader->row.kind == RFT_JSON_ARRAY) {
        const int last = reader->has_completions ? RFT_ROW_COMPLETION : RFT_ROW_GOLD;
        struct rft_json_cursor at = rft_json_inside(&reader->row);
        for (int field = RFT_ROW_QUESTION; field <= last && rft_json_more(&at); field++)
            reader->fields[field] = rft_json_next(&at);
    }
    if (reader->row.kind != RFT_JSON_OBJECT)
        return;
    for (int field = 0; field < RFT_ROW_FIELDS; field++)
        if (reader->names[field] != NULL && *reader->names[field] != '\0')
            reader->fields[field] = rft_row_field(reader, reader->names[field]);
    for (size_t i = 0; !reader->is_own && i < o->n_question_more && i < RFT_QUESTION_MORE_MAX; i++)
        reader->more[i] = rft_row_field(reader, o->question_more[i]);
}

static enum rft_status check_question(struct rft_row_reader *reader)
{
    const struct rft_json_value *question = &reader->fields[RFT_ROW_QUESTION];
    if (question->data == NULL)
        return rft_row_missing_field(reader, RFT_ROW_QUESTION);
    if (question->kind != RFT_JSON_STRING)
        return rft_row_bad_field(reader, RFT_ROW_QUESTION, "is %s; expected a string",
                                 rft_json_kind_text(question->kind));
    for (size_t i = 0; i < RFT_QUESTION_MORE_MAX; i++) {
        const struct rft_json_value *more = &reader->more[i];
        if (more->data != NULL && more->kind != RFT_JSON_STRING && !rft_json_is_null(more))
            return rft_str_printf(reader->why, "field \"%.60s\" is %s; expected a string",
                                  reader->options->question_more[i], rft_json_kind_text(more->kind));
    }
    return RFT_OK;
}

static enum rft_status check_id(struct rft_row_reader *reader)
{
    const struct rft_json_value *id = &reader->fields[RFT_ROW_ID];
    if (reader->names[RFT_ROW_ID] == NULL || *reader->names[RFT_ROW_ID] == '\0')
        return RFT_OK;
    if (reader->row.kind == RFT_JSON_ARRAY)
        return rft_str_printf(reader->why, "is an array, which has no field \"%.60s\"; unset id_field",
                              reader->names[RFT_ROW_ID]);
    if (id->data == NULL)
        return rft_row_missing_field(reader, RFT_ROW_ID);
    if (id->kind != RFT_JSON_STRING && id->kind != RFT_JSON_NUMBER)
        return rft_row_bad_field(reader, RFT_ROW_ID, "is %s; expected a string or a number",
                                 rft_json_kind_text(id->kind));
    return RFT_OK;
}

static enum rft_status check_completion(struct rft_row_reader *reader)
{
    const struct rft_json_value *completion = &reader->fields[RFT_ROW_COMPLETION];
    if (completion->data == NULL)
        return rft_row_missing_field(reader, RFT_ROW_COMPLETION);
    if (completion->kind != RFT_JSON_STRING)
        return rft_row_bad_field(reader, RFT_ROW_COMPLETION, "is %s; expected a string",
                                 rft_json_kind_text(completion->kind));
    return RFT_OK;
}

/* The question's field alone, or with the further ones that say something. */
static enum rft_status read_question(struct rft_row_reader *reader, struct rft_bytes *text)
{
    struct rft_bytes parts[1 + RFT_QUESTION_MORE_MAX];
    size_t n = 0, len = 0;
    parts[n++] = rft_row_text(&reader->fields[RFT_ROW_QUESTION]);
    for (size_t i = 0; i < RFT_QUESTION_MORE_MAX; i++) {
        const struct rft_json_value *more = &reader->more[i];
        parts[n] = more->data != NULL && more->kind == RFT_JSON_STRING ? rft_row_text(more) : rft_bytes_z("");
        n += parts[n].len != 0;
    }
    *text = parts[0];
    if (n == 1 || parts[0].len == 0)
        return RFT_OK;
    for (size_t i = 0; i < n; i++)
        len += parts[i].len + (i != 0 ? strlen(PART_BREAK) : 0);
    char *joined = rft_arena_take(reader->arena, len, 1), *at = joined;
    if (joined == NULL)
        return RFT_ERR_HOST_MEMORY;
    for (size_t i = 0; i < n; i++) {
        size_t n_break = i != 0 ? strlen(PART_BREAK) : 0;
        memcpy(at, PART_BREAK, n_break);
        memcpy(at + n_break, parts[i].data, parts[i].len);
        at += n_break + parts[i].len;
    }
    *text = (struct rft_bytes){joined, len};
    return RFT_OK;
}

/* What the row is, and whether every field is what it must be; what is in lists is found before anything is
 * unescaped. */
static enum rft_status check(struct rft_row_reader *reader, struct rft_row_lists *lists)
{
    if (reader->why->len)
        return RFT_OK;
    if (reader->row.kind != RFT_JSON_ARRAY && reader->row.kind != RFT_JSON_OBJECT)
        return rft_str_printf(reader->why, "is %s; expected [\"question\", gold] or an object",
                              rft_json_kind_text(reader->row.kind));
    RFT_TRY(check_question(reader));
    if (!reader->why->len)
        RFT_TRY(rft_row_check_gold(reader, lists));
    if (!reader->why->len && reader->has_completions)
        RFT_TRY(check_completion(reader));
    if (!reader->why->len)
        RFT_TRY(check_id(reader));
    if (!reader->why->len)
        RFT_TRY(rft_row_check_choices(reader, lists));
    return RFT_OK;
}

enum rft_status rft_row_read(struct rft_row_reader *reader, struct rft_question *question)
{
    const struct rft_json_value *text = &reader->fields[RFT_ROW_QUESTION], *id = &reader->fields[RFT_ROW_ID];
    const bool has_id_field = reader->names[RFT_ROW_ID] != NULL && *reader->names[RFT_ROW_ID] != '\0';
    struct rft_row_lists lists = {0};
    reader->n_spans = 0;
    RFT_TRY(check(reader, &lists));
    if (text->data != NULL && text->kind == RFT_JSON_STRING)
        RFT_TRY(read_question(reader, &question->text));
    if (!has_id_field)
        question->id = question->text;
    else if (id->data != NULL && (id->kind == RFT_JSON_STRING || id->kind == RFT_JSON_NUMBER))
        question->id = rft_row_text(id);
    if (!reader->why->len && !question->text.len)
        RFT_TRY(rft_row_bad_field(reader, RFT_ROW_QUESTION, "is empty; every row needs a question"));
    if (!reader->why->len)
        RFT_TRY(rft_row_read_choices(reader, &lists, question));
    return reader->why->len ? RFT_OK : rft_row_read_gold(reader, &lists, question);
}

void rft_row_reader_finish(struct rft_row_reader *reader)
{
    rft_json_members_finish(&reader->members);
    rft_free(reader->spans);
    *reader = (struct rft_row_reader){0};
}

bool rft_dataset_is_row(const char *line, size_t len)
{
    struct rft_json_problem problem;
    struct rft_bytes text = rft_bytes_trim((struct rft_bytes){line, len});
    if (!rft_bytes_begin(text, "[") || rft_json_check(text.data, text.len, &problem) != RFT_OK)
        return false;
    return rft_bytes_begin(rft_bytes_trim((struct rft_bytes){text.data + 1, text.len - 1}), "\"");
}
