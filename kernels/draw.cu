/* SPDX-License-Identifier: MIT */
/* LM head and sampling in one: the best candidate of each tile of the vocabulary, without logits in memory. */
#include "matmul_kernels.cuh"
#include "vocabulary.cuh"

struct Draw : Normed<struct rft_args_draw> {
    static constexpr bool has_tail = true;

    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return a.n;
    }
    RFT_FN bool is_left_alone(const Args &a, uint32_t row)
    {
        return !is_running(a.rows, row);
    }
    /* Keeps the best of four entries, which share one call of the random generator. */
    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float factor)
    {
        const uint32_t first = a.first + quad * 4u;
        const struct rft_row *r = row_of(a.rows, row);
        const struct rft_philox random = random_words(r, first);
        float logits[4] = {rft_scaled_sum(sums.x, factor), rft_scaled_sum(sums.y, factor),
                           rft_scaled_sum(sums.z, factor), rft_scaled_sum(sums.w, factor)};
        const uint32_t words[4] = {random.x0, random.x1, random.x2, random.x3};
        Best best = {0u, 0xffffffffu};
        cap_four(logits, a.cap_bits, a.inverse_cap_bits); /* which leaves bad ones as they are */
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            float s = rft_scaled_logit(logits[i], RFT_FROM_BITS(r->inverse_temperature_bits));
            if (r->is_greedy == 0u)
                s = s + rft_gumbel(words[i]);
            if (quad * 4u + i >= a.n || !has_token(a.mask, first + i))
                continue;
            if (rft_is_bad(logits[i]) != 0u)
                mark_bad(a.rows, row);
            else
                keep_better(best, rft_sort_key(s), first + i);
        }
        return Quad{best.key, best.id, 0u, 0u};
    }
    RFT_FN void store_tile(const Args &a, uint32_t tile, uint32_t row, const Quad *kept)
    {
        Best best = {0u, 0xffffffffu};
        UNROLL
        for (uint32_t i = 0u; i < TILE_QUADS; i++)
            keep_better(best, kept[i].x, kept[i].y);
        pointer<struct rft_candidate>(a.candidates)[(size_t)row * a.n_parts + a.first / RFT_TILE + tile] =
            rft_candidate{best.key, best.key != 0u ? best.id : 0u};
    }
};

MATMUL_KERNELS(draw, Draw)
