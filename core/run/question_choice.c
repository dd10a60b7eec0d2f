/* SPDX-License-Identifier: MIT */
#include "question_choice.h"

/* The keys of [data]; texts are borrowed. */
static struct rft_dataset_options options_of(const struct rft_config *config, const char *path,
                                             const struct rft_verify_options *verify)
{
    const struct rft_strings *fields = &config->data_question_field, *filter = &config->data_filter;
    return (struct rft_dataset_options){
        .path = path,
        .question_field = fields->n != 0 ? fields->items[0] : "",
        .question_more = fields->n > 1 ? (const char *const *)&fields->items[1] : NULL,
        .n_question_more = fields->n > 1 ? fields->n - 1 : 0,
        .answer_field = config->data_answer_field,
        .answer_after = config->data_answer_after,
        .id_field = config->data_id_field,
        .choices_field = config->data_choices_field,
        .completion_field = config->data_completion_field,
        .filter = (const char *const *)filter->items,
        .n_filter = filter->n,
        .limit = config->data_limit,
        .answer_mark = config->verify_kind == RFT_VERIFY_GSM8K ? RFT_GSM8K_MARK : NULL,
        .verify = verify,
        .skip_bad_rows = config->data_bad_rows == RFT_ROWS_SKIP,
    };
}

enum rft_status rft_questions_load(const struct rft_config *config, struct rft_dataset *dataset)
{
    const struct rft_verify_options verify = rft_config_verify(config);
    const struct rft_dataset_options options = options_of(config, config->data_questions, &verify);
    return rft_dataset_load(&options, dataset);
}

enum rft_status rft_completions_read(const struct rft_config *config, const char *path,
                                     struct rft_completions *completions)
{
    const struct rft_verify_options verify = rft_config_verify(config);
    struct rft_dataset_options options = options_of(config, path, &verify);
    if (!rft_config_is_given(config, "data.answer_field"))
        options.answer_field = NULL;
    return rft_completions_load(&options, completions);
}

enum rft_status rft_records_read(const char *path, struct rft_completions *completions)
{
    const struct rft_dataset_options options = {
        .path = path, .question_field = "question", .answer_after = "", .id_field = "", .are_drawn = true};
    return rft_completions_load(&options, completions);
}
