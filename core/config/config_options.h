/* SPDX-License-Identifier: MIT */
/* Sections of the configuration as the rooms below take them. Texts are borrowed. */
#ifndef RFT_CONFIG_OPTIONS_H
#define RFT_CONFIG_OPTIONS_H

#include "config_fields.h"
#include "status.h"
#include "str.h"

/* How answers are judged: the keys of [verify]. */
struct rft_verify_options rft_config_verify(const struct rft_config *config);
/* Which accepted samples become rows: the keys of [select]. */
struct rft_select_options rft_config_select(const struct rft_config *config);

/* Appends a list of numbers as people write it: one without brackets. */
enum rft_status rft_wholes_print(const struct rft_wholes *wholes, struct rft_str *out);

#endif
