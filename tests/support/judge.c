/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <stdlib.h>

struct rft_verdict rft_test_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                                   enum rft_finish finish, struct rft_bytes gold)
{
    struct rft_verify *verify;
    struct rft_verdict verdict;
    const struct rft_verify_case c = {.completion = completion, .finish = finish, .golds = {&gold, 1}};
    if (rft_verify_open(options, &verify) != RFT_OK || rft_verify_judge(verify, &c, &verdict) != RFT_OK)
        abort();
    rft_verify_close(verify);
    return verdict;
}
