/* SPDX-License-Identifier: MIT */
/* The tensors that a GGUF file lists. */
#ifndef RFT_GGUF_TENSORS_H
#define RFT_GGUF_TENSORS_H

#include "file.h"
#include "gguf_data.h"
#include "status.h"
#include "tensor_list.h"

/* Lists the tensors of a parsed file under its own names, with offsets and sizes checked. The list is zero-initialised
 * and finished by the caller also on failure; it points into the map. */
enum rft_status rft_gguf_list(const struct rft_gguf *gguf, const struct rft_map *map, struct rft_tensor_list *list);

#endif
