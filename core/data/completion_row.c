/* SPDX-License-Identifier: MIT */
#include "completion_row.h"

#include "dataset_row.h"
#include "json.h"
#include "provenance.h"

#include <string.h>

static struct rft_json_value member(const struct rft_row_reader *reader, const char *key)
{
    return rft_json_member(&reader->members, rft_bytes_z(key));
}

static bool is_string(const struct rft_row_reader *reader, const char *name)
{
    struct rft_json_value value = rft_row_field(reader, name);
    return value.data != NULL && value.kind == RFT_JSON_STRING;
}

static bool is_true(struct rft_json_value value)
{
    return value.kind == RFT_JSON_WORD &&
           rft_bytes_equal((struct rft_bytes){value.data, value.len}, rft_bytes_z("true"));
}

/* The record of a sample that was not drawn, or of a row that was left out; the reason tells which. */
static bool has_no_completion(const struct rft_row_reader *reader)
{
    const struct rft_json_value completion = member(reader, "completion");
    return reader->is_own && rft_json_is_null(&completion);
}

static bool is_reason(const struct rft_row_reader *reader, const char *text)
{
    const struct rft_json_value reason = member(reader, "reason");
    return rft_json_is(&reason, rft_bytes_z(text));
}

void rft_completion_row_begin(struct rft_row_reader *reader)
{
    static const char *const own[] = {"id", "repeat", "sample", "question", "gold", "completion", "prompt"};
    static const char *const usual[] = {"completion", "response", "generation", "output", "prediction", "model_output"};
    const char **names = reader->names;
    const size_t n_usual = sizeof usual / sizeof *usual;
    size_t n_own = 0, i = 0;
    while (n_own < sizeof own / sizeof *own && member(reader, own[n_own]).data != NULL)
        n_own++;
    reader->is_own = n_own == sizeof own / sizeof *own;
    reader->is_own_json = reader->is_own && is_true(member(reader, "gold_is_json"));
    reader->is_not_drawn = has_no_completion(reader) && is_reason(reader, RFT_NOT_DRAWN);
    if (reader->is_own) {
        names[RFT_ROW_QUESTION] = "question";
        names[RFT_ROW_GOLD] = "gold";
        names[RFT_ROW_COMPLETION] = "completion";
        names[RFT_ROW_ID] = "id";
        names[RFT_ROW_CHOICES] = is_string(reader, "choices") ? "choices" : NULL;
        return;
    }
    if (names[RFT_ROW_GOLD] == NULL)
        names[RFT_ROW_GOLD] =
            member(reader, "gold").data == NULL && member(reader, "answer").data != NULL ? "answer" : "gold";
    if (names[RFT_ROW_COMPLETION] != NULL && *names[RFT_ROW_COMPLETION] != '\0')
        return;
    while (i < n_usual && !is_string(reader, usual[i]))
        i++;
    names[RFT_ROW_COMPLETION] = usual[i < n_usual ? i : 0];
}

/* A member that must be a whole number up to `max`, or null; *has: it is one. */
static enum rft_status read_whole(const struct rft_row_reader *reader, const char *key, uint64_t max, uint64_t *value,
                                  bool *has)
{
    struct rft_json_value number = member(reader, key);
    char digits[24] = "";
    *has = false;
    if (number.data == NULL || rft_json_is_null(&number))
        return RFT_OK;
    if (number.kind == RFT_JSON_NUMBER && number.len < sizeof digits)
        memcpy(digits, number.data, number.len);
    *has = rft_parse_u64(digits, value) && *value <= max;
    if (*has || reader->why->len != 0)
        return RFT_OK;
    return rft_str_printf(reader->why, "field \"%s\" is no whole number from 0 on", key);
}

static struct rft_bytes source_of(const struct rft_row_reader *reader, const char *key)
{
    struct rft_json_value value = member(reader, key);
    bool is_scalar = value.data != NULL && value.kind != RFT_JSON_ARRAY && value.kind != RFT_JSON_OBJECT;
    return is_scalar ? (struct rft_bytes){value.data, value.len} : (struct rft_bytes){NULL, 0};
}

/* An array that can stand in a line again. */
static struct rft_bytes list_of(const struct rft_row_reader *reader, const char *key)
{
    struct rft_json_value value = member(reader, key);
    bool is_list = value.data != NULL && value.kind == RFT_JSON_ARRAY && memchr(value.data, '\n', value.len) == NULL;
    return is_list ? (struct rft_bytes){value.data, value.len} : (struct rft_bytes){NULL, 0};
}

static bool read_real(struct rft_bytes text, double *value)
{
    char digits[64];
    if (text.data == NULL || text.len >= sizeof digits)
        return false;
    memcpy(digits, text.data, text.len);
    digits[text.len] = '\0';
    return rft_parse_double(digits, value);
}

/* What only rftgen's rows have. */
static enum rft_status read_own(const struct rft_row_reader *reader, struct rft_completion_row *row)
{
    struct rft_completion *completion = &row->completion;
    uint64_t repeat = 0, sample = 0, n_tokens = 0;
    bool has_repeat, has_tokens;
    completion->origin = (struct rft_origin){
        .key = source_of(reader, "key"),
        .tokens = source_of(reader, "tokens"),
        .prompt = source_of(reader, "prompt"),
        .logprob = source_of(reader, "logprob"),
        .logprobs = list_of(reader, "logprobs"),
        .mean_logprob = source_of(reader, "mean_logprob"),
    };
    for (int i = 0; i < RFT_DRAWN_FACTS; i++)
        completion->origin.facts[i] = source_of(reader, rft_drawn_column((enum rft_drawn_fact)i));
    RFT_TRY(read_whole(reader, "question_index", UINT64_MAX, &row->question.row, &row->has_index));
    RFT_TRY(read_whole(reader, "repeat", UINT32_MAX, &repeat, &has_repeat));
    RFT_TRY(read_whole(reader, "sample", UINT32_MAX, &sample, &row->has_sample));
    RFT_TRY(read_whole(reader, "tokens", UINT32_MAX, &n_tokens, &has_tokens));
    completion->has_logprob = read_real(completion->origin.logprob, &completion->logprob);
    row->logprobs = member(reader, "logprobs").data != NULL       ? RFT_LOGPROBS_TOKENS
                    : member(reader, "logprob").data != NULL      ? RFT_LOGPROBS_SUM
                    : member(reader, "mean_logprob").data != NULL ? RFT_LOGPROBS_SUM
                                                                  : RFT_LOGPROBS_NONE;
    row->question.repeat = (uint32_t)repeat;
    completion->sample = (uint32_t)sample;
    completion->n_tokens = (uint32_t)n_tokens;
    completion->has_tokens = has_tokens;
    return RFT_OK;
}

/* The record of a row that was left out: it has no completion, and one of the reasons for that. */
static bool find_skip(const struct rft_row_reader *reader, enum rft_skip_reason *reason)
{
    bool found = false;
    for (int i = 0; i < RFT_SKIP_REASONS && !found && has_no_completion(reader); i++) {
        *reason = (enum rft_skip_reason)i;
        found = is_reason(reader, rft_skip_text(*reason));
    }
    return found;
}

/* Records hold every gold answer as a string, and say which was JSON: a number, or what a command was given. */
static enum rft_status look_for_json(const struct rft_row_reader *reader, struct rft_question *question)
{
    struct rft_json_problem problem;
    json_t *tree;
    if (!reader->is_own_json || question->gold.data == NULL)
        return RFT_OK;
    enum rft_status status = rft_json_try(question->gold, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &tree, &problem);
    if (status != RFT_OK)
        return status == RFT_ERR_INPUT ? RFT_OK : status;
    question->gold_is_json = json_is_number(tree) || json_is_array(tree) || json_is_object(tree);
    json_decref(tree);
    return RFT_OK;
}

static struct rft_bytes text_or_none(const struct rft_json_value *value)
{
    bool is_text = value->data != NULL && value->kind == RFT_JSON_STRING;
    return is_text ? rft_json_unescape(value) : (struct rft_bytes){NULL, 0};
}

enum rft_status rft_completion_row_read(struct rft_row_reader *reader, struct rft_completion_row *row)
{
    const struct rft_json_value finish = member(reader, "finish"), detail = member(reader, "detail");
    *row = (struct rft_completion_row){.question.line = reader->row.line, .completion.finish = RFT_FINISH_STOP};
    rft_row_find(reader);
    for (int i = RFT_FINISH_STOP; i <= RFT_FINISH_NOT_FINITE; i++)
        if (rft_json_is(&finish, rft_bytes_z(rft_finish_text((enum rft_finish)i)))) {
            row->completion.finish = (enum rft_finish)i;
            row->completion.has_finish = true;
        }
    if (reader->is_own)
        RFT_TRY(read_own(reader, row));
    row->is_skipped = find_skip(reader, &row->reason);
    if (row->is_skipped) {
        row->question.text = text_or_none(&reader->fields[RFT_ROW_QUESTION]);
        row->question.id = text_or_none(&reader->fields[RFT_ROW_ID]);
        row->detail = text_or_none(&detail);
        return RFT_OK;
    }
    row->completion.is_not_drawn = reader->is_not_drawn;
    row->n_completions = 1;
    RFT_TRY(rft_row_read(reader, &row->question));
    if (reader->is_own && row->question.golds == NULL)
        RFT_TRY(look_for_json(reader, &row->question));
    if (reader->n_completions != 0)
        row->n_completions = reader->n_completions;
    return RFT_OK;
}

struct rft_bytes rft_completion_row_text(const struct rft_row_reader *reader, size_t i)
{
    if (reader->is_not_drawn)
        return rft_bytes_z("");
    if (reader->n_completions != 0)
        return rft_row_text(&reader->spans[reader->completions + i]);
    return rft_row_text(&reader->fields[RFT_ROW_COMPLETION]);
}
