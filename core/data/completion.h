/* SPDX-License-Identifier: MIT */
/* A completion that exists already. */
#ifndef RFT_COMPLETION_H
#define RFT_COMPLETION_H

#include "sample.h"

struct rft_completion {
    struct rft_bytes text; /* owned by the dataset */
    double logprob;        /* origin.logprob as a number, if has_logprob */
    bool has_logprob;
    struct rft_origin origin;    /* of a row that rftgen wrote: what it says; else nothing is known */
    size_t question;             /* index in the dataset */
    uint64_t line;               /* 1-based, of its row in the file */
    uint32_t sample;             /* what the row says, or its ordinal among its question's rows */
    uint32_t n_tokens;           /* 0: not known */
    enum rft_finish finish;      /* stop where it is not known */
    bool has_finish, has_tokens; /* the row says them */
    bool is_not_drawn;           /* there is no text: rft_sample's */
};

#endif
