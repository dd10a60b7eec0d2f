/* SPDX-License-Identifier: MIT */
/* Takes the best candidate of each running row as its next token and moves the row on, or ends it. A thread block has a
 * row. */
#include "vocabulary.cuh"

KERNEL(advance, advance, ADVANCE_THREADS, 4)
{
    SHARED(uint32_t, shared, 2);
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
    if (thread_index() != 0u)
        return;
    if (r->bad != 0u || best.key == 0u) {
        r->state = RFT_ROW_NOT_FINITE;
        return;
    }
    uint32_t state = r->n_new + 1u == r->n_new_max ? RFT_ROW_LENGTH : RFT_ROW_RUNNING;
    pointer<uint32_t>(a.tokens)[(size_t)row * a.tokens_stride + r->n_new] = best.id;
    for (uint32_t i = 0u; i < a.n_eos; i++)
        state = pointer<const uint32_t>(a.eos)[i] == best.id ? RFT_ROW_STOP : state;
    r->token = best.id;
    r->position++;
    r->n_new++;
    r->state = state;
}
