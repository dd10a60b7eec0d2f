/* SPDX-License-Identifier: MIT */
#include "dataset_row.h"

#include "dataset_gold.h"
#include "dataset_missing.h"

#include <string.h>

#define PART_BREAK "\n\n" /* between a question's fields */

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
    if (reader->is_not_drawn)
        return RFT_OK;
    if (completion->data == NULL)
        return rft_row_missing_field(reader, RFT_ROW_COMPLETION);
    if (completion->kind == RFT_JSON_ARRAY && !reader->is_own) {
        reader->completions = reader->n_spans;
        return rft_row_push_list(reader, RFT_ROW_COMPLETION, completion, &reader->n_completions);
    }
    if (completion->kind != RFT_JSON_STRING)
        return rft_row_bad_field(reader, RFT_ROW_COMPLETION, "is %s; expected a string, or a list of them",
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
    reader->n_completions = 0;
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
