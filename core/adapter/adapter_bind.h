/* SPDX-License-Identifier: MIT */
/* One adapter's tensors and the model's: what is added to which, and what replaces what. */
#ifndef RFT_ADAPTER_BIND_H
#define RFT_ADAPTER_BIND_H

#include "adapter_config.h"
#include "adapter_tensors.h"
#include "checkpoint.h"

/* What an adapter came to, for the log. */
struct rft_adapter_counts {
    uint32_t n_deltas, n_replaced;
    uint32_t rank_min, rank_max;
    float scale_min, scale_max;
};

/* Every tensor of the adapter is used or refused by name; so is a module that the configuration names and the file has
 * nothing for, a shape that does not fit, and a value that is not finite or at least 2^60. The deltas point into the
 * adapter's map. user_scale multiplies the adapter's own scale. */
enum rft_status rft_adapter_bind(struct rft_checkpoint *checkpoint, const struct rft_adapter_config *config,
                                 const struct rft_adapter_tensors *tensors, double user_scale,
                                 struct rft_adapter_counts *counts);

#endif
