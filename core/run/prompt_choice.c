/* SPDX-License-Identifier: MIT */
#include "prompt_choice.h"

#include "adapter_choice.h"
#include "log.h"

#include <string.h>

static bool holds(const struct rft_str *text, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= text->len; at++)
        if (memcmp(text->data + at, word, n) == 0)
            return true;
    return false;
}

static enum rft_status open_prompt(const struct rft_config *config, const struct rft_chat_source *source,
                                   struct rft_tokenizer *tokenizer, struct rft_prompt *prompt)
{
    const struct rft_prompt_options options = {.model_path = config->model_path,
                                               .text_path = config->prompt_template,
                                               .examples_path = config->prompt_examples,
                                               .system = config->prompt_system,
                                               .system_path = config->prompt_system_file,
                                               .variables = config->prompt_variables,
                                               .date = config->prompt_date,
                                               .format = config->prompt_format,
                                               .bos = config->prompt_bos,
                                               .template = {source->template.data, source->template.len},
                                               .template_from = source->from.data,
                                               .tokens = source->tokens};
    RFT_TRY(rft_prompt_open(&options, tokenizer, prompt));
    prompt->knows_thoughts = prompt->is_chat && holds(&source->template, "</think>");
    if (prompt->is_chat && holds(&source->template, "strftime_now"))
        rft_log_info("prompt: the chat template asks for today's date and is told %s (prompt.date)",
                     config->prompt_date);
    return RFT_OK;
}

enum rft_status rft_prompt_choose(const struct rft_config *config, const struct rft_gguf *gguf,
                                  struct rft_tokenizer *tokenizer, struct rft_prompt *prompt)
{
    struct rft_chat_source source = {0};
    *prompt = (struct rft_prompt){0};
    if (config->prompt_format != RFT_PROMPT_RAW) /* to whom the model's files say nothing */
        RFT_TRY(rft_adapters_chat_source(config, gguf, &source));
    enum rft_status status = open_prompt(config, &source, tokenizer, prompt);
    rft_chat_source_close(&source);
    return status;
}

struct rft_verify_options rft_prompt_verify(const struct rft_config *config, const struct rft_prompt *prompt)
{
    struct rft_verify_options options = rft_config_verify(config);
    options.after = config->verify_after;
    options.is_after_needed = true;
    if (strcmp(config->verify_after, "auto") == 0) {
        options.after = prompt->knows_thoughts ? "</think>" : "";
        options.opening = "<think>";
        options.is_after_needed = prompt->turn.is_thinking;
    }
    return options;
}
