/* SPDX-License-Identifier: MIT */
/* A checkpoint on disk: named tensors, mapped, with every offset and shape checked, and metadata as the container has
 * it. Two containers, one interface: a Hugging Face directory (config.json, generation_config.json, safetensors, one
 * file or sharded with an index), or one GGUF file (version 3). */
#ifndef RFT_CHECKPOINT_H
#define RFT_CHECKPOINT_H

#include "file.h"
#include "model.h"
#include "status.h"
#include "tensor.h"

#include <stdbool.h>
#include <stdint.h>

/* The tensor of a GGUF file that holds [head_dim / 2] factors >= 1, by which RoPE's frequencies are divided. Absent
 * where they are not scaled, and in a directory, whose configuration says it. */
#define RFT_ROPE_FACTORS_NAME "rope_freqs.weight"

struct rft_gguf; /* parsed metadata of a GGUF file (gguf.h); NULL for a directory */

struct rft_checkpoint {
    char *path; /* as given */
    bool is_gguf;
    struct rft_map *maps; /* [n_maps] */
    size_t n_maps;
    struct rft_tensor *tensors; /* [n_tensors] those the model needs, sorted by name */
    size_t n_tensors;
    struct rft_model_config config;
    uint32_t *eos_ids; /* [n_eos] end-of-sequence ids: generation_config, else config, else GGUF metadata */
    size_t n_eos;
    struct rft_gguf *gguf;
    struct rft_map *adapter_maps; /* [n_adapter_maps] files of the adapters, whose bytes tensors may point to */
    size_t n_adapter_maps;
};

/* Opens a directory or a GGUF file. Every error names the file and the key or tensor. Refused by name: an architecture
 * other than Llama, an unknown dtype or GGUF type, biases, hidden_act other than silu, a rope_scaling type other than
 * llama3 (or none), overlapping or out-of-range offsets, shapes that do not fit the configuration, missing tensors. */
enum rft_status rft_checkpoint_open(const char *path, struct rft_checkpoint *checkpoint);
/* Unmaps and frees everything. Zero-initialised is accepted. */
void rft_checkpoint_close(struct rft_checkpoint *checkpoint);

/* NULL if there is none. */
const struct rft_tensor *rft_checkpoint_find(const struct rft_checkpoint *checkpoint, const char *name);

/* Rows [row_0, row_0 + n_rows) of a matrix (a vector is one row) as f32 into dst [n_rows][columns], row permutation
 * undone, adapters merged. */
void rft_tensor_rows_f32(const struct rft_tensor *tensor, uint64_t row_0, uint64_t n_rows, float *dst);

/* XXH64 over names, dtypes, shapes and all bytes of the tensors and their adapters, plus the configuration: part of the
 * run's fingerprint.
 * RFT_ERR_INTERRUPTED after a signal; RFT_ERR_IO if a file was changed meanwhile. */
enum rft_status rft_checkpoint_hash(const struct rft_checkpoint *checkpoint, uint64_t *hash);

/* Whether all that was read of the files so far is what they were when they were opened (rft_map_check). To be asked
 * whenever tensors were read, before the result is used. */
enum rft_status rft_checkpoint_check(const struct rft_checkpoint *checkpoint);

#endif
