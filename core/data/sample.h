/* SPDX-License-Identifier: MIT */
/* A sample that was drawn. */
#ifndef RFT_SAMPLE_H
#define RFT_SAMPLE_H

#include "answer.h"
#include "str.h"

#include <stdint.h>

/* One finished sample. `text` is the completion without end token and stop string. */
struct rft_sample {
    uint64_t question; /* index in the dataset */
    uint32_t sample;   /* 0 .. samples-1 */
    uint32_t n_tokens; /* generated tokens, the end token counted */
    enum rft_finish finish;
    struct rft_bytes text; /* raw bytes of the tokens: may be ill-formed UTF-8, may hold NUL */
};

#endif
