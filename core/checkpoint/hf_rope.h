/* SPDX-License-Identifier: MIT */
/* RoPE as config.json describes it, in both spellings: rope_parameters, and rope_scaling beside rope_theta. */
#ifndef RFT_HF_ROPE_H
#define RFT_HF_ROPE_H

#include "arch.h"
#include "hf_object.h"

/* Fills in everything of *config about rotation but which layers use which set. Sizes are filled in before. What
 * transformers would not understand is refused, and so is what is left over in an entry. */
enum rft_status rft_hf_rope_read(struct rft_hf_object *root, const struct rft_arch *arch,
                                 const struct rft_model_options *options, struct rft_model_config *config);

#endif
