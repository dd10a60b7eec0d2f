/* SPDX-License-Identifier: MIT */
#include "dataset_row.h"

#include "json.h"
#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEYS_BYTES 160 /* of a row's keys in a message, about */
#define KEY_BYTES 40   /* of one of them */

enum field { QUESTION, GOLD, ID, N_FIELDS };

/* A row being read; data NULL = absent. */
struct row {
    const struct rft_dataset_options *options;
    const char *names[N_FIELDS]; /* keys in objects; "" for an id that was not asked for */
    enum rft_json_kind kind;     /* of the row */
    enum rft_json_kind kinds[N_FIELDS];
    struct rft_bytes texts[N_FIELDS];
    struct rft_str keys;       /* of an object, for messages: "problem, solution" */
    struct rft_str texts_keys; /* those of them whose values are strings or numbers */
    struct rft_str *why;
};

/* Keys that people's files have. */
static const char *const question_keys[] = {"question", "problem", "prompt", "instruction",
                                            "query",    "input",   "text",   NULL};
static const char *const gold_keys[] = {"answer",          "solution", "gold",         "target",
                                        "output",          "label",    "ground_truth", "final_answer",
                                        "expected_answer", "result",   "response",     NULL};

static enum rft_status bad_field(const struct row *row, enum field field, const char *fmt, ...) RFT_PRINTF(3, 4);

static enum rft_status bad_field(const struct row *row, enum field field, const char *fmt, ...)
{
    char what[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (row->kind == RFT_JSON_ARRAY)
        return rft_str_printf(row->why, "element %d %s", (int)field + 1, what);
    return rft_str_printf(row->why, "field \"%.60s\" %s", row->names[field], what);
}

static struct rft_bytes content(const struct rft_json_value *value)
{
    return value->kind == RFT_JSON_STRING ? rft_json_unescape(value) : (struct rft_bytes){value->data, value->len};
}

static void read_pair(const struct rft_json_value *source, struct row *row)
{
    struct rft_json_cursor cursor = rft_json_inside(source);
    for (int field = QUESTION; field <= GOLD && rft_json_more(&cursor); field++) {
        struct rft_json_value value = rft_json_next(&cursor);
        row->kinds[field] = value.kind;
        row->texts[field] = content(&value);
    }
}

/* Adds a key to a list of the first few: "problem, solution". */
static enum rft_status list_key(struct rft_bytes key, struct rft_str *list)
{
    if (list->len >= KEYS_BYTES)
        return RFT_OK;
    return rft_str_printf(list, "%s%.*s", list->len ? ", " : "", (int)rft_utf8_cut(key.data, key.len, KEY_BYTES),
                          key.data);
}

/* One key may serve as several fields; of a key given twice the last counts, as everywhere. */
static enum rft_status read_object(const struct rft_json_value *source, struct row *row)
{
    struct rft_json_cursor cursor = rft_json_inside(source);
    while (rft_json_more(&cursor)) {
        struct rft_json_value key = rft_json_next(&cursor), value = rft_json_next(&cursor);
        struct rft_bytes name = content(&key), text = {0};
        RFT_TRY(list_key(name, &row->keys));
        if (value.kind == RFT_JSON_STRING || value.kind == RFT_JSON_NUMBER)
            RFT_TRY(list_key(name, &row->texts_keys));
        for (int field = QUESTION; field < N_FIELDS; field++) {
            bool wanted = field != ID || *row->names[ID];
            if (!wanted || !rft_bytes_equal(name, rft_bytes_z(row->names[field])))
                continue;
            if (text.data == NULL)
                text = content(&value);
            row->kinds[field] = value.kind;
            row->texts[field] = text;
        }
    }
    return RFT_OK;
}

/* Whether the list of keys holds one, as a whole. */
static bool has_key(const struct rft_str *keys, const char *key)
{
    size_t n = strlen(key);
    for (const char *at = keys->data; at != NULL && *at; at = strchr(at, ' ') != NULL ? strchr(at, ' ') + 1 : NULL)
        if (strncmp(at, key, n) == 0 && (at[n] == ',' || at[n] == 0))
            return true;
    return false;
}

/* A field that a row has not: what it has, and which key to set. */
static enum rft_status missing_field(const struct row *row, enum field field)
{
    static const char *const settings[] = {"data.question_field", "data.answer_field", "data.id_field"};
    const char *const *guesses = field == QUESTION ? question_keys : field == GOLD ? gold_keys : NULL;
    const char *guess = NULL;
    if (row->kind == RFT_JSON_ARRAY && field == ID)
        return rft_str_printf(row->why, "is an array, which has no field \"%.60s\"; unset id_field", row->names[ID]);
    if (row->kind == RFT_JSON_ARRAY)
        return bad_field(row, field, "is missing");
    for (; guesses != NULL && *guesses && guess == NULL; guesses++)
        guess = has_key(&row->texts_keys, *guesses) ? *guesses : NULL;
    if (!row->keys.len)
        return bad_field(row, field, "is missing; the row is empty");
    bool is_chat = has_key(&row->keys, "messages") || has_key(&row->keys, "conversations") ||
                   (has_key(&row->keys, "prompt") && !has_key(&row->texts_keys, "prompt"));
    if (field == QUESTION && has_key(&row->texts_keys, "instruction") && has_key(&row->texts_keys, "input"))
        return bad_field(row, field, "is missing; the row has %s: write instruction and input together into one field",
                         row->keys.data);
    if (is_chat)
        return bad_field(
            row, field,
            "is missing; the row holds a conversation (it has %s): write question and answer into fields of their own",
            row->keys.data);
    if (guess != NULL)
        return bad_field(row, field, "is missing; the row has %s: set %s=%s", row->keys.data, settings[field], guess);
    return bad_field(row, field, "is missing; the row has %s: name one with %s", row->keys.data, settings[field]);
}

static enum rft_status check_fields(const struct row *row)
{
    for (int i = QUESTION; i < N_FIELDS && !row->why->len; i++) {
        enum field field = (enum field)i;
        bool string = row->kinds[i] == RFT_JSON_STRING, number = row->kinds[i] == RFT_JSON_NUMBER;
        if (field == ID && !*row->names[ID])
            continue;
        if (row->texts[i].data == NULL)
            return missing_field(row, field);
        if (!string && (field == QUESTION || !number))
            return bad_field(row, field, "is %s; expected a string%s", rft_json_kind_text(row->kinds[i]),
                             field == QUESTION ? "" : " or a number");
    }
    if (!row->texts[QUESTION].len)
        return bad_field(row, QUESTION, "is empty; every row needs a question");
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

static enum rft_status check_gold(struct row *row)
{
    const struct rft_dataset_options *o = row->options;
    struct rft_bytes *gold = &row->texts[GOLD], behind = *gold;
    size_t n;
    if (*o->answer_after && !text_after(gold, rft_bytes_z(o->answer_after)))
        return bad_field(row, GOLD, "has no answer after \"%.60s\" (answer_after)", o->answer_after);
    if (!*o->answer_after && o->answer_mark != NULL && text_after(&behind, rft_bytes_z(o->answer_mark)))
        *gold = behind;
    if (o->verify == NULL || rft_gold_is_valid(o->verify, *gold))
        return RFT_OK;
    n = rft_utf8_cut(gold->data, gold->len, 40);
    return rft_str_printf(row->why, "the gold answer \"%.*s\" is not %s that [verify] can compare; %s", (int)n,
                          gold->data, rft_verifier_of(o->verify)->gold, rft_gold_hint(o->verify, *gold));
}

static enum rft_status read_row(const struct rft_json_value *source, struct row *row)
{
    if (source->kind == RFT_JSON_ARRAY)
        read_pair(source, row);
    else if (source->kind == RFT_JSON_OBJECT)
        RFT_TRY(read_object(source, row));
    else
        return rft_str_printf(row->why, "is %s; expected [\"question\", gold] or an object",
                              rft_json_kind_text(source->kind));
    RFT_TRY(check_fields(row));
    return row->why->len ? RFT_OK : check_gold(row);
}

enum rft_status rft_dataset_read_row(const struct rft_dataset_options *options, const struct rft_json_value *source,
                                     struct rft_question *question, struct rft_str *why)
{
    struct row row = {
        .options = options,
        .names = {options->question_field, options->answer_field, options->id_field},
        .kind = source->kind,
        .why = why,
    };
    const struct rft_bytes none = {NULL, 0};
    enum rft_status status = read_row(source, &row);
    bool has_text = row.texts[QUESTION].data != NULL && row.kinds[QUESTION] == RFT_JSON_STRING;
    bool has_id = row.texts[ID].data != NULL && (row.kinds[ID] == RFT_JSON_STRING || row.kinds[ID] == RFT_JSON_NUMBER);
    question->text = has_text ? row.texts[QUESTION] : none;
    question->gold = row.texts[GOLD];
    question->gold_is_number = row.kinds[GOLD] == RFT_JSON_NUMBER;
    question->id = !*options->id_field ? question->text : has_id ? row.texts[ID] : none;
    rft_str_finish(&row.keys);
    rft_str_finish(&row.texts_keys);
    return status;
}

bool rft_dataset_is_row(const char *line, size_t len)
{
    struct rft_json_problem problem;
    struct rft_bytes text = rft_bytes_trim((struct rft_bytes){line, len});
    json_t *tree = NULL;
    bool is_row = text.len && *text.data == '[' &&
                  rft_json_try(text, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &tree, &problem) == RFT_OK &&
                  json_is_string(json_array_get(tree, 0));
    json_decref(tree);
    return is_row;
}
