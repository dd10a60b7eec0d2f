/* SPDX-License-Identifier: MIT */
#include "columns.h"

#include <string.h>

enum rft_status rft_put_text(struct rft_str *line, const char *label, struct rft_bytes text)
{
    RFT_TRY(rft_str_append_z(line, label));
    return rft_str_append_json(line, text.data, text.len);
}

enum rft_status rft_put_text_or_null(struct rft_str *line, const char *label, struct rft_bytes text)
{
    if (text.data != NULL)
        return rft_put_text(line, label, text);
    return rft_put_json_or_null(line, label, text);
}

enum rft_status rft_put_real(struct rft_str *line, const char *label, double value)
{
    RFT_TRY(rft_str_append_z(line, label));
    size_t before = line->len;
    RFT_TRY(rft_str_append_double(line, value));
    return strpbrk(line->data + before, ".eE") != NULL ? RFT_OK : rft_str_append_z(line, ".0");
}

enum rft_status rft_put_json_or_null(struct rft_str *line, const char *label, struct rft_bytes json)
{
    RFT_TRY(rft_str_append_z(line, label));
    return json.data != NULL ? rft_str_append(line, json.data, json.len) : rft_str_append_z(line, "null");
}

enum rft_status rft_put_gold(struct rft_str *line, const char *label, const struct rft_question *question)
{
    RFT_TRY(rft_str_append_z(line, label));
    return rft_question_put_gold(question, line);
}

/* JSON text as a string. */
static enum rft_status put_as_text(struct rft_str *line, const char *label, const struct rft_question *question,
                                   enum rft_status (*put)(const struct rft_question *question, struct rft_str *out))
{
    struct rft_str json = {0};
    enum rft_status status = put(question, &json);
    if (status == RFT_OK)
        status = rft_put_text(line, label, (struct rft_bytes){json.data, json.len});
    rft_str_finish(&json);
    return status;
}

enum rft_status rft_put_gold_text(struct rft_str *line, const char *label, const struct rft_question *question)
{
    if (question->golds == NULL)
        return rft_put_text_or_null(line, label, question->gold);
    return put_as_text(line, label, question, rft_question_put_gold);
}

enum rft_status rft_put_choices(struct rft_str *line, const char *label, const struct rft_question *question)
{
    if (question->n_choices == 0)
        return rft_put_json_or_null(line, label, (struct rft_bytes){0});
    return put_as_text(line, label, question, rft_question_put_choices);
}
