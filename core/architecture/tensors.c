/* SPDX-License-Identifier: MIT */
#include "tensors.h"

#include <assert.h>
#include <stdio.h>

enum extent { ONE, DIM, Q_DIM, KV_DIM, QKV_DIM, FFN, GATE_UP, VOCAB, HEAD_DIM };

/* A tensor is there if the model has all parts of `needs` and none of `lacks`. rows ONE: a vector. */
static const struct row {
    enum rft_role role;
    const char *hf, *gguf;
    enum extent rows, columns;
    uint32_t needs, lacks;
} outer[] =
    {
        {RFT_ROLE_EMBEDDING, "model.embed_tokens.weight", "token_embd.weight", VOCAB, DIM, 0, 0},
        {RFT_ROLE_FINAL_NORM, "model.norm.weight", "output_norm.weight", ONE, DIM, 0, 0},
        {RFT_ROLE_HEAD, "lm_head.weight", "output.weight", VOCAB, DIM, 0, 0}, /* last: left out when tied */
},
  inner[] = {
#define NO_PRE RFT_PART_NO_PRE_NORMS
#define POST RFT_PART_POST_NORMS
#define ONE_QKV RFT_PART_FUSED_QKV
#define ONE_GATE_UP RFT_PART_FUSED_GATE_UP
#define BIAS RFT_PART_QKV_BIAS
      {RFT_ROLE_ATTN_NORM, "input_layernorm.weight", "attn_norm.weight", ONE, DIM, 0, NO_PRE},
      {RFT_ROLE_Q, "self_attn.q_proj.weight", "attn_q.weight", Q_DIM, DIM, 0, ONE_QKV},
      {RFT_ROLE_K, "self_attn.k_proj.weight", "attn_k.weight", KV_DIM, DIM, 0, ONE_QKV},
      {RFT_ROLE_V, "self_attn.v_proj.weight", "attn_v.weight", KV_DIM, DIM, 0, ONE_QKV},
      {RFT_ROLE_QKV, "self_attn.qkv_proj.weight", "attn_qkv.weight", QKV_DIM, DIM, ONE_QKV, 0},
      {RFT_ROLE_Q_BIAS, "self_attn.q_proj.bias", "attn_q.bias", ONE, Q_DIM, BIAS, ONE_QKV},
      {RFT_ROLE_K_BIAS, "self_attn.k_proj.bias", "attn_k.bias", ONE, KV_DIM, BIAS, ONE_QKV},
      {RFT_ROLE_V_BIAS, "self_attn.v_proj.bias", "attn_v.bias", ONE, KV_DIM, BIAS, ONE_QKV},
      {RFT_ROLE_QKV_BIAS, "self_attn.qkv_proj.bias", "attn_qkv.bias", ONE, QKV_DIM, BIAS | ONE_QKV, 0},
      {RFT_ROLE_Q_NORM, "self_attn.q_norm.weight", "attn_q_norm.weight", ONE, HEAD_DIM, RFT_PART_QK_NORM, 0},
      {RFT_ROLE_K_NORM, "self_attn.k_norm.weight", "attn_k_norm.weight", ONE, HEAD_DIM, RFT_PART_QK_NORM, 0},
      {RFT_ROLE_Q_NORM, "self_attn.q_norm.weight", "attn_q_norm.weight", ONE, Q_DIM, RFT_PART_QK_NORM_WIDE, 0},
      {RFT_ROLE_K_NORM, "self_attn.k_norm.weight", "attn_k_norm.weight", ONE, KV_DIM, RFT_PART_QK_NORM_WIDE, 0},
      {RFT_ROLE_O, "self_attn.o_proj.weight", "attn_output.weight", DIM, Q_DIM, 0, 0},
      {RFT_ROLE_O_BIAS, "self_attn.o_proj.bias", "attn_output.bias", ONE, DIM, RFT_PART_O_BIAS, 0},
      /* With a norm behind the attention, the name that Llama has for the one in front of the MLP is that norm's. */
      {RFT_ROLE_POST_ATTN_NORM, "post_attention_layernorm.weight", "post_attention_norm.weight", ONE, DIM, POST, 0},
      {RFT_ROLE_FFN_NORM, "post_attention_layernorm.weight", "ffn_norm.weight", ONE, DIM, 0, POST | NO_PRE},
      {RFT_ROLE_FFN_NORM, "pre_feedforward_layernorm.weight", "ffn_norm.weight", ONE, DIM, POST, NO_PRE},
      {RFT_ROLE_GATE, "mlp.gate_proj.weight", "ffn_gate.weight", FFN, DIM, 0, ONE_GATE_UP},
      {RFT_ROLE_UP, "mlp.up_proj.weight", "ffn_up.weight", FFN, DIM, 0, ONE_GATE_UP},
      {RFT_ROLE_GATE_UP, "mlp.gate_up_proj.weight", "ffn_up.weight", GATE_UP, DIM, ONE_GATE_UP, 0},
      {RFT_ROLE_GATE_BIAS, "mlp.gate_proj.bias", "ffn_gate.bias", ONE, FFN, RFT_PART_MLP_BIAS, 0},
      {RFT_ROLE_UP_BIAS, "mlp.up_proj.bias", "ffn_up.bias", ONE, FFN, RFT_PART_MLP_BIAS, 0},
      {RFT_ROLE_DOWN, "mlp.down_proj.weight", "ffn_down.weight", DIM, FFN, 0, 0},
      {RFT_ROLE_DOWN_BIAS, "mlp.down_proj.bias", "ffn_down.bias", ONE, DIM, RFT_PART_MLP_BIAS, 0},
      {RFT_ROLE_POST_FFN_NORM, "post_feedforward_layernorm.weight", "post_ffw_norm.weight", ONE, DIM, POST, 0},
#undef NO_PRE
#undef POST
#undef ONE_QKV
#undef ONE_GATE_UP
#undef BIAS
};

#define N_OUTER (sizeof outer / sizeof *outer)
#define N_INNER (sizeof inner / sizeof *inner)

static uint64_t n_outer(const struct rft_model_config *config)
{
    return N_OUTER - (config->tied ? 1 : 0);
}

static bool is_there(uint32_t parts, const struct row *row)
{
    return (parts & row->needs) == row->needs && (parts & row->lacks) == 0;
}

/* The index-th row of a layer that is there; NULL past the last. */
static const struct row *inner_row(const struct rft_model_config *config, uint64_t index)
{
    for (size_t i = 0; i < N_INNER; i++)
        if (is_there(config->parts, &inner[i]) && index-- == 0)
            return &inner[i];
    return NULL;
}

static uint64_t n_inner(const struct rft_model_config *config)
{
    uint64_t n = 0;
    for (size_t i = 0; i < N_INNER; i++)
        n += is_there(config->parts, &inner[i]);
    return n;
}

uint64_t rft_model_n_tensors(const struct rft_model_config *config)
{
    return n_outer(config) + config->n_layers * n_inner(config);
}

static uint64_t extent_of(const struct rft_model_config *c, enum extent extent)
{
    const uint64_t q = (uint64_t)c->n_heads * c->head_dim, kv = (uint64_t)c->n_kv_heads * c->head_dim;
    const uint64_t sizes[] = {
        [ONE] = 1,        [DIM] = c->dim,         [Q_DIM] = q,                            [KV_DIM] = kv,
        [QKV_DIM] = q + 2 * kv, [FFN] = c->ffn_dim, [GATE_UP] = 2 * (uint64_t)c->ffn_dim, [VOCAB] = c->vocab_size,
        [HEAD_DIM] = c->head_dim};
    return sizes[extent];
}

/* Heads of q or k whose rows may be permuted. */
static uint32_t rope_heads_of(const struct rft_model_config *config, enum rft_role role)
{
    if (role == RFT_ROLE_Q || role == RFT_ROLE_Q_BIAS)
        return config->n_heads;
    return role == RFT_ROLE_K || role == RFT_ROLE_K_BIAS ? config->n_kv_heads : 0;
}

void rft_model_tensor(const struct rft_model_config *config, uint64_t index, struct rft_needed_tensor *needed)
{
    const bool is_outer = index < n_outer(config);
    const uint64_t n = is_outer ? 1 : n_inner(config);
    const unsigned layer = is_outer ? 0 : (unsigned)((index - n_outer(config)) / n);
    const struct row *row = is_outer ? &outer[index] : inner_row(config, (index - n_outer(config)) % n);
    *needed = (struct rft_needed_tensor){.role = row->role, .rope_heads = rope_heads_of(config, row->role)};
    if (is_outer) {
        snprintf(needed->name, sizeof needed->name, "%s", row->hf);
        snprintf(needed->gguf_name, sizeof needed->gguf_name, "%s", row->gguf);
    } else {
        snprintf(needed->name, sizeof needed->name, "model.layers.%u.%s", layer, row->hf);
        snprintf(needed->gguf_name, sizeof needed->gguf_name, "blk.%u.%s", layer, row->gguf);
    }
    needed->n_dims = row->rows == ONE ? 1 : 2;
    needed->dims[0] = extent_of(config, needed->n_dims == 1 ? row->columns : row->rows);
    needed->dims[1] = needed->n_dims == 1 ? 0 : extent_of(config, row->columns);
}

void rft_role_name(uint32_t parts, enum rft_role role, uint32_t layer, char name[RFT_TENSOR_NAME_BYTES])
{
    name[0] = '\0';
    for (size_t i = 0; i < N_OUTER; i++)
        if (outer[i].role == role)
            snprintf(name, RFT_TENSOR_NAME_BYTES, "%s", outer[i].hf);
    for (size_t i = 0; i < N_INNER; i++)
        if (inner[i].role == role && is_there(parts, &inner[i]))
            snprintf(name, RFT_TENSOR_NAME_BYTES, "model.layers.%u.%s", layer, inner[i].hf);
    assert(name[0] != '\0');
}
