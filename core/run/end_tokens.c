/* SPDX-License-Identifier: MIT */
#include "end_tokens.h"

#include "log.h"

#include <inttypes.h>

static bool has(const struct rft_ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (ids->ids[i] == id)
            return true;
    return false;
}

static enum rft_status add(struct rft_ids *ids, uint32_t id)
{
    return has(ids, id) ? RFT_OK : rft_ids_append(ids, id);
}

static enum rft_status add_models(const struct rft_checkpoint *c, struct rft_ids *ids)
{
    for (size_t i = 0; i < c->n_eos; i++) {
        if (c->eos_ids[i] >= c->config.vocab_size) {
            rft_log_error("%s: end-of-sequence id %" PRIu32 " is not in the vocabulary of %" PRIu32 " entries", c->path,
                          c->eos_ids[i], c->config.vocab_size);
            return RFT_ERR_INPUT;
        }
        RFT_TRY(add(ids, c->eos_ids[i]));
    }
    return RFT_OK;
}

static enum rft_status add_end_of_turn(const struct rft_prompt *prompt, const struct rft_tokenizer *tokenizer,
                                       uint32_t vocab_size, struct rft_ids *ids)
{
    uint32_t id;
    if (!prompt->is_chat || !rft_prompt_end_of_turn(prompt, tokenizer, &id) || id >= vocab_size || has(ids, id))
        return RFT_OK;
    struct rft_bytes text = rft_tokenizer_token_text(tokenizer, id);
    rft_log_info("end tokens: %.*s, too: the chat template closes an answer with it, and the model's files do not name "
                 "it",
                 (int)text.len, text.data);
    return add(ids, id);
}

static enum rft_status add_configured(const struct rft_config *config, const struct rft_tokenizer *tokenizer,
                                      uint32_t vocab_size, struct rft_ids *ids)
{
    uint32_t id;
    for (size_t i = 0; i < config->generate_end_tokens.n; i++) {
        const char *text = config->generate_end_tokens.items[i];
        if (!rft_tokenizer_find(tokenizer, rft_bytes_z(text), &id) || id >= vocab_size) {
            rft_log_error("generate.end_tokens: \"%s\" is no token of the model; a text that ends a sample is for "
                          "generate.stop",
                          text);
            return RFT_ERR_CONFIG;
        }
        RFT_TRY(add(ids, id));
    }
    for (size_t i = 0; i < config->generate_stop.n; i++)
        if (rft_tokenizer_find_special(tokenizer, rft_bytes_z(config->generate_stop.items[i]), &id) && id < vocab_size)
            RFT_TRY(add(ids, id));
    return RFT_OK;
}

enum rft_status rft_end_tokens_find(const struct rft_config *config, const struct rft_checkpoint *checkpoint,
                                    const struct rft_prompt *prompt, const struct rft_tokenizer *tokenizer,
                                    struct rft_ids *ids)
{
    uint32_t vocab_size = checkpoint->config.vocab_size;
    RFT_TRY(add_models(checkpoint, ids));
    RFT_TRY(add_end_of_turn(prompt, tokenizer, vocab_size, ids));
    RFT_TRY(add_configured(config, tokenizer, vocab_size, ids));
    if (ids->n == 0)
        rft_log_warn("%s: no end-of-sequence id is given; every sample will run to max_new_tokens", checkpoint->path);
    return RFT_OK;
}
