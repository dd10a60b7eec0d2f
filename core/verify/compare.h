/* SPDX-License-Identifier: MIT */
/* Whether two texts say the same, by the options of [verify]. */
#ifndef RFT_COMPARE_H
#define RFT_COMPARE_H

#include "verifier.h"

#include <stdbool.h>

/* As texts: code point by code point, in one pass, under ignore_case (Unicode's full case folding, by utf8proc),
 * keep_space and ignore_punctuation. Ill-formed bytes are themselves alone. */
bool rft_text_equal(const struct rft_verify_options *options, struct rft_bytes a, struct rft_bytes b);

/* As mathematics (formula.h): RFT_REASON_ACCEPTED, WRONG or TOO_COMPLEX. */
enum rft_status rft_compare_formulas(struct rft_bytes answer, struct rft_bytes gold, enum rft_reason *reason);

/* By `compare`: RFT_REASON_ACCEPTED, WRONG, NOT_A_NUMBER or TOO_COMPLEX. */
enum rft_status rft_compare(const struct rft_verify_options *options, struct rft_bytes answer, struct rft_bytes gold,
                            enum rft_reason *reason);

/* Whether a gold answer can be compared so, and what to do about one that cannot. */
bool rft_compare_gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold);
const char *rft_compare_gold_hint(const struct rft_verify_options *options, struct rft_bytes gold);

#endif
