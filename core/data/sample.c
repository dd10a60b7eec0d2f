/* SPDX-License-Identifier: MIT */
#include "sample.h"

void rft_sample_set_logprobs(struct rft_sample *sample, const float *logprobs, enum rft_logprobs kept)
{
    double sum = 0; /* of floats: in this order it has the same bits everywhere */
    if (logprobs == NULL || kept == RFT_LOGPROBS_NONE || sample->n_tokens == 0)
        return;
    for (uint32_t i = 0; i < sample->n_tokens; i++)
        sum += (double)logprobs[i];
    sample->has_logprob = true;
    sample->logprob = sum;
    sample->logprobs = kept == RFT_LOGPROBS_TOKENS ? logprobs : NULL;
    sample->n_logprobs = kept == RFT_LOGPROBS_TOKENS ? sample->n_tokens : 0;
}
