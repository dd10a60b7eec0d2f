/* SPDX-License-Identifier: MIT */
/* The safetensors container: a length, a JSON header, the tensors' bytes. */
#ifndef RFT_SAFETENSORS_H
#define RFT_SAFETENSORS_H

#include "file.h"
#include "status.h"
#include "tensor_list.h"

/* Lists the tensors of a mapped file, which must outlive the list: zero-initialised, finished by the caller also on
 * failure. Lengths, the header's JSON, types, shapes and offsets are all checked; errors name file and tensor. */
enum rft_status rft_safetensors_list(const struct rft_map *map, struct rft_tensor_list *list);

#endif
