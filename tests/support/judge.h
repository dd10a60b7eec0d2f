/* SPDX-License-Identifier: MIT */
/* Judges one completion by options that are opened for it alone. */
#ifndef RFT_TEST_JUDGE_H
#define RFT_TEST_JUDGE_H

#include "verify.h"

/* The verdict's answer is good as long as the completion. */
enum rft_status rft_test_try_verify(const struct rft_verify_options *options, const struct rft_verify_case *c,
                                    struct rft_verdict *verdict);
/* The same, which must not fail. */
struct rft_verdict rft_test_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                                   enum rft_finish finish, struct rft_bytes gold);

#endif
