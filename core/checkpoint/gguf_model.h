/* SPDX-License-Identifier: MIT */
/* A model in a GGUF file: its tensors, description and end-of-sequence ids. */
#ifndef RFT_GGUF_MODEL_H
#define RFT_GGUF_MODEL_H

#include "arch.h"
#include "file.h"
#include "gguf_data.h"
#include "model.h"
#include "model_options.h"
#include "status.h"
#include "tensor_list.h"

/* Lists the tensors of a parsed file under its own names, with offsets and sizes checked. The list is zero-initialised
 * and finished by the caller also on failure; it points into the map. */
enum rft_status rft_gguf_list(const struct rft_gguf *gguf, const struct rft_map *map, struct rft_tensor_list *list);

/* The description; the vocabulary's size is the embedding's, no output.weight means a tied head, and biases and fused
 * tensors are those that the first layer has. `list` is sorted. *arch: the row of the table that it is of. Whatever would change the arithmetic and is not supported is refused by key and value. */
enum rft_status rft_gguf_config(const struct rft_gguf *gguf, const char *file, const struct rft_tensor_list *list,
                                const struct rft_model_options *options, struct rft_model_config *config,
                                const struct rft_arch **arch);

/* *ids is freed by the caller. */
enum rft_status rft_gguf_eos(const struct rft_gguf *gguf, const char *file, uint32_t vocab_size, uint32_t **ids,
                             size_t *n);

#endif
