/* SPDX-License-Identifier: MIT */
/* A sample that was drawn, and where samples come from. */
#ifndef RFT_SAMPLE_H
#define RFT_SAMPLE_H

#include "status.h"
#include "str.h"
#include "verdict.h"

#include <stdint.h>

/* What a record says of a sample that was drawn elsewhere: JSON texts as they stood there; data NULL = not known. */
struct rft_origin {
    struct rft_bytes key, tokens, prompt, seed, arithmetic;
};

/* One finished sample. `text` is the completion without end token and stop string. */
struct rft_sample {
    uint64_t question; /* index in the dataset */
    uint32_t sample;   /* 0 .. samples-1; of one that was drawn elsewhere what its row says */
    uint32_t n_tokens; /* generated tokens, the end token counted */
    enum rft_finish finish;
    struct rft_bytes text;           /* raw bytes of the tokens: may be ill-formed UTF-8, may hold NUL */
    const struct rft_origin *origin; /* NULL: this run's own */
};

/* Samples of a dataset's questions, to be read one by one. */
struct rft_samples {
    void *user;
    uint32_t n_max; /* of any question */
    uint32_t (*n_of)(void *user, uint64_t question);
    /* The i-th of a question; what it points to may live in *text, which is cleared first and which the caller
     * finishes. */
    enum rft_status (*read)(void *user, uint64_t question, uint32_t i, struct rft_str *text, struct rft_sample *out);
};

#endif
