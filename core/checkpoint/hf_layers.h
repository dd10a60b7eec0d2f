/* SPDX-License-Identifier: MIT */
/* Which layers see a window only, and which rotate their queries and keys by what. */
#ifndef RFT_HF_LAYERS_H
#define RFT_HF_LAYERS_H

#include "arch.h"
#include "hf_object.h"

/* Fills in window, is_windowed and rope_set; n_layers is filled in before. */
enum rft_status rft_hf_layers_read(struct rft_hf_object *root, const struct rft_arch *arch,
                                   struct rft_model_config *config);

#endif
