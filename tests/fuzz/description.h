/* SPDX-License-Identifier: MIT */
/* What holds of every description that a reader accepts: programs and tables are made of it without another look. */
#ifndef RFT_FUZZ_DESCRIPTION_H
#define RFT_FUZZ_DESCRIPTION_H

#include "fuzz.h"
#include "model.h"
#include "op_args.h"

#include <string.h>

static inline bool is_number(double v, double min, double max)
{
    return v >= min && v <= max;
}

/* The frequencies that layers use, and by what their tables are scaled. */
static inline void require_rotation(const struct rft_model_config *c, uint32_t set)
{
    for (uint32_t span = 0; span < (c->has_long_rope && set == RFT_ROPE_MAIN ? 2u : 1u); span++) {
        const uint32_t table = set * RFT_ROPE_SPANS + span;
        require(c->rope_scale[table] == 0.0 || is_number(c->rope_scale[table], 1e-6, 1e6));
        for (uint32_t i = 0; i < c->n_rotated / 2; i++)
            require(is_number(c->frequencies[table * RFT_PAIRS_MAX + i], 1e-30, 1e4));
    }
}

static inline void require_sound(const struct rft_model_config *c)
{
    bool any = false;
    require(c->n_layers != 0 && c->n_layers <= RFT_LAYERS_MAX && c->vocab_size != 0 && c->n_positions != 0);
    require(c->dim != 0 && c->dim % 2 == 0 && c->ffn_dim != 0 && c->ffn_dim % 2 == 0);
    require(c->n_kv_heads != 0 && c->n_heads % c->n_kv_heads == 0);
    require(c->head_dim != 0 && c->head_dim % 8 == 0 && c->head_dim <= RFT_HEAD_DIM_MAX);
    require(c->n_rotated != 0 && c->n_rotated % 2 == 0 && c->n_rotated <= c->head_dim);
    require((double)c->norm_eps > 0.0 && c->norm_eps <= 1.0f && c->act <= RFT_ACT_GELU_ERF);
    require(is_number(c->embedding_scale, 0.0, 1e6) && is_number(c->residual_scale, 0.0, 1e6));
    require(is_number(c->logit_scale, 0.0, 1e6) && is_number(c->attention_scale, 0.0, 1e6));
    require(is_number(c->score_cap, 0.0, 1e6) && is_number(c->logit_cap, 0.0, 1e6));
    require(c->query_beta == 0.0 || (is_number(c->query_beta, 0.0, 1e3) && c->query_period >= 1.0));
    require(!c->has_long_rope || c->rope_original != 0);
    for (uint32_t i = 0; i < c->n_layers; i++) {
        require(c->is_windowed[i] <= 1 && c->rope_set[i] < RFT_ROPE_SETS);
        any = any || c->is_windowed[i] != 0;
    }
    require(!any || c->window != 0);
    for (uint32_t set = 0; set < RFT_ROPE_NONE; set++)
        if (memchr(c->rope_set, (int)set, c->n_layers) != NULL)
            require_rotation(c, set);
}

#endif
