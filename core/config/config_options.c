/* SPDX-License-Identifier: MIT */
#include "config_options.h"

struct rft_verify_options rft_config_verify(const struct rft_config *config)
{
    return (struct rft_verify_options){.kind = config->verify_kind,
                                       .compat = config->verify_compat,
                                       .rel_tol = config->verify_rel_tol,
                                       .units = config->verify_units,
                                       .require_mark = config->verify_require_mark,
                                       .fractions = config->verify_fractions,
                                       .percent = config->verify_percent,
                                       .thousands = config->verify_thousands,
                                       .extract = config->verify_extract,
                                       .ignore_case = config->verify_case,
                                       .keep_space = config->verify_space,
                                       .ignore_punctuation = config->verify_punctuation,
                                       .pattern = config->verify_pattern,
                                       .group = config->verify_group,
                                       .first_match = config->verify_match,
                                       .field = config->verify_field,
                                       .compare = config->verify_compare,
                                       .accept_cut_off = config->verify_cut_off == RFT_CUT_OFF_ACCEPT};
}

struct rft_select_options rft_config_select(const struct rft_config *config)
{
    return (struct rft_select_options){.keep = config->select_keep,
                                       .distinct = config->select_distinct,
                                       .equals = config->select_equals,
                                       .order = config->select_order,
                                       .quota = config->select_quota,
                                       .min_solve_rate = config->select_min_solve_rate,
                                       .max_solve_rate = config->select_max_solve_rate,
                                       .dedupe = config->select_dedupe};
}
