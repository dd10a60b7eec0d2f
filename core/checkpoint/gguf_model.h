/* SPDX-License-Identifier: MIT */
/* A Llama model in a GGUF file: its tensors, configuration and end-of-sequence ids. */
#ifndef RFT_GGUF_MODEL_H
#define RFT_GGUF_MODEL_H

#include "file.h"
#include "gguf_data.h"
#include "model.h"
#include "status.h"
#include "tensor_list.h"

/* Lists the tensors of a parsed file under its own names, with offsets and sizes checked. The list is zero-initialised
 * and finished by the caller also on failure; it points into the map. */
enum rft_status rft_gguf_list(const struct rft_gguf *gguf, const struct rft_map *map, struct rft_tensor_list *list);

/* The configuration; the vocabulary's size is the embedding's, and no output.weight means a tied one. `list` is sorted.
 * Whatever would change the arithmetic and is not supported is refused by key and value. */
enum rft_status rft_gguf_config(const struct rft_gguf *gguf, const char *file, const struct rft_tensor_list *list,
                                struct rft_model_config *config);

/* *ids is freed by the caller. */
enum rft_status rft_gguf_eos(const struct rft_gguf *gguf, const char *file, uint32_t vocab_size, uint32_t **ids,
                             size_t *n);

#endif
