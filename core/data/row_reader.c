/* SPDX-License-Identifier: MIT */
#include "row_reader.h"

#include "alloc.h"

#include <stdarg.h>
#include <stdio.h>

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

enum rft_status rft_row_push(struct rft_row_reader *reader, const struct rft_json_value *value)
{
    void *grown = reader->spans;
    if (rft_grow(&grown, &reader->spans_cap, reader->n_spans + 1, sizeof *reader->spans) != 0)
        return RFT_ERR_HOST_MEMORY;
    reader->spans = grown;
    reader->spans[reader->n_spans++] = *value;
    return RFT_OK;
}

enum rft_status rft_row_push_list(struct rft_row_reader *reader, enum rft_row_field field,
                                  const struct rft_json_value *array, size_t *n)
{
    struct rft_json_cursor at = rft_json_inside(array);
    for (*n = 0; rft_json_more(&at); ++*n) {
        struct rft_json_value value = rft_json_next(&at);
        if (value.kind == RFT_JSON_ARRAY || value.kind == RFT_JSON_OBJECT || rft_json_is_null(&value))
            return rft_row_bad_field(reader, field, "is a list that holds %s; expected strings or numbers in it",
                                     rft_json_is_null(&value) ? "null" : rft_json_kind_text(value.kind));
        RFT_TRY(rft_row_push(reader, &value));
    }
    return *n != 0 ? RFT_OK : rft_row_bad_field(reader, field, "is an empty list");
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

void rft_row_reader_finish(struct rft_row_reader *reader)
{
    rft_json_members_finish(&reader->members);
    rft_free(reader->spans);
    *reader = (struct rft_row_reader){0};
}
