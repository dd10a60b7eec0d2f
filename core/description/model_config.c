/* SPDX-License-Identifier: MIT */
#include "model_config.h"

#include "host_math.h"
#include "log.h"
#include "op_args.h"

#include <stddef.h>

void rft_model_config_defaults(const struct rft_arch *arch, struct rft_model_config *c)
{
    c->act = arch->has_gelu ? RFT_ACT_GELU_TANH : RFT_ACT_SILU;
    if (arch->has_scaled_embedding)
        c->embedding_scale = (double)c->dim * rft_host_inverse_sqrt((double)c->dim);
    c->logit_cap = arch->of.logit_cap;
    c->score_cap = arch->of.score_cap;
}

enum rft_status rft_model_config_derive(const char *file, const char *heads_key, struct rft_model_config *c)
{
    if (c->n_layers == 0 || c->dim == 0 || c->n_heads == 0 || c->ffn_dim == 0 || c->n_positions == 0) {
        rft_log_error("%s: the number of layers, of heads, a size or the context is missing or 0", file);
        return RFT_ERR_INPUT;
    }
    if (c->n_kv_heads == 0)
        c->n_kv_heads = c->n_heads;
    if (c->head_dim != 0)
        return RFT_OK;
    if (c->dim % c->n_heads != 0 || c->dim / c->n_heads > RFT_HEAD_DIM_MAX) {
        rft_log_error("%s: %s does not divide the hidden size into heads of at most %u", file, heads_key,
                      RFT_HEAD_DIM_MAX);
        return RFT_ERR_INPUT;
    }
    c->head_dim = c->dim / c->n_heads;
    return RFT_OK;
}

enum rft_status rft_model_config_check(const char *file, const struct rft_model_config *config)
{
    const struct {
        bool holds;
        const char *message;
    } rules[] = {
        {config->vocab_size > 0, "vocab_size is missing"},
        {config->head_dim % 8 == 0, "the head dimension must be a multiple of 8"},
        {config->dim % 2 == 0, "the hidden size must be even"},
        {config->ffn_dim % 2 == 0, "the intermediate size must be even"},
        {config->n_kv_heads <= config->n_heads && config->n_heads % config->n_kv_heads == 0,
         "the number of key-value heads must divide the number of attention heads"},
        {(uint64_t)config->n_heads * config->head_dim <= RFT_SIZE_MAX, "heads times head dimension is too large"},
        {config->n_rotated <= config->head_dim && config->n_rotated % 2 == 0,
         "an even number of dimensions of a head must be rotated"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].holds)
            continue;
        rft_log_error("%s: %s; this model is not supported", file, rules[i].message);
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}
