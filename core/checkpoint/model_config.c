/* SPDX-License-Identifier: MIT */
#include "model_config.h"

#include "log.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE_MAX_ALLOWED (1 << 24) /* far above any model, far below what grids and byte counts can hold */
#define N_LAYERS_MAX 4096
#define HEAD_DIM_MAX 256

/* Keys in both containers. An optional field whose fallback is 0 is derived from others. */
static const struct field {
    const char *hf, *gguf;
    size_t offset;
    uint32_t max;
    bool optional;
    uint32_t fallback;
} fields[] = {
#define FIELD(name) offsetof(struct rft_model_config, name)
    {"num_hidden_layers", "llama.block_count", FIELD(n_layers), N_LAYERS_MAX, false, 0},
    {"hidden_size", "llama.embedding_length", FIELD(dim), SIZE_MAX_ALLOWED, false, 0},
    {"intermediate_size", "llama.feed_forward_length", FIELD(ffn_dim), SIZE_MAX_ALLOWED, false, 0},
    {"num_attention_heads", "llama.attention.head_count", FIELD(n_heads), SIZE_MAX_ALLOWED, false, 0},
    {"num_key_value_heads", "llama.attention.head_count_kv", FIELD(n_kv_heads), SIZE_MAX_ALLOWED, true, 0},
    {"head_dim", "llama.attention.key_length", FIELD(head_dim), HEAD_DIM_MAX, true, 0},
    {"vocab_size", "llama.vocab_size", FIELD(vocab_size), SIZE_MAX_ALLOWED, true, 0},
    {"max_position_embeddings", "llama.context_length", FIELD(n_positions), SIZE_MAX_ALLOWED, true, 2048},
#undef FIELD
};

static enum rft_status wrong_value(const char *file, const char *key, const char *problem)
{
    rft_log_error("%s: %s %s", file, key, problem);
    return RFT_ERR_INPUT;
}

static enum rft_status check_found(const struct rft_config_source *source, const char *key, enum rft_found found,
                                   const char *kind)
{
    if (found == RFT_FOUND)
        return RFT_OK;
    return wrong_value(source->file, key, found == RFT_ABSENT ? "is missing" : kind);
}

enum rft_status rft_config_u64(const struct rft_config_source *source, const char *key, uint64_t min, uint64_t max,
                               uint64_t *value)
{
    RFT_TRY(
        check_found(source, key, source->get_u64(source->user, key, value), "must be a whole number, not negative"));
    if (*value >= min && *value <= max)
        return RFT_OK;
    rft_log_error("%s: %s = %" PRIu64 " must be from %" PRIu64 " to %" PRIu64, source->file, key, *value, min, max);
    return RFT_ERR_UNSUPPORTED;
}

enum rft_status rft_config_double(const struct rft_config_source *source, const char *key, double min, double max,
                                  double *value)
{
    RFT_TRY(check_found(source, key, source->get_double(source->user, key, value), "must be a number"));
    if (*value >= min && *value <= max)
        return RFT_OK;
    rft_log_error("%s: %s = %g must be from %g to %g", source->file, key, *value, min, max);
    return RFT_ERR_UNSUPPORTED;
}

static enum rft_status read_field(const struct rft_config_source *source, const struct field *field,
                                  struct rft_model_config *config)
{
    const char *key = source->is_gguf ? field->gguf : field->hf;
    uint64_t value = field->fallback;
    if (!field->optional || source->get_u64(source->user, key, &value) != RFT_ABSENT)
        RFT_TRY(rft_config_u64(source, key, 1, field->max, &value));
    *(uint32_t *)(void *)((char *)config + field->offset) = (uint32_t)value;
    return RFT_OK;
}

static enum rft_status read_double(const struct rft_config_source *source, const char *hf, const char *gguf, double min,
                                   double max, double *value)
{
    const char *key = source->is_gguf ? gguf : hf;
    double found;
    if (source->get_double(source->user, key, &found) == RFT_ABSENT)
        return RFT_OK;
    return rft_config_double(source, key, min, max, value);
}

enum rft_status rft_model_config_read(const struct rft_config_source *source, struct rft_model_config *config)
{
    double norm_eps = 1e-6;
    config->rope_theta = 10000.0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        RFT_TRY(read_field(source, &fields[i], config));
    RFT_TRY(read_double(source, "rms_norm_eps", "llama.attention.layer_norm_rms_epsilon", 1e-15, 1.0, &norm_eps));
    RFT_TRY(read_double(source, "rope_theta", "llama.rope.freq_base", 1.0, 1e15, &config->rope_theta));
    config->norm_eps = (float)norm_eps;
    if (config->n_kv_heads == 0)
        config->n_kv_heads = config->n_heads;
    if (config->head_dim == 0) {
        if (config->dim % config->n_heads != 0 || config->dim / config->n_heads > HEAD_DIM_MAX)
            return wrong_value(source->file, source->is_gguf ? fields[3].gguf : fields[3].hf,
                               "does not divide the hidden size into heads of at most 256");
        config->head_dim = config->dim / config->n_heads;
    }
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
        {(uint64_t)config->n_heads * config->head_dim <= SIZE_MAX_ALLOWED, "heads times head dimension is too large"},
        {!config->rope_llama3 || config->rope_high_freq_factor > config->rope_low_freq_factor,
         "rope scaling's high_freq_factor must be above its low_freq_factor"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].holds)
            continue;
        rft_log_error("%s: %s; this model is not supported", file, rules[i].message);
        return RFT_ERR_UNSUPPORTED;
    }
    return RFT_OK;
}

enum extent { ONE, DIM, Q, KV, FFN, VOCAB };

static const struct part {
    const char *hf, *gguf;
    enum extent rows, columns; /* rows ONE: a vector */
} outer[] =
    {
        {"model.embed_tokens.weight", "token_embd.weight", VOCAB, DIM},
        {"model.norm.weight", "output_norm.weight", ONE, DIM},
        {"lm_head.weight", "output.weight", VOCAB, DIM}, /* last: left out when tied */
},
  inner[] = {
      {"input_layernorm.weight", "attn_norm.weight", ONE, DIM},
      {"self_attn.q_proj.weight", "attn_q.weight", Q, DIM},
      {"self_attn.k_proj.weight", "attn_k.weight", KV, DIM},
      {"self_attn.v_proj.weight", "attn_v.weight", KV, DIM},
      {"self_attn.o_proj.weight", "attn_output.weight", DIM, Q},
      {"post_attention_layernorm.weight", "ffn_norm.weight", ONE, DIM},
      {"mlp.gate_proj.weight", "ffn_gate.weight", FFN, DIM},
      {"mlp.up_proj.weight", "ffn_up.weight", FFN, DIM},
      {"mlp.down_proj.weight", "ffn_down.weight", DIM, FFN},
};

#define N_OUTER (sizeof outer / sizeof outer[0])
#define N_INNER (sizeof inner / sizeof inner[0])
#define INNER_Q 1
#define INNER_K 2

static uint64_t n_outer(const struct rft_model_config *config)
{
    return N_OUTER - (config->tied ? 1 : 0);
}

uint64_t rft_model_n_tensors(const struct rft_model_config *config)
{
    return n_outer(config) + (uint64_t)config->n_layers * N_INNER;
}

static uint64_t extent_of(const struct rft_model_config *config, enum extent extent)
{
    const uint64_t sizes[] = {[ONE] = 1,
                              [DIM] = config->dim,
                              [Q] = (uint64_t)config->n_heads * config->head_dim,
                              [KV] = (uint64_t)config->n_kv_heads * config->head_dim,
                              [FFN] = config->ffn_dim,
                              [VOCAB] = config->vocab_size};
    return sizes[extent];
}

void rft_model_tensor(const struct rft_model_config *config, uint64_t index, struct rft_needed_tensor *needed)
{
    *needed = (struct rft_needed_tensor){0};
    const struct part *part;
    if (index < n_outer(config)) {
        part = &outer[index];
        snprintf(needed->name, sizeof needed->name, "%s", part->hf);
        snprintf(needed->gguf_name, sizeof needed->gguf_name, "%s", part->gguf);
    } else {
        uint64_t layer = (index - n_outer(config)) / N_INNER, place = (index - n_outer(config)) % N_INNER;
        part = &inner[place];
        snprintf(needed->name, sizeof needed->name, "model.layers.%u.%s", (unsigned)layer, part->hf);
        snprintf(needed->gguf_name, sizeof needed->gguf_name, "blk.%u.%s", (unsigned)layer, part->gguf);
        needed->rope_heads = place == INNER_Q ? config->n_heads : place == INNER_K ? config->n_kv_heads : 0;
    }
    needed->n_dims = part->rows == ONE ? 1 : 2;
    needed->dims[0] = extent_of(config, needed->n_dims == 1 ? part->columns : part->rows);
    needed->dims[1] = needed->n_dims == 1 ? 0 : extent_of(config, part->columns);
}
