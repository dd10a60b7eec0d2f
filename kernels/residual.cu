/* SPDX-License-Identifier: MIT */
/* The residual stream takes a matrix product, and its normed row is prepared for what comes next; or the product alone,
 * which another norm reads first (post_norm.cu). */
#include "matmul_kernels.cuh"

struct Residual {
    typedef struct rft_args_residual Args;
    static constexpr bool is_normed = false, has_tail = true;
    static constexpr uint32_t BLOCK_TILES = RESIDUAL_TILES;

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
        return RFT_ROW_WORDS(a.k);
    }
    RFT_FN uint32_t quantised_words(const Args &a)
    {
        return RFT_ROW_QUANTISED(a.k);
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
        float v[4] = {sums.x, sums.y, sums.z, sums.w}, x[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        add_bias(a.bias, quad, v);
        if ((a.flags & RFT_RESIDUAL_ALONE) == 0u && quad * 4u < a.dim)
            load_four(pointer<const float>(a.x) + (size_t)row * a.dim, quad, a.dim, x);
        UNROLL
        for (uint32_t i = 0u; i < 4u; i++) {
            v[i] = x[i] + v[i]; /* to +0 where it is alone: sums that began at +0 are never -0 */
            v[i] = rft_canonical(v[i]);
        }
        return store_normed_quad(a, quad, row, v);
    }
    RFT_FN void store_tile(const Args &a, uint32_t tile, uint32_t row, const Quad *kept)
    {
        store_squares(a, tile, row, kept);
    }
    RFT_FN QuantisedRows outputs(const Args &a)
    {
        return normed_rows(a.h, a.dim);
    }
};

MATMUL_KERNELS(residual, Residual)
