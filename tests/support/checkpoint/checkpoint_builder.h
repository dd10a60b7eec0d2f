/* SPDX-License-Identifier: MIT */
/* Random Llama checkpoints of any shape, with or without biases, in both containers. The same configuration and seed
 * give the same weights in each, up to the rounding to `dtype`. */
#ifndef RFT_CHECKPOINT_BUILDER_H
#define RFT_CHECKPOINT_BUILDER_H

#include "dtype.h"
#include "frequencies.h"
#include "model.h"
#include "str.h"

/* A small configuration: 2 layers, dim 32, 4 heads of 8, 2 key-value heads, ffn 48, vocabulary 300, 128 positions,
 * tied. */
struct rft_model_config rft_test_config(void);

/* Sets the frequencies of a configuration whose head_dim was changed; NULL: plain ones of theta 10000, which is what
 * the files below have. */
void rft_test_rope(struct rft_model_config *config, const struct rft_rope_scaling *scaling);

/* Creates `dir` (its parent exists) with config.json, generation_config.json (end-of-sequence id 0) and the weights in
 * F32, F16 or BF16: model.safetensors, or with n_shards > 1 that many shards and an index. */
void rft_test_checkpoint_write(const char *dir, const struct rft_model_config *config, enum rft_dtype dtype,
                               uint64_t seed, uint32_t n_shards);

/* The same with RoPE of another base, or stretched: config.json says it in numbers, whatever the frequencies of *config
 * are. A plain or Llama 3's scaling. */
void rft_test_checkpoint_write_scaled(const char *dir, const struct rft_model_config *config,
                                      const struct rft_rope_scaling *scaling, enum rft_dtype dtype, uint64_t seed,
                                      uint32_t n_shards);

/* The same model as a GGUF file: matrices in dtype, vectors in F32, q and k rows permuted as llama.cpp has them.
 * Quantised matrices hold random blocks instead (the same for the same seed). No tokenizer. */
void rft_test_gguf_write(const char *path, const struct rft_model_config *config, enum rft_dtype dtype, uint64_t seed);

/* The same with more in it: metadata (n_entries of them, as gguf_builder.h appends them) and tensors. */
struct rft_test_gguf_extra {
    struct rft_str entries;
    uint64_t n_entries;
    const char *tensor;   /* its name; NULL for none */
    uint32_t tensor_type; /* ggml's number */
    const float *values;  /* [n_values] of the tensor; NULL: 32 zeros */
    uint32_t n_values;
    const struct rft_test_gguf_extra *more; /* another tensor, or NULL */
};
void rft_test_gguf_write_extra(const char *path, const struct rft_model_config *config, enum rft_dtype dtype,
                               uint64_t seed, const struct rft_test_gguf_extra *extra);

/* Adds a byte-level tokenizer to a directory: ids 1 to 256 are the bytes, id 0 is "<|end|>"; the vocabulary must have
 * 257 entries at least. No BOS, no template. */
void rft_test_tokenizer_write(const char *dir);

/* Element [row][column] of a tensor by its Hugging Face name, before rounding. Vectors have row 0. */
float rft_test_weight(const char *name, uint64_t seed, uint64_t row, uint64_t column, uint64_t n_columns);

#endif
