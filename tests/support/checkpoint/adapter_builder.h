/* SPDX-License-Identifier: MIT */
/* LoRA adapters as PEFT saves them, of any modules, with random values. */
#ifndef RFT_ADAPTER_BUILDER_H
#define RFT_ADAPTER_BUILDER_H

#include "dtype.h"
#include "model.h"
#include "str.h"

/* An adapter while it is put together. Zero-initialise, but for dtype (F32 or BF16) and seed. */
struct rft_test_adapter {
    enum rft_dtype dtype;
    uint64_t seed;
    struct rft_str header, data;
};

/* Adds a tensor of this name; element [row][column] is rft_test_weight(name, seed, row, column, columns), rounded to
 * dtype. rows 0: a vector of `columns`. */
void rft_test_adapter_tensor(struct rft_test_adapter *adapter, const char *name, uint64_t rows, uint64_t columns);
/* Adds lora_A [rank][columns] and lora_B [rows][rank] of "base_model.model.<module>". */
void rft_test_adapter_pair(struct rft_test_adapter *adapter, const char *module, uint64_t rows, uint64_t columns,
                           uint32_t rank);

/* Creates `dir` (its parent exists) with adapter_model.safetensors and adapter_config.json: peft_type, r, lora_alpha,
 * base_model_name_or_path, and what `more` adds ("\"target_modules\": [\"q_proj\"]"). Finishes the adapter. */
void rft_test_adapter_write(struct rft_test_adapter *adapter, const char *dir, uint32_t r, double alpha,
                            const char *more);

/* The q and v projections of every layer of a model, r = 4, alpha = 6: the usual adapter. */
void rft_test_adapter_usual(const char *dir, const struct rft_model_config *config, enum rft_dtype dtype,
                            uint64_t seed);

#endif
