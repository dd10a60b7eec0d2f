/* SPDX-License-Identifier: MIT */
/* Whether the values of a configuration fit together, as far as can be said before a model is looked at. */
#ifndef RFT_CONFIG_CHECK_H
#define RFT_CONFIG_CHECK_H

#include "config_fields.h"
#include "status.h"

#include <stdint.h>

/* What a configuration is for: to judge completions no model is needed. */
enum rft_config_use { RFT_USE_TO_DRAW, RFT_USE_TO_JUDGE };

/* Where values come from, for messages. */
struct rft_config_source {
    const char *path;      /* of the INI file */
    const uint64_t *lines; /* [rft_n_keys] the line of each key, RFT_LINE_SET, or 0: it is not given */
    enum rft_config_use use;
};
#define RFT_LINE_SET UINT64_MAX /* --set gave it */

/* RFT_ERR_CONFIG names what is missing, or the key that does not fit, and its line. */
enum rft_status rft_config_check(const struct rft_config *config, const struct rft_config_source *from);

#endif
