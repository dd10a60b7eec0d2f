/* SPDX-License-Identifier: MIT */
#include "question.h"

struct rft_texts rft_question_golds(const struct rft_question *question)
{
    if (question->golds != NULL)
        return (struct rft_texts){question->golds, question->n_golds};
    return (struct rft_texts){&question->gold, question->gold.data != NULL ? 1 : 0};
}

struct rft_texts rft_question_choices(const struct rft_question *question)
{
    return (struct rft_texts){question->choices, question->n_choices};
}

static enum rft_status put_list(struct rft_texts texts, struct rft_str *out)
{
    RFT_TRY(rft_str_append_z(out, "["));
    for (size_t i = 0; i < texts.n; i++) {
        RFT_TRY(rft_str_append_z(out, i != 0 ? ", " : ""));
        RFT_TRY(rft_str_append_json(out, texts.items[i].data, texts.items[i].len));
    }
    return rft_str_append_z(out, "]");
}

enum rft_status rft_question_put_gold(const struct rft_question *question, struct rft_str *out)
{
    if (question->golds != NULL)
        return put_list(rft_question_golds(question), out);
    if (question->gold.data == NULL)
        return rft_str_append_z(out, "null");
    if (question->gold_is_number)
        return rft_str_append(out, question->gold.data, question->gold.len);
    return rft_str_append_json(out, question->gold.data, question->gold.len);
}
