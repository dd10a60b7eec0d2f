/* SPDX-License-Identifier: MIT */
/* An opened checkpoint. */
#ifndef RFT_CHECKPOINT_DATA_H
#define RFT_CHECKPOINT_DATA_H

#include "arch.h"
#include "file.h"
#include "formats.h"
#include "model.h"
#include "tensor.h"

#include <stdbool.h>
#include <stddef.h>
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
    struct rft_formats formats;  /* how its matrices are computed: bf16 unless rft_formats_choose says otherwise */
    const struct rft_arch *arch; /* the row of the table that the description was made by: for people to read */
    uint32_t *eos_ids;           /* [n_eos] end-of-sequence ids: generation_config, else config, else GGUF metadata */
    size_t n_eos;
    struct rft_gguf *gguf;
    uint64_t n_passed_over;       /* tensors of the files that the model does not need; the log said of what kind */
    struct rft_map *adapter_maps; /* [n_adapter_maps] files of the adapters, whose bytes tensors may point to */
    size_t n_adapter_maps;
};

#endif
