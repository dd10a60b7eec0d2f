/* SPDX-License-Identifier: MIT */
#include "dataset_gold.h"

#include "dataset_missing.h"
#include "json_check.h"
#include "verify.h"

#include <inttypes.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
#define N_LETTERS (sizeof letters - 1)

/* ---- gold answers ---- */

/* A command may be given whatever JSON there is. */
static bool is_asked(const struct rft_dataset_options *options)
{
    return options->verify != NULL && rft_verifier_of(options->verify)->is_asked;
}

static bool may_lack_gold(const struct rft_dataset_options *options)
{
    return options->verify != NULL && rft_verifier_of(options->verify)->may_lack_gold;
}

enum rft_status rft_row_check_gold(struct rft_row_reader *reader, struct rft_row_lists *lists)
{
    const struct rft_dataset_options *o = reader->options;
    const struct rft_json_value *gold = &reader->fields[RFT_ROW_GOLD];
    const bool is_absent = gold->data == NULL || rft_json_is_null(gold),
               is_unnamed = *reader->names[RFT_ROW_GOLD] == '\0';
    if (is_absent && may_lack_gold(o))
        return RFT_OK;
    if (gold->data == NULL && is_unnamed && reader->row.kind == RFT_JSON_OBJECT)
        return rft_str_printf(reader->why, "has no gold answer, as data.answer_field is empty; this rule needs one");
    if (gold->data == NULL)
        return rft_row_missing_field(reader, RFT_ROW_GOLD);
    if (is_asked(o) && (gold->kind == RFT_JSON_ARRAY || gold->kind == RFT_JSON_OBJECT))
        return RFT_OK;
    if (gold->kind == RFT_JSON_ARRAY) {
        lists->golds = reader->n_spans;
        return rft_row_push_list(reader, RFT_ROW_GOLD, gold, &lists->n_golds);
    }
    if (gold->kind == RFT_JSON_OBJECT || rft_json_is_null(gold))
        return rft_row_bad_field(reader, RFT_ROW_GOLD, "is %s; expected a string or a number, or a list of them",
                                 rft_json_kind_text(gold->kind));
    return RFT_OK;
}

/* What follows the last occurrence of `marker`, trimmed. */
static bool text_after(struct rft_bytes *text, struct rft_bytes marker)
{
    for (size_t at = text->len; at-- > 0;)
        if (text->len - at >= marker.len && memcmp(text->data + at, marker.data, marker.len) == 0) {
            at += marker.len;
            *text = rft_bytes_trim((struct rft_bytes){text->data + at, text->len - at});
            return text->len > 0;
        }
    return false;
}

/* The part of the field's text that is the answer. What rftgen wrote is the answer itself, and so may be what stands in
 * a row [question, gold, completion]. */
static enum rft_status cut_out(const struct rft_row_reader *reader, struct rft_bytes *gold)
{
    const struct rft_dataset_options *o = reader->options;
    const bool is_whole = reader->has_completions && reader->row.kind == RFT_JSON_ARRAY;
    struct rft_bytes behind = *gold;
    if (reader->is_own)
        return RFT_OK;
    if (*o->answer_after != '\0' && !text_after(&behind, rft_bytes_z(o->answer_after)))
        return is_whole ? RFT_OK
                        : rft_row_bad_field(reader, RFT_ROW_GOLD, "has no answer after \"%.60s\" (answer_after)",
                                            o->answer_after);
    if (*o->answer_after == '\0' && (o->answer_mark == NULL || !text_after(&behind, rft_bytes_z(o->answer_mark))))
        return RFT_OK;
    *gold = behind;
    return RFT_OK;
}

static void name_by_letter(const struct rft_row_reader *reader, const struct rft_row_lists *lists,
                           struct rft_bytes *gold)
{
    for (size_t i = 0; lists->labels != 0 && i < lists->n_choices && i < N_LETTERS; i++)
        if (rft_bytes_equal(rft_row_text(&reader->spans[lists->labels - 1 + i]), *gold)) {
            *gold = (struct rft_bytes){letters + i, 1};
            return;
        }
}

/* Rows of one question mostly stand together: what was valid last is not looked at again. */
static enum rft_status check_valid(struct rft_row_reader *reader, const struct rft_question *question,
                                   struct rft_bytes gold)
{
    const struct rft_verify_options *verify = reader->options->verify;
    const struct rft_verifier *verifier = verify != NULL ? rft_verifier_of(verify) : NULL;
    if (verifier != NULL && verifier->gold_is_among != NULL && question->n_choices != 0 &&
        !verifier->gold_is_among(rft_question_choices(question), gold))
        return rft_str_printf(reader->why,
                              "the gold answer \"%.*s\" is none of the row's %" PRIu32 " options; give a letter "
                              "or an option's text",
                              (int)rft_utf8_cut(gold.data, gold.len, 40), gold.data, question->n_choices);
    const bool is_known = reader->valid_gold.data != NULL && rft_bytes_equal(reader->valid_gold, gold);
    if (is_known || verify == NULL || rft_gold_is_valid(verify, gold)) {
        reader->valid_gold = gold;
        return RFT_OK;
    }
    return rft_str_printf(reader->why, "the gold answer \"%.*s\" is not %s that [verify] can compare; %s",
                          (int)rft_utf8_cut(gold.data, gold.len, 40), gold.data, verifier->gold,
                          rft_gold_hint(verify, gold));
}

/* The texts of n spans, each unescaped. */
static enum rft_status take_texts(const struct rft_row_reader *reader, size_t first, size_t n, struct rft_bytes **texts)
{
    *texts = rft_arena_take(reader->arena, n, sizeof **texts);
    for (size_t i = 0; *texts != NULL && i < n; i++)
        (*texts)[i] = rft_row_text(&reader->spans[first + i]);
    return *texts != NULL ? RFT_OK : RFT_ERR_HOST_MEMORY;
}

/* Records hold a list of texts as the JSON text that it is: finds its elements in a copy, n of them behind `first` of
 * reader->spans; n = 0: it is no such list. */
static enum rft_status find_own_list(struct rft_row_reader *reader, struct rft_bytes text, size_t *first, size_t *n)
{
    struct rft_json_problem problem;
    *first = reader->n_spans;
    *n = 0;
    if (!rft_bytes_begin(text, "[\""))
        return RFT_OK;
    enum rft_status status = rft_json_check(text.data, text.len, &problem);
    if (status != RFT_OK)
        return status == RFT_ERR_INPUT ? RFT_OK : status;
    char *copy = rft_arena_take(reader->arena, text.len + 1, 1);
    if (copy == NULL)
        return RFT_ERR_HOST_MEMORY;
    memcpy(copy, text.data, text.len);
    struct rft_json_value list = {.kind = RFT_JSON_ARRAY, .data = copy, .len = text.len};
    for (struct rft_json_cursor at = rft_json_inside(&list); rft_json_more(&at); ++*n) {
        struct rft_json_value value = rft_json_next(&at);
        RFT_TRY(rft_row_push(reader, &value));
        if (value.kind != RFT_JSON_STRING) {
            *n = 0;
            return RFT_OK;
        }
    }
    return RFT_OK;
}

/* Whether a list would be written as this text. */
static enum rft_status is_written_as(const struct rft_question *list, struct rft_bytes text, bool *is)
{
    struct rft_str written = {0};
    enum rft_status status = rft_question_put_gold(list, &written);
    *is = status == RFT_OK && rft_bytes_equal((struct rft_bytes){written.data, written.len}, text);
    rft_str_finish(&written);
    return status;
}

static enum rft_status read_own_list(struct rft_row_reader *reader, struct rft_bytes gold, struct rft_row_lists *lists)
{
    struct rft_bytes *texts;
    bool is = false;
    RFT_TRY(find_own_list(reader, gold, &lists->golds, &lists->n_golds));
    if (lists->n_golds == 0)
        return RFT_OK;
    RFT_TRY(take_texts(reader, lists->golds, lists->n_golds, &texts));
    struct rft_question list = {.golds = texts, .n_golds = (uint32_t)lists->n_golds};
    RFT_TRY(is_written_as(&list, gold, &is));
    if (!is)
        lists->n_golds = 0;
    return RFT_OK;
}

enum rft_status rft_row_read_gold(struct rft_row_reader *reader, const struct rft_row_lists *found,
                                  struct rft_question *question)
{
    const struct rft_json_value *value = &reader->fields[RFT_ROW_GOLD];
    struct rft_row_lists lists = *found;
    struct rft_bytes one, *golds = &one;
    size_t n = 1;
    if (value->data == NULL || rft_json_is_null(value))
        return RFT_OK;
    if (lists.n_golds == 0 && (value->kind == RFT_JSON_ARRAY || value->kind == RFT_JSON_OBJECT)) {
        question->gold = rft_row_text(value);
        question->gold_is_json = true;
        return RFT_OK;
    }
    if (lists.n_golds == 0) {
        one = rft_row_text(value);
        question->gold_is_json = value->kind == RFT_JSON_NUMBER;
        if (reader->is_own && !reader->is_own_json && value->kind == RFT_JSON_STRING)
            RFT_TRY(read_own_list(reader, one, &lists));
    }
    if (lists.n_golds != 0) {
        n = lists.n_golds;
        RFT_TRY(take_texts(reader, lists.golds, n, &golds));
        question->golds = golds;
        question->n_golds = (uint32_t)n;
    }
    for (size_t i = 0; i < n && !reader->why->len; i++) {
        RFT_TRY(cut_out(reader, &golds[i]));
        name_by_letter(reader, &lists, &golds[i]);
        if (!reader->why->len)
            RFT_TRY(check_valid(reader, question, golds[i]));
    }
    question->gold = golds[0];
    return RFT_OK;
}

/* ---- options ---- */

#define CHOICES_SHAPE "expected a list of texts, or an object with \"text\" and \"label\", or with A, B and so on"

/* {"text": [...], "label": [...]}; no label: they stand in order. */
static enum rft_status push_columns(struct rft_row_reader *reader, const struct rft_json_value *texts,
                                    const struct rft_json_value *labels, struct rft_row_lists *lists)
{
    size_t n_labels;
    lists->choices = reader->n_spans;
    RFT_TRY(rft_row_push_list(reader, RFT_ROW_CHOICES, texts, &lists->n_choices));
    if (reader->why->len || labels->data == NULL)
        return RFT_OK;
    if (labels->kind != RFT_JSON_ARRAY)
        return rft_row_bad_field(reader, RFT_ROW_CHOICES, "has labels that are %s; expected a list",
                                 rft_json_kind_text(labels->kind));
    lists->labels = reader->n_spans + 1;
    RFT_TRY(rft_row_push_list(reader, RFT_ROW_CHOICES, labels, &n_labels));
    if (!reader->why->len && n_labels != lists->n_choices)
        return rft_row_bad_field(reader, RFT_ROW_CHOICES, "has %zu texts and %zu labels", lists->n_choices, n_labels);
    return RFT_OK;
}

/* {"A": "...", "B": "..."}: options that are null are not there. Texts first, then labels. */
static enum rft_status push_members(struct rft_row_reader *reader, const struct rft_json_value *object,
                                    struct rft_row_lists *lists)
{
    lists->choices = reader->n_spans;
    for (int is_label = 0; is_label < 2; is_label++) {
        if (is_label)
            lists->labels = reader->n_spans + 1;
        for (struct rft_json_cursor at = rft_json_inside(object); rft_json_more(&at);) {
            struct rft_json_value key = rft_json_next(&at), value = rft_json_next(&at);
            if (rft_json_is_null(&value))
                continue;
            if (value.kind != RFT_JSON_STRING && value.kind != RFT_JSON_NUMBER)
                return rft_row_bad_field(reader, RFT_ROW_CHOICES, "holds %s; " CHOICES_SHAPE,
                                         rft_json_kind_text(value.kind));
            RFT_TRY(rft_row_push(reader, is_label ? &key : &value));
            lists->n_choices += (size_t)is_label;
        }
    }
    return lists->n_choices != 0 ? RFT_OK : rft_row_bad_field(reader, RFT_ROW_CHOICES, "holds no options");
}

enum rft_status rft_row_check_choices(struct rft_row_reader *reader, struct rft_row_lists *lists)
{
    const struct rft_json_value *choices = &reader->fields[RFT_ROW_CHOICES];
    const char *name = reader->names[RFT_ROW_CHOICES];
    bool is_asked_for = name != NULL && *name != '\0' && reader->row.kind == RFT_JSON_OBJECT;
    if (!is_asked_for || (reader->is_own && choices->kind == RFT_JSON_STRING))
        return RFT_OK;
    if (choices->data == NULL)
        return rft_row_missing_field(reader, RFT_ROW_CHOICES);
    if (choices->kind == RFT_JSON_ARRAY) {
        lists->choices = reader->n_spans;
        return rft_row_push_list(reader, RFT_ROW_CHOICES, choices, &lists->n_choices);
    }
    if (choices->kind != RFT_JSON_OBJECT)
        return rft_row_bad_field(reader, RFT_ROW_CHOICES, "is %s; " CHOICES_SHAPE, rft_json_kind_text(choices->kind));
    struct rft_json_value texts = rft_json_find(choices, rft_bytes_z("text"));
    struct rft_json_value labels = rft_json_find(choices, rft_bytes_z("label"));
    if (texts.data != NULL && texts.kind == RFT_JSON_ARRAY)
        return push_columns(reader, &texts, &labels, lists);
    return push_members(reader, choices, lists);
}

/* The place that a label names, a letter from A on; n: it names none of n places. */
static size_t place_of(struct rft_bytes label, size_t n)
{
    const char *letter = label.len == 1 ? memchr(letters, label.data[0], N_LETTERS) : NULL;
    size_t place = letter != NULL ? (size_t)(letter - letters) : n;
    return place < n ? place : n;
}

/* Puts options where their labels say, if each label is another letter; false: the labels are something else. */
static bool place_by_label(const struct rft_row_reader *reader, const struct rft_row_lists *lists,
                           struct rft_bytes *choices)
{
    const struct rft_json_value *texts = reader->spans + lists->choices, *labels = reader->spans + lists->labels - 1;
    const size_t n = lists->n_choices;
    uint32_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        size_t place = place_of(rft_row_text(&labels[i]), n);
        if (place == n || (taken >> place & 1) != 0)
            return false;
        taken |= (uint32_t)1 << place;
    }
    for (size_t i = 0; i < n; i++)
        choices[place_of(rft_row_text(&labels[i]), n)] = rft_row_text(&texts[i]);
    return true;
}

enum rft_status rft_row_read_choices(struct rft_row_reader *reader, struct rft_row_lists *lists,
                                     struct rft_question *question)
{
    const struct rft_json_value *value = &reader->fields[RFT_ROW_CHOICES];
    struct rft_bytes *texts;
    if (reader->is_own && value->data != NULL && value->kind == RFT_JSON_STRING)
        RFT_TRY(find_own_list(reader, rft_row_text(value), &lists->choices, &lists->n_choices));
    if (lists->n_choices == 0)
        return RFT_OK;
    RFT_TRY(take_texts(reader, lists->choices, lists->n_choices, &texts));
    question->choices = texts;
    question->n_choices = (uint32_t)lists->n_choices;
    if (lists->labels != 0 && place_by_label(reader, lists, texts))
        lists->labels = 0; /* the labels are the letters */
    return RFT_OK;
}
