/* SPDX-License-Identifier: MIT */
/* A sample that was drawn, and where samples come from. */
#ifndef RFT_SAMPLE_H
#define RFT_SAMPLE_H

#include "status.h"
#include "str.h"
#include "verdict.h"

#include <stdbool.h>
#include <stdint.h>

/* What is kept of the probabilities of a sample's tokens: nothing, the sum of their logarithms, or each one, too. */
enum rft_logprobs { RFT_LOGPROBS_NONE, RFT_LOGPROBS_SUM, RFT_LOGPROBS_TOKENS };

/* What a sample was drawn with, in the order in which records have it. */
enum rft_drawn_fact {
    RFT_DRAWN_PROMPT,
    RFT_DRAWN_MODEL,
    RFT_DRAWN_SETTINGS,
    RFT_DRAWN_SEED,
    RFT_DRAWN_TEMPERATURE,
    RFT_DRAWN_ARITHMETIC,
    RFT_DRAWN_FACTS
};

/* What a record says of a sample that was drawn elsewhere: JSON texts as they stood there; data NULL = not known. */
struct rft_origin {
    struct rft_bytes key, tokens, prompt, logprob, logprobs, mean_logprob;
    struct rft_bytes facts[RFT_DRAWN_FACTS]; /* as provenance.h has them of a run */
};

#define RFT_NOT_DRAWN "not_drawn" /* the records' reason for one that was not needed */

/* One finished sample. `text` is the completion without end token and stop string. */
struct rft_sample {
    uint64_t question; /* index in the dataset */
    uint32_t sample;   /* 0 .. samples-1; of one that was drawn elsewhere what its row says */
    uint32_t n_tokens; /* generated tokens, the end token counted */
    enum rft_finish finish;
    struct rft_bytes text;           /* raw bytes of the tokens: may be ill-formed UTF-8, may hold NUL */
    bool has_logprob;                /* the next are known */
    double logprob;                  /* of the whole: the sum over its tokens, in their order */
    const float *logprobs;           /* [n_logprobs] of each token; not owned */
    uint32_t n_logprobs;             /* n_tokens, or 0: only the sum is known */
    bool is_not_drawn;               /* enough accepted ones stand before it: there is nothing but its number */
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
