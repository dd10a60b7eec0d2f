/* SPDX-License-Identifier: MIT */
/* Sections of the configuration as the rooms below take them. Texts are borrowed. */
#ifndef RFT_CONFIG_OPTIONS_H
#define RFT_CONFIG_OPTIONS_H

#include "config_fields.h"

/* How answers are judged: the keys of [verify]. */
struct rft_verify_options rft_config_verify(const struct rft_config *config);
/* Which accepted samples become rows: the keys of [select]. */
struct rft_select_options rft_config_select(const struct rft_config *config);

#endif
