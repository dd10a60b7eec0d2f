/* SPDX-License-Identifier: MIT */
/* Which modules of a model an adapter is for, by PEFT's rules (check_target_module_exists, get_pattern_key). */
#ifndef RFT_ADAPTER_MATCH_H
#define RFT_ADAPTER_MATCH_H

#include "adapter_config.h"

/* Whether the configuration puts a low-rank delta on the module of this name ("model.layers.0.mlp.up_proj");
 * is_inner_linear: a matrix that is neither the embedding nor the head. RFT_ERR_INPUT if a pattern gives up. */
enum rft_status rft_adapter_targets(const struct rft_adapter_config *config, const char *module, bool is_inner_linear,
                                    bool *is_target);

/* Whether modules_to_save names the module. */
bool rft_adapter_saves(const struct rft_adapter_config *config, const char *module);

/* Rank and scale of a module: alpha / rank, or alpha / sqrt(rank). */
enum rft_status rft_adapter_rank(const struct rft_adapter_config *config, const char *module, uint32_t *rank,
                                 double *scale);

#endif
