/* SPDX-License-Identifier: MIT */
/* The greatest score of a part of the vocabulary, for one row, and the sum of the terms against it: a thread block has
 * both. A thread has the same place in each block of entries; then the blocks are summed, a thread each. */
#include "vocabulary.cuh"

#define BLOCKS (RFT_SAMPLE_PART / RFT_DOT_BLOCK)
#define STRIDE (RFT_DOT_BLOCK + 1u) /* so that threads with neighbouring blocks read from other banks */

struct ScoreShared {
    float scores[BLOCKS * STRIDE]; /* then their terms */
    float sums[BLOCKS];
    uint32_t max_key;
};

RFT_FN float score_of(const struct rft_args_score &a, uint32_t row, uint32_t id)
{
    if (id >= a.vocab)
        return RFT_FROM_BITS(RFT_BITS_NO_SCORE);
    return rft_entry_score(pointer<const float>(a.logits)[(size_t)row * a.vocab + id], has_token(a.mask, id) ? 1u : 0u);
}

/* Grid: parts x rows. */
KERNEL(score, score, SCORE_THREADS, 8)
{
    SHARED(ScoreShared, shared, 1);
    ScoreShared &s = shared[0];
    const uint32_t part = block_x(), row = block_y(), thread = thread_index();
    (void)parameter;
    if (row >= n_rows_of(a.batch) || !is_running(a.rows, row))
        return;
    const uint32_t first = part * RFT_SAMPLE_PART;
    const uint32_t n_blocks = least((a.vocab - first + RFT_DOT_BLOCK - 1u) / RFT_DOT_BLOCK, BLOCKS);
    uint32_t best = 0u;
    if (thread == 0u)
        s.max_key = 0u;
    sync_block();
    for (uint32_t block = 0u; block < n_blocks; block++) {
        const float score = score_of(a, row, first + block * RFT_DOT_BLOCK + thread);
        s.scores[block * STRIDE + thread] = score;
        best = greatest(best, rft_sort_key(score));
    }
    atomic_max(&s.max_key, best);
    sync_block();
    const float max = rft_from_sort_key(s.max_key);
    for (uint32_t block = 0u; block < n_blocks; block++)
        s.scores[block * STRIDE + thread] = rft_score_term(s.scores[block * STRIDE + thread], max);
    sync_block();
    if (thread < n_blocks) {
        float sum = 0.0f;
        for (uint32_t i = 0u; i < RFT_DOT_BLOCK; i++)
            sum = sum + s.scores[thread * STRIDE + i];
        s.sums[thread] = sum;
    }
    sync_block();
    if (thread != 0u)
        return;
    float total = 0.0f;
    for (uint32_t block = 0u; block < n_blocks; block++)
        total = total + s.sums[block];
    pointer<struct rft_score>(a.scores)[(size_t)row * a.n_parts + part] = rft_score{RFT_BITS(max), RFT_BITS(total)};
}
