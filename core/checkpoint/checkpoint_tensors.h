/* SPDX-License-Identifier: MIT */
/* From the list of a container's tensors to those of the model. */
#ifndef RFT_CHECKPOINT_TENSORS_H
#define RFT_CHECKPOINT_TENSORS_H

#include "checkpoint.h"
#include "tensor_list.h"

/* Fills in the tensors of a checkpoint whose description is read. `list` is sorted. What the files say of the head, and a GGUF file's factors of RoPE, go into the description.
 * Tensors that the model does not need are passed over for a known reason, or refused by name. */
enum rft_status rft_checkpoint_take(struct rft_checkpoint *checkpoint, const struct rft_model_options *options,
                                    struct rft_tensor_list *list);

#endif
