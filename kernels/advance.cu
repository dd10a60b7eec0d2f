/* SPDX-License-Identifier: MIT */
/* Takes the best candidate of each running row as its next token and moves the row on, or ends it. A thread block has a
 * row. */
#include "vocabulary.cuh"

struct AdvanceShared {
    float terms[ADVANCE_THREADS];
    uint32_t max_key;
};

/* The log-probability of the token that the row has drawn; thread 0's is right. Every thread of the block calls it. */
RFT_FN float logprob_of(const struct rft_args_advance &a, AdvanceShared &shared, uint32_t row, uint32_t id)
{
    const struct rft_score *scores = pointer<const struct rft_score>(a.scores) + (size_t)row * a.n_scores;
    const float logit = pointer<const float>(a.logits)[(size_t)row * a.vocab + id];
    float total = 0.0f;
    uint32_t best = 0u;
    for (uint32_t part = thread_index(); part < a.n_scores; part += n_threads())
        best = greatest(best, rft_sort_key(RFT_FROM_BITS(scores[part].max_bits)));
    if (thread_index() == 0u)
        shared.max_key = 0u;
    sync_block();
    atomic_max(&shared.max_key, best);
    sync_block();
    const float max = rft_from_sort_key(shared.max_key);
    for (uint32_t first = 0u; first < a.n_scores; first += n_threads()) {
        const uint32_t part = first + thread_index(), end = least(a.n_scores - first, n_threads());
        if (part < a.n_scores) {
            const float term = rft_score_term(RFT_FROM_BITS(scores[part].max_bits), max);
            shared.terms[thread_index()] = RFT_FROM_BITS(scores[part].sum_bits) * term;
        }
        sync_block();
        for (uint32_t block = 0u; thread_index() == 0u && block < end; block += RFT_DOT_BLOCK) {
            float sum = 0.0f;
            for (uint32_t i = block; i < least(block + RFT_DOT_BLOCK, end); i++)
                sum = sum + shared.terms[i];
            total = total + sum;
        }
        sync_block();
    }
    return rft_logprob(rft_flush(logit), max, total);
}

KERNEL(advance, advance, ADVANCE_THREADS, 4)
{
    SHARED(uint32_t, shared, 2);
    SHARED(AdvanceShared, of_logprob, 1);
    const uint32_t row = block_x();
    (void)parameter;
    if (row >= n_rows_of(a.batch) || !is_running(a.rows, row))
        return;
    const struct rft_candidate *candidates =
        pointer<const struct rft_candidate>(a.candidates) + (size_t)row * a.n_parts;
    Best best = {0u, 0xffffffffu};
    for (uint32_t part = thread_index(); part < a.n_parts; part += n_threads())
        keep_better(best, candidates[part].key, candidates[part].id);
    best = best_of_block(shared, best);
    struct rft_row *r = row_of(a.rows, row);
    const bool is_drawn = r->bad == 0u && best.key != 0u;
    const float logprob = a.logprobs != 0u && is_drawn ? logprob_of(a, of_logprob[0], row, best.id) : 0.0f;
    if (thread_index() != 0u)
        return;
    if (!is_drawn) {
        r->state = RFT_ROW_NOT_FINITE;
        return;
    }
    uint32_t state = r->n_new + 1u == r->n_new_max ? RFT_ROW_LENGTH : RFT_ROW_RUNNING;
    pointer<uint32_t>(a.tokens)[(size_t)row * a.tokens_stride + r->n_new] = best.id;
    if (a.logprobs != 0u)
        pointer<float>(a.logprobs)[(size_t)row * a.tokens_stride + r->n_new] = logprob;
    for (uint32_t i = 0u; i < a.n_eos; i++)
        state = pointer<const uint32_t>(a.eos)[i] == best.id ? RFT_ROW_STOP : state;
    r->token = best.id;
    r->position++;
    r->n_new++;
    r->state = state;
}
