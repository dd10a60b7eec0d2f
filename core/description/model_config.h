/* SPDX-License-Identifier: MIT */
/* What must hold between the numbers of a description, whichever container they come from. */
#ifndef RFT_MODEL_CONFIG_H
#define RFT_MODEL_CONFIG_H

#include "arch.h"
#include "model.h"
#include "status.h"

#define RFT_SIZE_MAX (1u << 24) /* far above any model, far below what grids and byte counts can hold */
/* The bounds of multipliers and caps. */
#define RFT_SCALE_MIN 1e-6
#define RFT_SCALE_MAX 1e6

/* What an architecture sets where no key of the container says otherwise: activation, embedding scale, caps. dim must
 * be known. */
void rft_model_config_defaults(const struct rft_arch *arch, struct rft_model_config *config);

/* Fills in what follows from other sizes where it is 0: n_kv_heads and head_dim. heads_key names the number of heads in
 * messages. */
enum rft_status rft_model_config_derive(const char *file, const char *heads_key, struct rft_model_config *config);

/* RFT_ERR_UNSUPPORTED, with the rule that is broken. */
enum rft_status rft_model_config_check(const char *file, const struct rft_model_config *config);

#endif
