/* SPDX-License-Identifier: MIT */
#include "question_choice.h"

enum rft_status rft_questions_load(const struct rft_config *config, struct rft_dataset *dataset)
{
    const struct rft_verify_options verify = rft_config_verify(config);
    const struct rft_dataset_options options = {.path = config->data_questions,
                                                .question_field = config->data_question_field,
                                                .answer_field = config->data_answer_field,
                                                .answer_after = config->data_answer_after,
                                                .id_field = config->data_id_field,
                                                .limit = config->data_limit,
                                                .answer_mark =
                                                    config->verify_kind == RFT_VERIFY_GSM8K ? RFT_GSM8K_MARK : NULL,
                                                .verify = &verify,
                                                .skip_bad_rows = config->data_bad_rows == RFT_ROWS_SKIP};
    return rft_dataset_load(&options, dataset);
}
