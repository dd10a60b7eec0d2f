/* SPDX-License-Identifier: MIT */
#include "dataset_missing.h"

#include <string.h>

#define KEYS_BYTES 160 /* of a row's keys in a message, about */
#define KEY_BYTES 40   /* of one of them */

/* Names that people's files have, the likelier first. */
static const char *const question_names[] = {"question", "problem", "prompt", "instruction",
                                             "query",    "input",   "text",   NULL};
static const char *const gold_names[] = {
    "answer",       "solution",        "gold",   "target",   "output",    "label", "ground_truth",
    "final_answer", "expected_answer", "result", "response", "answerKey", NULL};
static const char *const completion_names[] = {"text", "answer", "solution", "content", NULL};
static const char *const choices_names[] = {"choices", "options", NULL};
/* And inside fields, as conversations have them. */
static const char *const question_paths[] = {"messages.role=user.content",
                                             "conversations.from=human.value",
                                             "conversations.from=user.value",
                                             "conversations.role=user.content",
                                             "prompt.role=user.content",
                                             "extra_info.question",
                                             NULL};
static const char *const gold_paths[] = {"messages.role=assistant.content",
                                         "conversations.from=gpt.value",
                                         "conversations.from=assistant.value",
                                         "conversations.role=assistant.content",
                                         "completion.role=assistant.content",
                                         "reward_model.ground_truth",
                                         "extra_info.answer",
                                         "answers.text",
                                         NULL};
static const char *const completion_paths[] = {"messages.role=assistant.content",
                                               "conversations.from=gpt.value",
                                               "completion.role=assistant.content",
                                               "outputs.0",
                                               "responses.0",
                                               "choices.0.message.content",
                                               NULL};
static const char *const no_names[] = {NULL};

static const struct {
    const char *setting;
    const char *const *names, *const *paths;
} guesses[RFT_ROW_FIELDS] = {
    [RFT_ROW_QUESTION] = {"data.question_field", question_names, question_paths},
    [RFT_ROW_GOLD] = {"data.answer_field", gold_names, gold_paths},
    [RFT_ROW_COMPLETION] = {"data.completion_field", completion_names, completion_paths},
    [RFT_ROW_ID] = {"data.id_field", no_names, no_names},
    [RFT_ROW_CHOICES] = {"data.choices_field", choices_names, no_names},
};

/* Whether a field is something that could be meant. */
static bool has(const struct rft_row_reader *reader, enum rft_row_field field, const char *name)
{
    struct rft_json_value value = rft_row_field(reader, name);
    if (value.data == NULL)
        return false;
    bool is_text = value.kind == RFT_JSON_STRING || value.kind == RFT_JSON_NUMBER;
    bool is_container = value.kind == RFT_JSON_ARRAY || value.kind == RFT_JSON_OBJECT;
    return field == RFT_ROW_CHOICES ? is_container : is_text;
}

static const char *guess(const struct rft_row_reader *reader, enum rft_row_field field, const char *const *names)
{
    for (; *names != NULL; names++)
        if (has(reader, field, *names))
            return *names;
    return NULL;
}

/* The first few keys: "problem, solution". */
static enum rft_status list_keys(const struct rft_row_reader *reader, struct rft_str *list)
{
    for (size_t i = 0; i < reader->members.n && list->len < KEYS_BYTES; i++) {
        const struct rft_json_value *key = &reader->members.items[i].key;
        struct rft_bytes name = rft_json_unescape(key);
        RFT_TRY(rft_str_printf(list, "%s%.*s", i != 0 ? ", " : "", (int)rft_utf8_cut(name.data, name.len, KEY_BYTES),
                               name.data));
    }
    return RFT_OK;
}

static bool is_chat(const struct rft_row_reader *reader)
{
    return rft_row_field(reader, "messages").data != NULL || rft_row_field(reader, "conversations").data != NULL ||
           (rft_row_field(reader, "prompt").data != NULL && !has(reader, RFT_ROW_QUESTION, "prompt"));
}

enum rft_status rft_row_missing_field(const struct rft_row_reader *reader, enum rft_row_field field)
{
    struct rft_str keys = {0};
    if (reader->row.kind == RFT_JSON_ARRAY || reader->members.n == 0)
        return rft_row_bad_field(reader, field, "is missing%s",
                                 reader->row.kind == RFT_JSON_ARRAY ? "" : "; the row is empty");
    const bool is_alpaca =
        field == RFT_ROW_QUESTION && has(reader, field, "instruction") && has(reader, field, "input");
    const char *setting = guesses[field].setting, *path = guess(reader, field, guesses[field].paths);
    const char *name = is_chat(reader) && path != NULL ? path : guess(reader, field, guesses[field].names);
    const bool is_foreign = is_chat(reader) && path == NULL && name == NULL;
    name = is_alpaca ? "[\"instruction\",\"input\"]" : name != NULL ? name : path;
    enum rft_status status = list_keys(reader, &keys);
    if (status != RFT_OK)
        keys.len = 0;
    else if (is_foreign && field != RFT_ROW_ID)
        status = rft_row_bad_field(
            reader, field,
            "is missing; the row holds a conversation (it has %s): write question and answer into fields of their own",
            keys.data);
    else if (name != NULL)
        status = rft_row_bad_field(reader, field, "is missing; the row has %s: set %s=%s", keys.data, setting, name);
    else
        status = rft_row_bad_field(reader, field, "is missing; the row has %s: name one with %s", keys.data, setting);
    rft_str_finish(&keys);
    return status;
}
