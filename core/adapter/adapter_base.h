/* SPDX-License-Identifier: MIT */
/* Whether an adapter is for this model, by the names that both give. */
#ifndef RFT_ADAPTER_BASE_H
#define RFT_ADAPTER_BASE_H

#include "checkpoint.h"

/* A warning if `base` (base_model_name_or_path) names neither the model's path nor the name in its files. Names and
 * paths differ for good reasons, too, so no more than that; shapes are what is checked. */
enum rft_status rft_adapter_base_check(const char *adapter, const char *base, const struct rft_checkpoint *checkpoint);

#endif
