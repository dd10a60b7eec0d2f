/* SPDX-License-Identifier: MIT */
/* The rules that judge completions: one table, a file a kind (kinds.h), and what all kinds have in common. */
#ifndef RFT_VERIFY_H
#define RFT_VERIFY_H

#include "verifier.h"

struct rft_verify; /* a rule, opened */

extern const struct rft_verifier *const rft_verifiers[RFT_VERIFY_COUNT]; /* by enum rft_verify_kind */

/* The row of the table that these options mean. */
const struct rft_verifier *rft_verifier_of(const struct rft_verify_options *options);
/* Whether a gold answer can be compared at all under these options. The caller names the question. */
bool rft_gold_is_valid(const struct rft_verify_options *options, struct rft_bytes gold);
/* What to do about one that cannot be. */
const char *rft_gold_hint(const struct rft_verify_options *options, struct rft_bytes gold);

/* Opens a rule; the options, which are copied, borrow their texts. RFT_ERR_CONFIG, logged, if one of them is wrong. */
enum rft_status rft_verify_open(const struct rft_verify_options *options, struct rft_verify **verify);
void rft_verify_close(struct rft_verify *verify); /* NULL is accepted */

/* Judges one completion. It is right if it is right by one of the gold answers; else undecided if one of them is.
 *
 * A thought that was not ended (see rft_verify_options.after) has no answer; cut off, it is cut off whatever
 * accept_cut_off says.
 *
 * finish = not_finite is rejected whatever the text says, then a cut-off completion unless accept_cut_off; both with
 * their answer recorded. Not for several threads at once. Errors: memory alone. */
enum rft_status rft_verify_judge(struct rft_verify *verify, const struct rft_verify_case *c,
                                 struct rft_verdict *verdict);

#endif
