/* SPDX-License-Identifier: MIT */
/* A checkpoint on disk: named tensors, mapped, with every offset and shape checked, and metadata as the container has
 * it. Two containers, one interface: a Hugging Face directory (config.json, generation_config.json, safetensors, one
 * file or sharded with an index), or one GGUF file (version 3). */
#ifndef RFT_CHECKPOINT_H
#define RFT_CHECKPOINT_H

#include "arch.h"
#include "file.h"
#include "model.h"
#include "model_options.h"
#include "status.h"
#include "tensor.h"

#include <stdbool.h>
#include <stdint.h>

struct rft_gguf; /* parsed metadata of a GGUF file (gguf.h); NULL for a directory */

struct rft_checkpoint {
    char *path; /* as given */
    bool is_gguf;
    struct rft_map *maps; /* [n_maps] */
    size_t n_maps;
    struct rft_tensor *tensors; /* [n_tensors] those the model needs, sorted by name */
    size_t n_tensors;
    struct rft_model_config config;
    const struct rft_arch *arch; /* the row of the table that the description was made by: for people to read */
    uint32_t *eos_ids; /* [n_eos] end-of-sequence ids: generation_config, else config, else GGUF metadata */
    size_t n_eos;
    struct rft_gguf *gguf;
    uint64_t n_passed_over; /* tensors of the files that the model does not need; the log said of what kind */
    struct rft_map *adapter_maps; /* [n_adapter_maps] files of the adapters, whose bytes tensors may point to */
    size_t n_adapter_maps;
};

/* Opens a directory or a GGUF file. Every error names the file and the key or tensor. Refused by
 * name: an architecture that is not in the table (arch.h), a key of the configuration that nobody knows, an unknown
 * dtype or GGUF type, overlapping or out-of-range offsets, shapes that do not fit the configuration, missing tensors,
 * and tensors that no model of the architecture has. */
enum rft_status rft_checkpoint_open(const char *path, struct rft_checkpoint *checkpoint);
/* The same; options may be NULL. */
enum rft_status rft_checkpoint_open_with(const char *path, const struct rft_model_options *options,
                                         struct rft_checkpoint *checkpoint);
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
