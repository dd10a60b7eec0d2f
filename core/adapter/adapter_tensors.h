/* SPDX-License-Identifier: MIT */
/* The tensors of adapter_model.safetensors, module by module. */
#ifndef RFT_ADAPTER_TENSORS_H
#define RFT_ADAPTER_TENSORS_H

#include "checkpoint.h"
#include "tensor_list.h"

/* What a tensor is to its module. */
enum rft_adapter_part {
    RFT_ADAPTER_A,
    RFT_ADAPTER_B,
    RFT_ADAPTER_EMBEDDING_A, /* [rank][vocabulary] */
    RFT_ADAPTER_EMBEDDING_B, /* [hidden][rank] */
    RFT_ADAPTER_WEIGHT,      /* in the place of the model's */
    RFT_ADAPTER_BASE,        /* the weight that the delta is added to */
    RFT_ADAPTER_BIAS,
    RFT_ADAPTER_PART_COUNT
};

struct rft_adapter_module {
    char *name; /* as the model's tensors have it: "model.layers.0.self_attn.q_proj"; owned */
    const struct rft_listed_tensor *parts[RFT_ADAPTER_PART_COUNT];
};

struct rft_adapter_tensors {
    struct rft_tensor_list list;
    struct rft_adapter_module *modules; /* [n] sorted by name */
    size_t n, cap;
    struct rft_str prefix; /* what the adapter's names have in the place of "model.": "model.language_model." */
};

/* Lists a mapped file, and finds for each tensor the module of the model that it belongs to. Refused by name: what
 * belongs to none, what is no part of a LoRA, and types other than F32, F16, BF16. *tensors is zero on failure. */
enum rft_status rft_adapter_tensors_read(const struct rft_map *map, const struct rft_checkpoint *checkpoint,
                                         struct rft_adapter_tensors *tensors);
/* Zero-initialised is valid. */
void rft_adapter_tensors_finish(struct rft_adapter_tensors *tensors);

/* NULL if the file has nothing for it. */
const struct rft_adapter_module *rft_adapter_tensors_find(const struct rft_adapter_tensors *tensors, const char *name);

/* Appends how the adapter's own model calls a module: what its patterns are made for. */
enum rft_status rft_adapter_module_key(const struct rft_adapter_tensors *tensors, const char *name,
                                       struct rft_str *out);

/* The tensor "<module>.<what>" of the model, NULL if there is none. */
struct rft_tensor *rft_adapter_find_tensor(const struct rft_checkpoint *checkpoint, const char *module,
                                           const char *what);

#endif
