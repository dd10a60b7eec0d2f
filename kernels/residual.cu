/* SPDX-License-Identifier: MIT */
/* The residual stream takes a matrix product, and its normed row is prepared for what comes next. */
#include "matmul.cuh"

struct Residual {
    typedef struct rft_args_residual Args;
    static constexpr bool is_normed = false, has_tail = true;

    RFT_FN uint32_t n_matrix_rows(const Args &a)
    {
        return a.dim;
    }
    RFT_FN uint32_t k(const Args &a)
    {
        return a.k;
    }
    RFT_FN uint64_t input(const Args &a)
    {
        return a.y;
    }
    RFT_FN uint32_t input_words(const Args &a)
    {
        return RFT_PADDED(a.k) / 2u;
    }
    RFT_FN bool is_left_alone(const Args &, uint32_t)
    {
        return false;
    }
    RFT_FN float factor(const Args &, uint32_t)
    {
        return 1.0f;
    }
    /* Keeps the values' squares. */
    RFT_FN Quad store_quad(const Args &a, uint32_t quad, uint32_t row, const Float4 &sums, float)
    {
        const float v[4] = {sums.x, sums.y, sums.z, sums.w};
        const float *norm = pointer<const float>(a.norm) + quad * 4u;
        float *x = pointer<float>(a.x) + (size_t)row * a.dim + quad * 4u;
        uint32_t *h = pointer<uint32_t>(a.h) + (size_t)row * RFT_H_WORDS(a.dim) + quad * 2u;
        float squares[4] = {0.0f, 0.0f, 0.0f, 0.0f}, scaled[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            if (quad * 4u + i < a.dim) {
                float y = x[i] + v[i];
                y = rft_canonical(y);
                x[i] = y;
                y = rft_flush(y);
                squares[i] = y * y;
                scaled[i] = y * norm[i];
            }
        }
        if (quad * 4u < a.dim)
            h[0] = pair_or_mark(scaled[0], scaled[1], a.rows, row);
        if (quad * 4u + 2u < a.dim)
            h[1] = pair_or_mark(scaled[2], scaled[3], a.rows, row);
        return Quad{RFT_BITS(squares[0]), RFT_BITS(squares[1]), RFT_BITS(squares[2]), RFT_BITS(squares[3])};
    }
    RFT_FN void store_tile(const Args &a, uint32_t tile, uint32_t row, const Quad *kept)
    {
        float sum = 0.0f;
        UNROLL
        for (uint32_t i = 0u; i < TILE_QUADS; i++) {
            sum = sum + RFT_FROM_BITS(kept[i].x);
            sum = sum + RFT_FROM_BITS(kept[i].y);
            sum = sum + RFT_FROM_BITS(kept[i].z);
            sum = sum + RFT_FROM_BITS(kept[i].w);
        }
        pointer<float>(a.h)[(size_t)row * RFT_H_WORDS(a.dim) + RFT_PADDED(a.dim) / 2u + tile] = sum;
    }
};

MATMUL_KERNELS(residual, Residual)
