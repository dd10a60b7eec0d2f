/* SPDX-License-Identifier: MIT */
/* The best candidate of a part of the vocabulary, for one row: a thread block has both, a thread four entries at a
 * time, which share one call of the random generator. A maximum has no order. */
#include "vocabulary.cuh"

RFT_FN bool is_kept(const struct rft_args_sample &a, uint32_t row, float s, uint32_t id)
{
    const struct rft_cutoff cutoff = pointer<const struct rft_cutoff>(a.cutoffs)[row];
    const uint32_t key = rft_sort_key(s);
    const float difference = s - RFT_FROM_BITS(cutoff.max_bits);
    if (key < cutoff.key || (key == cutoff.key && id > cutoff.id))
        return false;
    return !(rft_exp(difference) < RFT_FROM_BITS(a.min_p_bits));
}

RFT_FN void look_at(const struct rft_args_sample &a, uint32_t row, uint32_t id, uint32_t random, Best &best)
{
    if (id >= a.vocab || !has_token(a.mask, id))
        return;
    const float logit = pointer<const float>(a.logits)[(size_t)row * a.vocab + id];
    if (rft_is_bad(logit) != 0u) {
        mark_bad(a.rows, row);
        return;
    }
    const struct rft_row *r = row_of(a.rows, row);
    float s = rft_scaled_logit(logit, RFT_FROM_BITS(r->inverse_temperature_bits));
    if (r->is_greedy == 0u) {
        if ((a.flags & RFT_SAMPLE_FILTERED) != 0u && !is_kept(a, row, s, id))
            return;
        s = s + rft_gumbel(random);
    }
    keep_better(best, rft_sort_key(s), id);
}

/* Grid: parts x rows. */
KERNEL(sample, sample, SAMPLE_THREADS, 8)
{
    SHARED(uint32_t, shared, 2);
    const uint32_t part = block_x(), row = block_y();
    (void)parameter;
    if (row >= n_rows_of(a.batch) || !is_running(a.rows, row))
        return;
    Best best = {0u, 0xffffffffu};
    for (uint32_t i = thread_index(); i < RFT_SAMPLE_PART / 4u; i += n_threads()) {
        const uint32_t id = part * RFT_SAMPLE_PART + i * 4u;
        if (id >= a.vocab)
            break;
        const struct rft_philox random = random_words(row_of(a.rows, row), id);
        look_at(a, row, id, random.x0, best);
        look_at(a, row, id + 1u, random.x1, best);
        look_at(a, row, id + 2u, random.x2, best);
        look_at(a, row, id + 3u, random.x3, best);
    }
    best = best_of_block(shared, best);
    if (thread_index() == 0u)
        pointer<struct rft_candidate>(a.candidates)[(size_t)row * a.n_parts + part] = rft_candidate{best.key, best.id};
}
