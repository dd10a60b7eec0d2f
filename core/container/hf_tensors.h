/* SPDX-License-Identifier: MIT */
/* The safetensors files of a Hugging Face directory. */
#ifndef RFT_HF_TENSORS_H
#define RFT_HF_TENSORS_H

#include "file.h"
#include "tensor_list.h"

/* Maps model.safetensors, or the shards that model.safetensors.index.json names, and lists their tensors, sorted. Maps
 * and list are zero-initialised and finished by the caller also on failure. */
enum rft_status rft_hf_list(const char *dir, struct rft_map **maps, size_t *n_maps, struct rft_tensor_list *list);

#endif
