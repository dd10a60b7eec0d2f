/* SPDX-License-Identifier: MIT */
/* What a GGUF file's metadata says of a model: its description and its end-of-sequence ids. */
#ifndef RFT_GGUF_CONFIG_H
#define RFT_GGUF_CONFIG_H

#include "arch.h"
#include "gguf_data.h"
#include "model.h"
#include "model_options.h"
#include "status.h"
#include "tensor_list.h"

/* The description; the vocabulary's size is the embedding's, no output.weight means a tied head, and biases and fused
 * tensors are those that the first layer has. `list` is sorted. *arch: the row of the table that it is of. Whatever
 * would change the arithmetic and is not supported is refused by key and value. */
enum rft_status rft_gguf_config(const struct rft_gguf *gguf, const char *file, const struct rft_tensor_list *list,
                                const struct rft_model_options *options, struct rft_model_config *config,
                                const struct rft_arch **arch);

/* *ids is freed by the caller. */
enum rft_status rft_gguf_eos(const struct rft_gguf *gguf, const char *file, uint32_t vocab_size, uint32_t **ids,
                             size_t *n);

#endif
