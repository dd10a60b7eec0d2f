/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <stdlib.h>

enum rft_status rft_test_try_verify(const struct rft_verify_options *options, const struct rft_verify_case *c,
                                    struct rft_verdict *verdict)
{
    struct rft_verify *verify;
    RFT_TRY(rft_verify_open(options, &verify));
    enum rft_status status = rft_verify_judge(verify, c, verdict);
    rft_verify_close(verify);
    return status;
}

struct rft_verdict rft_test_verify(const struct rft_verify_options *options, struct rft_bytes completion,
                                   enum rft_finish finish, struct rft_bytes gold)
{
    struct rft_verdict verdict;
    const struct rft_verify_case c = {.completion = completion, .finish = finish, .golds = {&gold, 1}};
    if (rft_test_try_verify(options, &c, &verdict) != RFT_OK)
        abort();
    return verdict;
}
