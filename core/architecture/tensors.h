/* SPDX-License-Identifier: MIT */
/* The tensors of a model, by what they are for: their names in both containers and their shapes, once for the reader of
 * checkpoints, the weights on a device, the plan and the fingerprint. */
#ifndef RFT_TENSORS_H
#define RFT_TENSORS_H

#include "model.h"

#include <stdint.h>

enum rft_role {
    RFT_ROLE_EMBEDDING,
    RFT_ROLE_FINAL_NORM,
    RFT_ROLE_HEAD,
    RFT_ROLE_ATTN_NORM,
    RFT_ROLE_Q,
    RFT_ROLE_K,
    RFT_ROLE_V,
    RFT_ROLE_QKV, /* the rows of all three, in one tensor */
    RFT_ROLE_Q_BIAS,
    RFT_ROLE_K_BIAS,
    RFT_ROLE_V_BIAS,
    RFT_ROLE_QKV_BIAS,
    RFT_ROLE_Q_NORM,
    RFT_ROLE_K_NORM,
    RFT_ROLE_O,
    RFT_ROLE_O_BIAS,
    RFT_ROLE_POST_ATTN_NORM,
    RFT_ROLE_FFN_NORM,
    RFT_ROLE_GATE,
    RFT_ROLE_UP,
    RFT_ROLE_GATE_UP, /* the rows of both */
    RFT_ROLE_GATE_BIAS,
    RFT_ROLE_UP_BIAS,
    RFT_ROLE_DOWN,
    RFT_ROLE_DOWN_BIAS,
    RFT_ROLE_POST_FFN_NORM
};

/* One tensor that a model needs. */
#define RFT_TENSOR_NAME_BYTES 96
struct rft_needed_tensor {
    enum rft_role role;
    char name[RFT_TENSOR_NAME_BYTES]; /* Hugging Face's */
    char gguf_name[64];
    uint32_t n_dims;
    uint64_t dims[2];    /* outermost first */
    uint32_t rope_heads; /* of q and k: heads whose rows a GGUF file may hold in another order; else 0 */
};

/* All of them: index in [0, rft_model_n_tensors), in no order. */
uint64_t rft_model_n_tensors(const struct rft_model_config *config);
void rft_model_tensor(const struct rft_model_config *config, uint64_t index, struct rft_needed_tensor *needed);

/* Hugging Face's name of the tensor that has a role in a model of these parts (enum rft_part); layer counts only for
 * those of layers. */
void rft_role_name(uint32_t parts, enum rft_role role, uint32_t layer, char name[RFT_TENSOR_NAME_BYTES]);

#endif
