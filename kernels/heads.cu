/* SPDX-License-Identifier: MIT */
/* What qkv does, where queries and keys are normed. A thread block has a row and one of its heads. Where all heads are
 * normed together each of their blocks finds the factor for itself: that is reading, of which there is little, and
 * saves waiting for each other. */
#include "normed.cuh"
#include "pages.cuh"

/* Sums of 16 squares of n values. */
struct Values {
    const float *y;
    const uint32_t n; /* a multiple of 8 */

    RFT_FN_OF_OBJECT float sum(uint32_t group) const
    {
        const Float4 *fours = reinterpret_cast<const Float4 *>(y + group * RFT_TILE);
        float sum = 0.0f;
        UNROLL
        for (uint32_t i = 0u; i < TILE_QUADS; i++) {
            const Float4 four = group * TILE_QUADS + i < n / 4u ? fours[i] : Float4{0.0f, 0.0f, 0.0f, 0.0f};
            const float v[4] = {four.x, four.y, four.z, four.w};
            UNROLL
            for (uint32_t j = 0u; j < 4u; j++) {
                const float value = rft_flush(v[j]);
                const float square = value * value;
                sum = sum + square;
            }
        }
        return sum;
    }
};

/* The factor of the norm that the head is in; y: the row's first head. */
RFT_FN float factor_of_head(const struct rft_args_heads &a, const float *y, uint32_t row, uint32_t head)
{
    const bool is_q = head < a.n_heads;
    const uint32_t span = is_q ? a.q_span : a.k_span, first = is_q ? 0u : a.n_heads, n = span * a.head_dim;
    const Values values = {y + (size_t)(first + (head - first) / span * span) * a.head_dim, n};
    return factor_of(total_of_block(values, (n + RFT_TILE - 1u) / RFT_TILE), a.rows, row,
                     is_q ? a.q_inverse_bits : a.k_inverse_bits, a.eps_bits);
}

/* Grid: heads x rows. */
KERNEL(heads, heads, HEADS_THREADS, 16)
{
    const uint32_t head = block_x(), row = block_y(), n_rotated = a.n_heads + a.n_kv_heads;
    const uint32_t half = a.head_dim / 2u;
    (void)parameter;
    if (row >= n_rows_of(a.batch) || !is_running(a.rows, row))
        return;
    const float *all = pointer<const float>(a.y) + (size_t)row * (n_rotated + a.n_kv_heads) * a.head_dim;
    const float *y = all + (size_t)head * a.head_dim, *norm = pointer<const float>(a.norm) + (size_t)head * a.head_dim;
    const float factor = head < n_rotated ? factor_of_head(a, all, row, head) : 1.0f;
    for (uint32_t i = thread_index(); i < a.head_dim / 4u; i += n_threads()) {
        if (head < n_rotated) {
            const float v[4] = {rft_normed(y[2u * i], factor, norm[2u * i]),
                                rft_normed(y[2u * i + 1u], factor, norm[2u * i + 1u]),
                                rft_normed(y[half + 2u * i], factor, norm[half + 2u * i]),
                                rft_normed(y[half + 2u * i + 1u], factor, norm[half + 2u * i + 1u])};
            store_q_or_k(a, row, head, i, v);
        } else {
            const float v[4] = {y[4u * i], y[4u * i + 1u], y[4u * i + 2u], y[4u * i + 3u]};
            store_value(a, row, head - n_rotated, 2u * i, v);
        }
    }
}
