/* SPDX-License-Identifier: MIT */
/* Judges one completion by options that are opened for it alone. */
#ifndef RFT_TEST_JUDGE_H
#define RFT_TEST_JUDGE_H

#include "verify.h"

struct rft_verdict rft_test_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                                   enum rft_finish finish, struct rft_bytes gold);

#endif
